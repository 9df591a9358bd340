import { apiVersionOf } from "../../kube/KindInfo.ts";
import type { KubeObject } from "../../contract/index.ts";
import { timeOf } from "../Clock.ts";
import type { ApiRequest, ApiResponse } from "./ApiRequest.ts";
import {
  applyServerSide,
  conflictStatus,
  copyJson,
  isNoop,
  jsonMergePatch,
  jsonPatch,
  PatchRefused,
  strategicMergePatch,
  updateManagedFields,
} from "./apply/index.ts";
import { mutate, validate, type AdmissionRequest } from "./admission/index.ts";
import { afterWrite, beforeWrite } from "./definitions.ts";
import { podWarnings, type WriteContext } from "./kinds/index.ts";
import { onlyEphemeralContainers, validateEphemeralContainers } from "./kinds/pod.ts";
import { generatedName, uidOf } from "./names.ts";
import { answer } from "./reads.ts";
import { applyBody, asObject, objectBody, requestBody, type RequestBody } from "./requestBody.ts";
import type { RequestInfo } from "./requestInfo.ts";
import { decode } from "./schema/index.ts";
import type { ServedKind } from "./ServedKind.ts";
import type { ServerContext } from "./ServerContext.ts";
import {
  alreadyExists,
  badRequest,
  conflict,
  invalid,
  notFound,
  objectModified,
  StatusError,
  unsupportedMediaType,
} from "./StatusError.ts";
import { keyOf, type Stored } from "./store/Store.ts";
import { writeOptionsOf, type WriteOptions } from "./writeOptions.ts";

/** All that one write is about. */
export interface Write {
  readonly context: ServerContext;
  readonly kind: ServedKind;
  readonly info: RequestInfo;
  readonly request: ApiRequest;
  readonly options: WriteOptions;
  /** For `Warning` headers. */
  readonly warnings: string[];
}

export const writeOf = (
  context: ServerContext,
  kind: ServedKind,
  info: RequestInfo,
  request: ApiRequest,
): Write => ({
  context,
  kind,
  info,
  request,
  options: writeOptionsOf(request),
  warnings: [],
});

const writeContext = ({ addresses, clock }: ServerContext): WriteContext => ({
  now: timeOf(clock.now()),
  allocateClusterIP: (wanted) => addresses.clusterIP(wanted),
  allocateNodePort: (wanted) => addresses.nodePort(wanted),
});

/** `POST` to a collection. */
export async function create(write: Write): Promise<ApiResponse> {
  const { kind, request } = write;
  const { object, ...body } = await objectBody(request, kind);
  decodeAs(write, object, body, write.options.fieldValidation);
  try {
    return createObject(write, object);
  } catch (error) {
    return refuseWith(write, error);
  }
}

/** Creates an object that was decoded. `applied`: its managed fields are done. */
function createObject(write: Write, object: KubeObject, applied = false): ApiResponse {
  const { context, kind, info, options } = write;
  const { strategy } = kind;
  const { metadata } = object;
  if (metadata.resourceVersion)
    throw new StatusError(500, "", "resourceVersion should not be set on objects to be created");
  if (kind.namespaced) {
    if (metadata.namespace && info.namespace && metadata.namespace !== info.namespace) {
      throw badRequest(
        "the namespace of the provided object does not match the namespace sent on the request",
      );
    }
    metadata.namespace = info.namespace ?? metadata.namespace ?? "default";
  } else delete metadata.namespace;
  const generated = !metadata.name && metadata.generateName ? metadata.generateName : undefined;
  if (generated !== undefined) metadata.name = generatedName(generated, context.random);
  const now = timeOf(context.clock.now());
  strategy.defaults(object);
  metadata.uid = uidOf(context.random);
  metadata.creationTimestamp = now;
  for (const field of [
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "selfLink",
    "resourceVersion",
  ] as const)
    delete metadata[field];
  // Before what the server itself fills in, which nobody owns.
  if (!applied) recordOwnership(write, undefined, object, now);
  const admission: AdmissionRequest = {
    context,
    kind,
    user: write.request.user,
    byPatch: write.request.method === "PATCH",
    operation: "CREATE",
    subresource: "",
    object,
    generateName: generated,
    warnings: write.warnings,
  };
  mutate(admission);
  const { labels } = metadata;
  strategy.prepareForCreate(object, writeContext(context));
  beforeWrite(context, kind, object);
  const errors = strategy.validate(object);
  if (errors.length > 0) throw invalid(kind, metadata.name ?? "", [...errors]);
  write.warnings.push(...podWarnings(kind, object));
  const admitted = validate(admission);
  const name = metadata.name ?? "";
  let key = keyOf(metadata.namespace, name);
  for (let tries = 0; context.store.get(kind.collection, key) !== undefined; tries += 1) {
    if (generated === undefined || tries > 7) throw alreadyExists(kind, name);
    metadata.name = generatedName(generated, context.random);
    key = keyOf(metadata.namespace, metadata.name);
  }
  if (options.dryRun) return answer(write, 201, unstored(object, key));
  admitted();
  const stored = context.store.put(kind.collection, key, toStored(object, kind));
  if (kind.collection === "persistentvolumeclaims" || metadata.labels !== labels)
    incomplete.add(stored.object);
  afterWrite(context, kind, stored.object);
  return answer(write, 201, stored);
}

/**
 * Objects that a real server has stored without what it adds whenever it reads them, such as the labels that a Job has of its template: the first
 * write stores that, even if it changes nothing.
 */
const incomplete = new WeakSet<KubeObject>();

export function liveOf({ context, kind, info }: Pick<Write, "context" | "kind" | "info">): Stored {
  const live = context.store.get(kind.collection, keyOf(info.namespace, info.name ?? ""));
  if (live === undefined) throw notFound(kind, info.name ?? "");
  return live;
}

/** `PUT` of an object or of its status. */
export async function replace(write: Write): Promise<ApiResponse> {
  const { context, kind, info, request } = write;
  const { object, ...body } = await objectBody(request, kind);
  const { metadata } = object;
  requirePlace(write, object);
  const live = context.store.get(kind.collection, keyOf(info.namespace, info.name ?? ""));
  decodeAs(write, object, body, write.options.fieldValidation);
  if (live === undefined) {
    if (kind.strategy.allowCreateOnUpdate && info.subresource === undefined) {
      delete metadata.resourceVersion;
      return createObject(write, object);
    }
    throw notFound(kind, info.name ?? "");
  }
  if (kind.custom !== undefined && !metadata.resourceVersion) {
    // The collection's name stands where the kind usually does, as in a real server.
    throw invalid({ group: kind.group, kind: kind.plural }, info.name ?? "", [
      {
        reason: "FieldValueInvalid",
        message: "Invalid value: 0: must be specified for an update",
        field: "metadata.resourceVersion",
      },
    ]);
  }
  try {
    return update(write, live, object);
  } catch (error) {
    return refuseWith(write, error);
  }
}

/** What is sent to a path has to name that path's object. */
function requirePlace({ kind, info }: Write, { metadata }: KubeObject): void {
  if (!metadata.name) {
    throw badRequest(
      `the name of the object (${info.name} based on URL) was undeterminable: name must be provided`,
    );
  }
  if (metadata.name !== info.name) {
    throw badRequest(
      `the name of the object (${metadata.name}) does not match the name on the URL (${info.name})`,
    );
  }
  if (kind.namespaced && metadata.namespace && metadata.namespace !== info.namespace)
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
}

/** `PATCH`, of any of the four types. */
export async function patch(write: Write): Promise<ApiResponse> {
  const { context, kind, request } = write;
  const type = (request.headers["content-type"] ?? "").split(";")[0]?.trim();
  try {
    if (type === "application/apply-patch+yaml" || type === "application/apply-patch+cbor")
      return await apply(write);
    if (request.query.has("force")) {
      throw new StatusError(
        422,
        "Invalid",
        `PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch`,
        {
          group: "meta.k8s.io",
          kind: "PatchOptions",
          causes: [
            {
              reason: "FieldValueForbidden",
              message: "Forbidden: may not be specified for non-apply patch",
              field: "force",
            },
          ],
        },
      );
    }
    const strategic = type === "application/strategic-merge-patch+json";
    if (
      type !== "application/json-patch+json" &&
      type !== "application/merge-patch+json" &&
      (!strategic || kind.custom !== undefined)
    ) {
      throw kind.custom === undefined
        ? new StatusError(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})
        : unsupportedMediaType(
            "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
          );
    }
    const { value } = await requestBody(request);
    const live = liveOf(write);
    const from = shownAs(live, kind);
    const patched =
      type === "application/json-patch+json"
        ? jsonPatch(from, value)
        : strategic
          ? strategicMergePatch(from, asPatch(value), kind.schema)
          : jsonMergePatch(from, asPatch(value));
    const next = patchedObject(write, copyJson(patched));
    requireUid(write, live, next);
    return update(write, context.store.get(kind.collection, live.key) ?? live, next);
  } catch (error) {
    if (!(error instanceof PatchRefused)) return refuseWith(write, error);
    throw new StatusError(error.status, error.reason, error.message, error.status === 422 ? {} : undefined);
  }
}

/** What a patch made, if it still is an object of the kind; unlike a body that isn't, a patch that makes it one is 422. */
function patchedObject(write: Write, patched: unknown): KubeObject {
  try {
    const next = asObject(patched, write.kind);
    requirePlace(write, next);
    decodeAs(write, next, {}, write.options.fieldValidation);
    return next;
  } catch (error) {
    const { status } = error as StatusError;
    if (status?.code !== 400 || /^the name(space)? of /.test(status.message ?? "")) throw error;
    // A real server quotes the whole object here, which may hold secrets.
    const message = `Invalid value: ${status.message}`;
    throw new StatusError(422, "Invalid", ` "" is invalid: patch: ${message}`, {
      causes: [{ reason: "FieldValueInvalid", message, field: "patch" }],
    });
  }
}

function asPatch(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badRequest("error decoding patch: a merge patch is an object");
  }
  return value as Record<string, unknown>;
}

/** Server-side apply: creates what isn't there. */
async function apply(write: Write): Promise<ApiResponse> {
  const { context, kind, info, request, options } = write;
  if ((request.query.get("fieldManager") ?? "") === "") {
    throw new StatusError(
      422,
      "Invalid",
      `PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch`,
      {
        group: "meta.k8s.io",
        kind: "PatchOptions",
        causes: [
          {
            reason: "FieldValueRequired",
            message: "Required value: is required for apply patch",
            field: "fieldManager",
          },
        ],
      },
    );
  }
  const doubled: string[] = [];
  const body = await applyBody(request, doubled);
  requireKind(body, kind);
  const config = asObject(body, kind);
  requirePlace(write, config);
  const stored = context.store.get(kind.collection, keyOf(info.namespace, info.name ?? ""));
  if (stored === undefined && info.subresource !== undefined) throw notFound(kind, info.name ?? "");
  const live = stored && shownAs(stored, kind);
  const { uid, resourceVersion } = config.metadata;
  if (live === undefined && uid) {
    throw conflict(
      kind,
      info.name ?? "",
      `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
    );
  }
  if (live !== undefined && resourceVersion && resourceVersion !== live.metadata.resourceVersion)
    throw conflict(kind, info.name ?? "", objectModified);
  const result = applyServerSide({
    live,
    config,
    schema: kind.schema,
    manager: options.manager,
    force: options.force,
    apiVersion: apiVersionOf(kind),
    subresource: info.subresource ?? "",
    now: timeOf(context.clock.now()),
    resetFields: kind.strategy.resetFields(info.subresource ?? ""),
  });
  if (result.conflicts !== undefined) {
    const { message, causes } = conflictStatus(result.conflicts);
    throw new StatusError(409, "Conflict", message, { causes });
  }
  if (doubled.length > 0 && options.fieldValidation === "Strict")
    throw badRequest(
      `error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n${doubled.map((one) => `  ${one}`).join("\n")}`,
    );
  if (options.fieldValidation === "Warn") write.warnings.push(...doubled);
  const next = copyJson<KubeObject>(result.object);
  decodeAs(write, next, {}, "Ignore");
  if (stored === undefined) {
    delete next.metadata.resourceVersion;
    return createObject(write, next, true);
  }
  return update(write, stored, next, true);
}

/** Unlike other writes, an apply has to say what it applies. */
function requireKind(body: unknown, kind: ServedKind): void {
  const { apiVersion, kind: named } = (body ?? {}) as Partial<Record<"apiVersion" | "kind", unknown>>;
  if (apiVersion === apiVersionOf(kind) && named === kind.kind) return;
  const version = typeof apiVersion === "string" ? apiVersion : "";
  throw badRequest(
    `invalid object type: ${version.includes("/") ? "" : "/"}${version}, Kind=${typeof named === "string" ? named : ""}`,
  );
}

/** A patch can't make another object of it. */
function requireUid({ kind, info }: Write, live: Stored, next: KubeObject): void {
  const { uid } = next.metadata;
  if (!uid || uid === live.object.metadata.uid) return;
  const cause = {
    reason: "FieldValueInvalid",
    message: `Invalid value: ${JSON.stringify(uid)}: field is immutable`,
    field: "metadata.uid",
  };
  // Twice, as a real server says it: each of two checks finds it.
  throw invalid(kind, info.name ?? "", [cause, cause]);
}

/** What a client was to be warned of goes with a refusal too. */
function refuseWith({ warnings }: Write, error: unknown): never {
  if (error instanceof StatusError) error.warnings.push(...warnings);
  throw error;
}

/** Prunes and checks what a client sent, against the kind's schema. */
export function decodeAs(
  { kind, warnings }: Write,
  object: KubeObject,
  { raw, doubled }: Omit<RequestBody, "value">,
  fieldValidation: WriteOptions["fieldValidation"],
): void {
  const decoded = decode({
    object,
    raw,
    doubled,
    schema: kind.schema,
    kind: kind.kind,
    apiVersion: apiVersionOf(kind),
    fieldValidation,
  });
  if (decoded.error !== undefined) throw badRequest(decoded.error);
  warnings.push(...decoded.warnings);
}

/** Fields of metadata that only the server moves. */
const fixed = [
  "uid",
  "name",
  "namespace",
  "generateName",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "selfLink",
] as const;

/** Writes `next` in place of `live`, by the rules of the kind; `applied`: managed fields are done. */
export function update(write: Write, live: Stored, next: KubeObject, applied = false): ApiResponse {
  const { context, kind, info, options } = write;
  const { strategy } = kind;
  const name = info.name ?? "";
  const before = shownAs(live, kind);
  const { metadata } = before;
  if (next.metadata.resourceVersion && next.metadata.resourceVersion !== metadata.resourceVersion)
    throw conflict(kind, name, objectModified);
  if (next.metadata.uid && next.metadata.uid !== metadata.uid) {
    throw conflict(
      kind,
      name,
      `StorageError: invalid object, Code: 4, Key: /registry/${kind.custom === undefined ? "" : `${kind.group}/`}${kind.plural}/${info.namespace === undefined ? "" : `${info.namespace}/`}${name}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${next.metadata.uid}, UID in object meta: ${metadata.uid}`,
    );
  }
  for (const field of fixed) {
    if (metadata[field] === undefined) delete next.metadata[field];
    else (next.metadata as Record<string, unknown>)[field] = metadata[field];
  }
  next.metadata.resourceVersion = metadata.resourceVersion;
  strategy.defaults(next);
  if (!applied) recordOwnership(write, before, next, timeOf(context.clock.now()));
  const admission: AdmissionRequest = {
    context,
    kind,
    user: write.request.user,
    operation: "UPDATE",
    subresource: info.subresource ?? "",
    object: next,
    live: before,
    warnings: write.warnings,
  };
  mutate(admission);
  if (info.subresource === "status") strategy.prepareForStatusUpdate(next, before);
  // Only a namespace has it: whose finalizers are its spec, which nothing else changes.
  else if (info.subresource === "finalize") next["status"] = before["status"];
  else if (info.subresource === "ephemeralcontainers") {
    onlyEphemeralContainers(next, before);
    strategy.prepareForUpdate(next, before, writeContext(context));
  } else strategy.prepareForUpdate(next, before, writeContext(context));
  beforeWrite(context, kind, next, before);
  const errors =
    info.subresource === "status"
      ? strategy.validateStatusUpdate(next, before)
      : info.subresource === "ephemeralcontainers"
        ? validateEphemeralContainers(next, before)
        : strategy.validateUpdate(next, before);
  if (errors.length > 0) throw invalid(kind, name, [...errors]);
  if (next.metadata.generation !== metadata.generation && kind.collection !== "pods")
    write.warnings.push(...podWarnings(kind, next));
  const admitted = validate(admission);
  if (!options.dryRun) admitted();
  return commit(write, live, before, next, options);
}

/** Stores what was decided, unless it is what is there; an object that waited only for its finalizers goes. */
export function commit(
  write: Write,
  live: Stored,
  before: KubeObject,
  next: KubeObject,
  options: WriteOptions,
): ApiResponse {
  const { context, kind } = write;
  if (isNoop(before, next) && !incomplete.has(live.object)) return answer(write, 200, live);
  if (options.dryRun) return answer(write, 200, unstored(next, live.key));
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = next.metadata;
  const namespaceDone =
    kind.collection !== "namespaces" ||
    ((next.spec as { finalizers?: unknown[] } | undefined)?.finalizers ?? []).length === 0;
  if (
    deletionTimestamp !== undefined &&
    finalizers.length === 0 &&
    deletionGracePeriodSeconds === 0 &&
    namespaceDone
  ) {
    // Watchers see its last stored state; the answer is what the write made of it, which was never stored.
    const gone = context.store.delete(kind.collection, live.key) ?? live;
    afterWrite(context, kind, gone.object, true);
    return answer(write, 200, unstored(toStored(next, kind), live.key));
  }
  const stored = context.store.put(kind.collection, live.key, toStored(next, kind));
  afterWrite(context, kind, stored.object);
  return answer(write, 200, stored);
}

export function recordOwnership(
  { kind, info, options }: Write,
  live: KubeObject | undefined,
  next: KubeObject,
  now: string,
): void {
  updateManagedFields({
    live,
    next,
    schema: kind.schema,
    manager: options.manager,
    apiVersion: apiVersionOf(kind),
    subresource: info.subresource ?? "",
    // As in a real server, what was written through scale carries no time.
    now: info.subresource === "scale" ? undefined : now,
    resetFields: kind.strategy.resetFields(info.subresource ?? ""),
  });
}

/** The stored object in the version of a kind: with None conversion only the apiVersion differs. Never changed. */
export function shownAs(stored: Stored, kind: ServedKind): KubeObject {
  const apiVersion = apiVersionOf(kind);
  return stored.object.apiVersion === apiVersion ? stored.object : { ...stored.object, apiVersion };
}

/** An object that was sent in any served version, as it is kept. */
function toStored(object: KubeObject, kind: ServedKind): KubeObject {
  object.apiVersion = kind.storedAs;
  return object;
}

/** What a dry run answers with: as stored, without a revision of its own. */
const unstored = (object: KubeObject, key: string): Stored => ({
  key,
  revision: 0,
  object,
  json: JSON.stringify(object),
});
