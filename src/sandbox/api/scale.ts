import type { KubeObject } from "../../contract/index.ts";
import type { ApiResponse } from "./ApiRequest.ts";
import { timeOf } from "../Clock.ts";
import { applyServerSide, conflictStatus, copyJson, jsonMergePatch, jsonPatch } from "./apply/index.ts";
import { at, selectorText } from "./printers/Printer.ts";
import { applyBody, requestBody } from "./requestBody.ts";
import type { ServedKind } from "./ServedKind.ts";
import { shownAs } from "./shownAs.ts";
import {
  badRequest,
  conflict,
  invalid,
  objectModified,
  StatusError,
  unsupportedMediaType,
} from "./StatusError.ts";
import type { Stored } from "./store/Store.ts";
import { liveOf, requireKind, requireManager, update, type Write } from "./writes/index.ts";

interface Paths {
  readonly spec: readonly string[];
  readonly status: readonly string[];
  readonly selector: readonly string[] | undefined;
}

function pathsOf({ custom }: ServedKind): Paths {
  if (custom?.scale === undefined)
    return { spec: ["spec", "replicas"], status: ["status", "replicas"], selector: ["spec", "selector"] };
  const split = (path: string): string[] => path.split(".").filter((part) => part !== "");
  const { specReplicas, statusReplicas, selector } = custom.scale;
  return {
    spec: split(specReplicas),
    status: split(statusReplicas),
    selector: selector === undefined ? undefined : split(selector),
  };
}

/** An object as `autoscaling/v1` Scale shows it. */
function scaleOf(object: KubeObject, kind: ServedKind): Record<string, unknown> {
  const paths = pathsOf(kind);
  const selector = paths.selector && at(object, ...paths.selector);
  const text = typeof selector === "string" ? selector : selector === undefined ? "" : selectorText(selector);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = at(object, ...paths.spec);
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: replicas === undefined || replicas === 0 ? {} : { replicas },
    status: {
      replicas: Number(at(object, ...paths.status) ?? 0),
      ...(text === "" ? {} : { selector: text }),
    },
  };
}

/** `GET`, `PUT` and `PATCH` of `/scale`. */
export async function scale(write: Write): Promise<ApiResponse> {
  const { kind, request, info } = write;
  const live = liveOf(write);
  const object = shownAs(live, kind);
  const answer = (from: KubeObject): ApiResponse => ({
    status: 200,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(scaleOf(from, kind)),
  });
  if (request.method === "GET") return answer(object);
  const type = (request.headers["content-type"] ?? "").split(";")[0]?.trim();
  if (type === "application/apply-patch+yaml") return answer(await applied(write, live, object));
  const { value } = await requestBody(request);
  let wanted: unknown;
  if (request.method === "PUT") wanted = value;
  else if (type === "application/json-patch+json") wanted = jsonPatch(scaleOf(object, kind), value);
  else if (type === "application/merge-patch+json" || type === "application/strategic-merge-patch+json") {
    wanted = jsonMergePatch(scaleOf(object, kind), value);
  } else
    throw unsupportedMediaType(
      "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json",
    );
  const version = at(wanted, "metadata", "resourceVersion");
  if (version && version !== object.metadata.resourceVersion)
    throw conflict(kind, info.name ?? "", objectModified);
  const replicas = at(wanted, "spec", "replicas") ?? 0;
  requireReplicas(replicas, info.name ?? "");
  const next = copyJson<KubeObject>(object);
  set(next, pathsOf(kind).spec, replicas);
  update({ ...write, info: { ...info, subresource: "scale" } }, live, next);
  return answer(shownAs(liveOf(write), kind));
}

/** Server-side apply of a Scale: an apply of the one field that it stands for. */
async function applied(write: Write, live: Stored, object: KubeObject): Promise<KubeObject> {
  const { kind, request, info, options, context } = write;
  requireManager(request);
  const body = await applyBody(request, []);
  requireKind(body, { group: "autoscaling", version: "v1", kind: "Scale" });
  const version = at(body, "metadata", "resourceVersion");
  if (version && version !== object.metadata.resourceVersion)
    throw conflict(kind, info.name ?? "", objectModified);
  const config: KubeObject = {
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: { name: object.metadata.name, namespace: object.metadata.namespace },
  };
  const replicas = at(body, "spec", "replicas");
  if (replicas !== undefined && replicas !== null) {
    requireReplicas(replicas, info.name ?? "");
    set(config, pathsOf(kind).spec, replicas);
  }
  const result = applyServerSide({
    live: object,
    config,
    schema: kind.schema,
    manager: options.manager,
    force: options.force,
    apiVersion: object.apiVersion,
    subresource: "scale",
    now: timeOf(context.clock.now()),
  });
  if (result.conflicts !== undefined) {
    const { message, causes } = conflictStatus(result.conflicts);
    throw new StatusError(409, "Conflict", message, { causes });
  }
  const next = copyJson<KubeObject>(result.object);
  // As in a real server, what was written through scale carries no time.
  for (const entry of next.metadata.managedFields ?? []) if (entry.subresource === "scale") delete entry.time;
  update({ ...write, info: { ...info, subresource: "scale" } }, live, next, true);
  return shownAs(liveOf(write), kind);
}

function requireReplicas(replicas: unknown, name: string): asserts replicas is number {
  if (!Number.isInteger(replicas))
    throw badRequest('Scale in version "v1" cannot be handled as a Scale: spec.replicas is no integer');
  if ((replicas as number) >= 0) return;
  throw invalid({ group: "autoscaling", kind: "Scale" }, name, [
    {
      reason: "FieldValueInvalid",
      message: `Invalid value: ${String(replicas)}: must be greater than or equal to 0`,
      field: "spec.replicas",
    },
  ]);
}

function set(object: KubeObject, path: readonly string[], value: unknown): void {
  let target: Record<string, unknown> = object;
  for (const part of path.slice(0, -1)) target = (target[part] ??= {}) as Record<string, unknown>;
  target[path.at(-1) ?? ""] = value;
}
