import { apiVersionOf } from "../../kube/KindInfo.ts";
import type { KubeObject } from "../../contract/index.ts";
import { timeOf } from "../Clock.ts";
import type { ApiRequest, ApiResponse } from "./ApiRequest.ts";
import { generatedName, uidOf } from "./names.ts";
import { jsonAs } from "./reads.ts";
import type { RequestInfo } from "./requestInfo.ts";
import type { ServedKind } from "./ServedKind.ts";
import type { ServerContext } from "./ServerContext.ts";
import {
  alreadyExists,
  badRequest,
  conflict,
  notFound,
  objectModified,
  StatusError,
  unsupportedMediaType,
} from "./StatusError.ts";
import { keyOf, type Stored } from "./store/Store.ts";

const json = { "content-type": "application/json" };
const answer = (status: number, stored: Stored, kind: ServedKind): ApiResponse => ({
  status,
  headers: json,
  body: jsonAs(stored, kind),
});

function bodyOf(request: ApiRequest): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(request.body));
  } catch (error) {
    throw badRequest(`the body is not valid JSON: ${(error as Error).message}`);
  }
}

function objectOf(request: ApiRequest): KubeObject {
  const value = bodyOf(request);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw badRequest("the body is not an object");
  const object = value as KubeObject;
  object.metadata ??= {};
  return object;
}

export function create(
  context: ServerContext,
  kind: ServedKind,
  info: RequestInfo,
  request: ApiRequest,
): ApiResponse {
  const object = objectOf(request);
  const { metadata } = object;
  object.apiVersion = apiVersionOf(kind);
  object.kind = kind.kind;
  if (kind.namespaced) metadata.namespace = info.namespace ?? metadata.namespace ?? "default";
  if (metadata.name === undefined && metadata.generateName)
    metadata.name = generatedName(metadata.generateName, context.random);
  const name = metadata.name;
  if (!name)
    throw new StatusError(
      422,
      "Invalid",
      `${kind.kind} "" is invalid: metadata.name: Required value: name or generateName is required`,
    );
  const key = keyOf(metadata.namespace, name);
  if (context.store.get(kind.collection, key) !== undefined) throw alreadyExists(kind, name);
  if (
    kind.namespaced &&
    context.store.get("namespaces", keyOf(undefined, metadata.namespace ?? "")) === undefined
  )
    throw notFound({ group: "", plural: "namespaces" }, metadata.namespace ?? "");
  metadata.uid = uidOf(context.random);
  metadata.creationTimestamp = timeOf(context.clock.now());
  delete metadata.deletionTimestamp;
  kind.rules.prepareForCreate(object);
  return answer(201, context.store.put(kind.collection, key, object), kind);
}

function liveOf(context: ServerContext, kind: ServedKind, info: RequestInfo): Stored {
  const live = context.store.get(kind.collection, keyOf(info.namespace, info.name ?? ""));
  if (live === undefined) throw notFound(kind, info.name ?? "");
  return live;
}

function update(
  context: ServerContext,
  kind: ServedKind,
  info: RequestInfo,
  live: Stored,
  next: KubeObject,
): ApiResponse {
  const name = info.name ?? "";
  const { metadata } = live.object;
  if (next.metadata.resourceVersion && next.metadata.resourceVersion !== metadata.resourceVersion)
    throw conflict(kind, name, objectModified);
  if (next.metadata.uid && next.metadata.uid !== metadata.uid)
    throw conflict(
      kind,
      name,
      `Precondition failed: UID in precondition: ${next.metadata.uid}, UID in object meta: ${metadata.uid}`,
    );
  next.apiVersion = live.object.apiVersion;
  next.kind = live.object.kind;
  for (const field of [
    "uid",
    "name",
    "namespace",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "resourceVersion",
  ] as const) {
    if (metadata[field] === undefined) delete next.metadata[field];
    else (next.metadata as Record<string, unknown>)[field] = metadata[field];
  }
  if (info.subresource === "status") kind.rules.prepareForStatusUpdate(next, live.object);
  else kind.rules.prepareForUpdate(next, live.object);
  if (JSON.stringify(next) === live.json) return answer(200, live, kind);
  if (
    next.metadata.deletionTimestamp !== undefined &&
    (next.metadata.finalizers ?? []).length === 0 &&
    next.metadata.deletionGracePeriodSeconds === 0
  ) {
    const gone = context.store.delete(kind.collection, live.key, next);
    return answer(200, gone ?? live, kind);
  }
  return answer(200, context.store.put(kind.collection, live.key, next), kind);
}

export function replace(
  context: ServerContext,
  kind: ServedKind,
  info: RequestInfo,
  request: ApiRequest,
): ApiResponse {
  const live = liveOf(context, kind, info);
  return update(context, kind, info, live, objectOf(request));
}

/** RFC 7386. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> =
    typeof target === "object" && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

export function patch(
  context: ServerContext,
  kind: ServedKind,
  info: RequestInfo,
  request: ApiRequest,
): ApiResponse {
  const type = (request.headers["content-type"] ?? "").split(";")[0];
  if (type !== "application/merge-patch+json" && type !== "application/strategic-merge-patch+json")
    throw unsupportedMediaType(
      `the body of the request was in an unknown format - accepted media types include: application/merge-patch+json`,
    );
  const live = liveOf(context, kind, info);
  const next = structuredClone(mergePatch(live.object, bodyOf(request))) as KubeObject;
  return update(context, kind, info, live, next);
}

export function remove(
  context: ServerContext,
  kind: ServedKind,
  info: RequestInfo,
  request: ApiRequest,
): ApiResponse {
  const live = liveOf(context, kind, info);
  const name = info.name ?? "";
  const options =
    request.body.length === 0
      ? {}
      : (bodyOf(request) as {
          preconditions?: { uid?: string; resourceVersion?: string };
          gracePeriodSeconds?: number;
        });
  const { metadata } = live.object;
  if (options.preconditions?.uid !== undefined && options.preconditions.uid !== metadata.uid)
    throw conflict(
      kind,
      name,
      `Precondition failed: UID in precondition: ${options.preconditions.uid}, UID in object meta: ${metadata.uid}`,
    );
  const isPod = kind.collection === "pods";
  const spec = live.object["spec"] as
    | { terminationGracePeriodSeconds?: number; nodeName?: string }
    | undefined;
  const asked =
    options.gracePeriodSeconds ??
    (request.query.has("gracePeriodSeconds") ? Number(request.query.get("gracePeriodSeconds")) : undefined);
  const grace = isPod && spec?.nodeName ? (asked ?? spec.terminationGracePeriodSeconds ?? 30) : 0;
  if (grace > 0 || (metadata.finalizers ?? []).length > 0 || kind.collection === "namespaces") {
    if (metadata.deletionTimestamp !== undefined && grace >= (metadata.deletionGracePeriodSeconds ?? 0))
      return answer(200, live, kind);
    const next: KubeObject = { ...live.object, metadata: { ...metadata } };
    next.metadata.deletionTimestamp = timeOf(context.clock.now() + grace * 1000);
    next.metadata.deletionGracePeriodSeconds = grace;
    next.metadata.generation = (metadata.generation ?? 0) + 1;
    if (kind.collection === "namespaces") next["status"] = { phase: "Terminating" };
    return answer(200, context.store.put(kind.collection, live.key, next), kind);
  }
  context.store.delete(kind.collection, live.key);
  const details = {
    name,
    ...(kind.group === "" ? {} : { group: kind.group }),
    kind: kind.plural,
    uid: metadata.uid,
  };
  return {
    status: 200,
    headers: json,
    body: JSON.stringify({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details }),
  };
}
