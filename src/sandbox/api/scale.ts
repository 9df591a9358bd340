import type { KubeObject } from "../../contract/index.ts";
import type { ApiResponse } from "./ApiRequest.ts";
import { timeOf } from "../Clock.ts";
import { apiVersionOf } from "../../kube/KindInfo.ts";
import {
  applyServerSide,
  conflictStatus,
  copyJson,
  jsonMergePatch,
  jsonPatch,
  updateManagedFields,
} from "./apply/index.ts";
import { managersOfParent, managersOfScale, scaleNode, scaleVersion } from "./apply/scaleManagers.ts";
import { at, selectorText } from "./printers/Printer.ts";
import { printerOf } from "./printers/printerOf.ts";
import { applyBody, requestBody, otherKind } from "./requestBody.ts";
import { formOf, tableOf } from "./reads/tables.ts";
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
function scaleOf(object: KubeObject, kind: ServedKind): KubeObject {
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

/** Whole, or in columns of its own. */
function inForm(shown: KubeObject, { kind, request, context }: Write): unknown {
  if (formOf(request) !== "table") return shown;
  return tableOf({
    kind: { ...kind, printer: printerOf({ group: "autoscaling", kind: "Scale" }) },
    objects: [shown],
    includeObject: request.query.get("includeObject"),
    metadata: { resourceVersion: shown.metadata.resourceVersion },
    now: context.clock.now(),
  });
}

/** `GET`, `PUT` and `PATCH` of `/scale`. */
export async function scale(write: Write): Promise<ApiResponse> {
  const { kind, request, info } = write;
  const live = liveOf(write);
  const object = shownAs(live, kind);
  const answer = (from: KubeObject): ApiResponse => ({
    status: 200,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(inForm(scaleOf(from, kind), write)),
  });
  const { spec } = pathsOf(kind);
  const unset = kind.custom !== undefined && at(object, ...spec) === undefined;
  if (request.method === "GET") {
    if (unset) throw internal(`the spec replicas field ".${spec.join(".")}" does not exist`);
    return answer(object);
  }
  const before = scaleOf(object, kind);
  const fields = managersOfScale(object.metadata.managedFields, spec);
  if (fields.length > 0) before.metadata.managedFields = fields;
  const wanted = await written(write, before);
  const version = wanted.metadata.resourceVersion;
  if (version && version !== object.metadata.resourceVersion)
    throw conflict(kind, info.name ?? "", objectModified);
  const replicas = at(wanted, "spec", "replicas") ?? 0;
  requireReplicas(replicas, info.name ?? "", kind);
  if (unset && at(wanted, "spec", "replicas") === undefined)
    throw badRequest(`the spec replicas field ".${spec.join(".")}" cannot be empty`);
  const next = copyJson<KubeObject>(object);
  set(next, spec, replicas);
  next.metadata.managedFields = managersOfParent(
    object.metadata.managedFields,
    wanted.metadata.managedFields,
    apiVersionOf(kind),
    spec,
  );
  if (next.metadata.managedFields.length === 0) delete next.metadata.managedFields;
  const response = update({ ...write, info: { ...info, subresource: "scale" } }, live, next, true);
  return { ...response, body: answer(changed(response)).body };
}

/** The Scale that a request makes of the one that is there, with who owns its fields. */
async function written(write: Write, before: KubeObject): Promise<KubeObject> {
  const { request, info, options, context } = write;
  const type = (request.headers["content-type"] ?? "").split(";")[0]?.trim();
  const ownership = {
    live: before,
    schema: scaleNode,
    manager: options.manager,
    apiVersion: scaleVersion,
    subresource: "scale",
    now: timeOf(context.clock.now()),
  };
  if (type === "application/apply-patch+yaml" && request.method === "PATCH") {
    requireManager(request);
    const body = await applyBody(request, []);
    requireKind(body, { group: "autoscaling", version: "v1", kind: "Scale" });
    const config = body as KubeObject;
    const version = config.metadata?.resourceVersion;
    if (version && version !== before.metadata.resourceVersion)
      throw conflict(write.kind, info.name ?? "", objectModified);
    // Where nobody owns the replicas, a real server tries to make a custom object of the Scale.
    if (write.kind.custom !== undefined && before.metadata.managedFields === undefined)
      throw new StatusError(
        500,
        "",
        `failed to create manager for existing fields: failed to convert live object (/; ${scaleVersion}, Kind=Scale) to proper version: request to convert CR to an invalid group/version: ${scaleVersion}`,
      );
    const result = applyServerSide({ ...ownership, config, force: options.force });
    if (result.conflicts === undefined) return result.object;
    const { message, causes } = conflictStatus(result.conflicts);
    throw new StatusError(409, "Conflict", message, { causes });
  }
  const { value } = await requestBody(request);
  const { managedFields, ...metadata } = before.metadata;
  const from = { ...before, metadata };
  let wanted: unknown;
  if (request.method === "PUT") {
    const { apiVersion = "", kind = "" } = (value ?? {}) as Partial<KubeObject>;
    if (kind !== "" && apiVersion !== "" && kind !== "Scale")
      throw otherKind(value as KubeObject, { group: "autoscaling", version: "v1", kind: "Scale" });
    wanted = value;
  } else if (type === "application/json-patch+json") wanted = jsonPatch(from, value);
  else if (type === "application/merge-patch+json" || type === "application/strategic-merge-patch+json")
    wanted = jsonMergePatch(from, value);
  else
    throw unsupportedMediaType(
      "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json",
    );
  const replicas = at(wanted, "spec", "replicas");
  const next: KubeObject = {
    ...from,
    metadata: {
      ...metadata,
      resourceVersion: (at(wanted, "metadata", "resourceVersion") ?? undefined) as string | undefined,
      ...(managedFields === undefined ? {} : { managedFields }),
    },
    // Go's type leaves out nought.
    spec: replicas === undefined || replicas === null || replicas === 0 ? {} : { replicas },
  };
  updateManagedFields({ ...ownership, next });
  return next;
}

const internal = (message: string): StatusError =>
  new StatusError(500, "InternalError", `Internal error occurred: ${message}`, { causes: [{ message }] });

/** What a write made of the object, which a dry run did not store. Its answer is one text. */
const changed = ({ body }: ApiResponse): KubeObject => JSON.parse(body as string) as KubeObject;

function requireReplicas(
  replicas: unknown,
  name: string,
  { custom }: ServedKind,
): asserts replicas is number {
  if (!Number.isInteger(replicas))
    throw badRequest('Scale in version "v1" cannot be handled as a Scale: spec.replicas is no integer');
  // Of a custom object its own rules say so.
  if ((replicas as number) >= 0 || custom !== undefined) return;
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
