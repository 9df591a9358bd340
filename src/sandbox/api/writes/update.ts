import type { KubeObject } from "../../../contract/index.ts";
import { timeOf } from "../../Clock.ts";
import type { ApiResponse } from "../ApiRequest.ts";
import { isNoop, sameJson } from "../apply/index.ts";
import { mutate, validate, type AdmissionRequest } from "../admission/index.ts";
import { afterWrite, beforeWrite } from "../definitions.ts";
import { podWarnings } from "../kinds/index.ts";
import { onlyEphemeralContainers, validateEphemeralContainers } from "../kinds/pod.ts";
import { answer } from "./answer.ts";
import { shownAs, toStored } from "../shownAs.ts";
import { conflict, invalid, objectModified, StatusError } from "../StatusError.ts";
import type { Stored } from "../store/Store.ts";
import { type Write, writeContext, unstored, recordOwnership } from "./Write.ts";
import { incomplete } from "./incomplete.ts";
import { store } from "./store.ts";

/** Where a real server keeps what it keeps under another name than that of the collection. */
const storedUnder: Readonly<Record<string, string>> = {
  endpoints: "services/endpoints",
  ingresses: "ingress",
  nodes: "minions",
  replicationcontrollers: "controllers",
  services: "services/specs",
};

/** What is there, if anything, is not what the client means. */
export function otherUid({ kind, info, options }: Write, wanted: string, have: string): StatusError {
  const { namespace, name = "" } = info;
  const folder =
    kind.custom === undefined ? (storedUnder[kind.plural] ?? kind.plural) : `${kind.group}/${kind.plural}`;
  const key = `${options.dryRun ? "" : "/registry"}/${folder}/${namespace === undefined ? "" : `${namespace}/`}${name}`;
  return conflict(
    kind,
    name,
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${have}`,
  );
}

/** Writes `next` in place of `live`, by the rules of the kind; `applied`: managed fields are done. */
export function update(write: Write, live: Stored, next: KubeObject, applied = false): ApiResponse {
  const { context, kind, info, options } = write;
  const { strategy } = kind;
  const name = info.name ?? "";
  const before = shownAs(live, kind);
  const { metadata } = before;
  const version = next.metadata.resourceVersion;
  if (version && !/^\d+$/.test(version)) {
    // As its storage says it.
    throw new StatusError(500, "", `strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`);
  }
  if (version && version !== metadata.resourceVersion) throw conflict(kind, name, objectModified);
  if (next.metadata.uid && next.metadata.uid !== metadata.uid) {
    throw otherUid(write, next.metadata.uid, metadata.uid ?? "");
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
  const prepared = writeContext(context);
  if (info.subresource === "status") strategy.prepareForStatusUpdate(next, before);
  // Only a namespace has it: whose finalizers are its spec, which nothing else changes.
  else if (info.subresource === "finalize") next["status"] = before["status"];
  else if (info.subresource === "ephemeralcontainers") {
    onlyEphemeralContainers(next, before);
    strategy.prepareForUpdate(next, before, prepared);
  } else strategy.prepareForUpdate(next, before, prepared);
  beforeWrite(kind, next, before, info.subresource);
  const errors =
    info.subresource === "status"
      ? strategy.validateStatusUpdate(next, before)
      : info.subresource === "ephemeralcontainers"
        ? validateEphemeralContainers(next, before)
        : strategy.validateUpdate(next, before);
  if (errors.length > 0) throw invalid(kind, name, [...errors]);
  // A change is validated first; what is made, after.
  if (prepared.unallocated.length > 0) throw invalid(kind, name, prepared.unallocated);
  if (next.metadata.generation !== metadata.generation && kind.collection !== "pods")
    write.warnings.push(...podWarnings(kind, next));
  const admitted = validate(admission);
  if (!options.dryRun) admitted();
  return commit(write, live, before, next, applied);
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

/** What is stored by an earlier schema, or in another version, is written anew even when nothing of it is changed. */
const isStoredAs = ({ object }: Stored, before: KubeObject, { kind }: Write): boolean =>
  kind.custom === undefined ||
  (object.apiVersion === kind.storedAs &&
    (before === object || sameJson({ ...before, apiVersion: kind.storedAs }, object)));

/** Stores what was decided, unless it is what is there; an object that waited only for its finalizers goes. */
export function commit(
  write: Write,
  live: Stored,
  before: KubeObject,
  next: KubeObject,
  applied = false,
): ApiResponse {
  const { context, kind, options } = write;
  if (isNoop(before, next) && !incomplete.has(live.object) && isStoredAs(live, before, write))
    return answer(write, 200, live);
  if (options.dryRun) return answer(write, 200, unstored(toStored(next, kind), live.key));
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
  const stored = store(write, live.key, next, applied);
  const response = answer(write, 200, stored);
  afterWrite(context, kind, stored.object);
  return response;
}
