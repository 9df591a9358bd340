import type { KubeObject } from "../../contract/index.ts";
import { timeOf } from "../Clock.ts";
import type { ApiResponse } from "./ApiRequest.ts";
import { refusePermanent } from "./admission/permanentObjects.ts";
import { markedForDeletion } from "./definitionFinalizer.ts";
import { definitionsCollection } from "./definitionNames.ts";
import { afterWrite } from "./definitions.ts";
import { at } from "./printers/Printer.ts";
import { itemAs, selected } from "./reads/index.ts";
import { requestBody } from "./requestBody.ts";
import { requirePreconditions, type Preconditions } from "./requirePreconditions.ts";
import { badRequest, invalid, type StatusError } from "./StatusError.ts";
import type { Stored } from "./store/Store.ts";
import { numberOf } from "./writeOptions.ts";
import { answer } from "./writes/answer.ts";
import { liveOf, type Write } from "./writes/Write.ts";

export interface DeleteOptions {
  readonly preconditions?: Preconditions;
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan";
  readonly orphanDependents?: boolean;
  readonly dryRun?: readonly string[];
}

/** `DELETE` of one object. */
export async function remove(write: Write): Promise<ApiResponse> {
  const options = await deleteOptions(write);
  const live = liveOf(write);
  return removeObject(write, live, options);
}

/** `DELETE` of a collection: each object by itself. Answers with what was there. */
export async function removeCollection(write: Write): Promise<ApiResponse> {
  const { context, kind, info } = write;
  const options = await deleteOptions(write);
  const test = selected(write);
  const found = context.store
    .list(kind.collection, info.namespace)
    .filter(({ object }) => test === undefined || test(object));
  for (const live of found) {
    const name = live.object.metadata.name;
    removeObject(
      { ...write, info: { ...info, name, namespace: live.object.metadata.namespace } },
      live,
      options,
    );
  }
  const head = `"kind":"${kind.kind}List","apiVersion":"${kind.group === "" ? kind.version : `${kind.group}/${kind.version}`}"`;
  const items = found.map((stored) => itemAs(stored, kind)).join(",");
  const body = `{${head},"metadata":{${kind.custom === undefined ? "" : '"continue":"",'}"resourceVersion":"${context.store.revision}"},"items":[${items}]}`;
  return { status: 200, headers: { "content-type": "application/json" }, body };
}

async function deleteOptions({ request }: Write): Promise<DeleteOptions> {
  const { query } = request;
  const sent = request.body.length === 0 ? {} : (await requestBody(request)).value;
  if (typeof sent !== "object" || sent === null || Array.isArray(sent))
    throw badRequest("the body is not DeleteOptions");
  refuseOtherOptions(sent as Record<string, unknown>);
  const body = sent as DeleteOptions;
  const grace = body.gracePeriodSeconds ?? numberOf(query, "gracePeriodSeconds");
  const policy =
    body.propagationPolicy ??
    (query.get("propagationPolicy") as DeleteOptions["propagationPolicy"]) ??
    undefined;
  if (policy && !["Background", "Foreground", "Orphan"].includes(policy)) {
    throw invalidOptions(
      "FieldValueNotSupported",
      `Unsupported value: ${JSON.stringify(policy)}: supported values: "Foreground", "Background", "Orphan", "nil"`,
    );
  }
  if (policy && body.orphanDependents !== undefined)
    throw invalidOptions(
      "FieldValueInvalid",
      `Invalid value: ${JSON.stringify(policy)}: orphanDependents and deletionPropagation cannot be both set`,
    );
  if (body.dryRun?.some((value) => value !== "All") === true) {
    throw invalidOptions(
      "FieldValueNotSupported",
      `Unsupported value: ${JSON.stringify(body.dryRun)}: supported values: "All"`,
      "dryRun",
    );
  }
  return {
    preconditions: body.preconditions,
    gracePeriodSeconds: grace ?? undefined,
    propagationPolicy: policy || (body.orphanDependents === true ? "Orphan" : undefined),
    orphanDependents: body.orphanDependents,
    dryRun: body.dryRun ?? query.getAll("dryRun"),
  };
}

/** What Go would not read as DeleteOptions. */
function refuseOtherOptions({ kind = "", apiVersion = "", ...fields }: Record<string, unknown>): void {
  if (kind !== "" && kind !== "DeleteOptions") {
    throw badRequest(
      `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`,
    );
  }
  for (const [field, [isRight, goType]] of Object.entries(optionTypes)) {
    const value = fields[field];
    if (value === undefined || value === null || isRight(value)) continue;
    const found = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
    throw badRequest(
      `json: cannot unmarshal ${found} into Go struct field DeleteOptions.${field} of type ${goType}`,
    );
  }
}

const isText = (value: unknown): boolean => typeof value === "string";
const optionTypes: Readonly<Record<string, readonly [(value: unknown) => boolean, string]>> = {
  gracePeriodSeconds: [Number.isInteger, "int64"],
  preconditions: [(value) => typeof value === "object" && !Array.isArray(value), "v1.Preconditions"],
  orphanDependents: [(value) => typeof value === "boolean", "bool"],
  propagationPolicy: [isText, "v1.DeletionPropagation"],
  dryRun: [Array.isArray, "[]string"],
};

const invalidOptions = (reason: string, message: string, field = "propagationPolicy"): StatusError =>
  invalid({ group: "meta.k8s.io", kind: "DeleteOptions" }, "", [{ reason, message, field }]);

/** Deletes at once, or marks for deletion what has finalizers, a grace period, or contents. */
export function removeObject(write: Write, live: Stored, options: DeleteOptions): ApiResponse {
  const { context, kind } = write;
  const { metadata } = live.object;
  const name = metadata.name ?? "";
  const isDefinition = kind.collection === definitionsCollection;
  // A client may say null.
  requirePreconditions(kind, live.object, options.preconditions ?? {});
  const isNamespace = kind.collection === "namespaces";
  refusePermanent(kind, name);
  const dryRun = write.options.dryRun || (options.dryRun?.includes("All") ?? false);

  // Held at first by its objects, whatever is asked for.
  if (isDefinition && metadata.deletionTimestamp === undefined) {
    const next = markedForDeletion(live.object, timeOf(context.clock.now()));
    return answer(
      write,
      200,
      dryRun
        ? { ...live, object: next, json: JSON.stringify(next) }
        : context.store.put(kind.collection, live.key, next),
    );
  }
  const grace = kind.collection === "pods" ? podGrace(live.object, options.gracePeriodSeconds) : 0;
  const finalizers = finalizersFor(metadata.finalizers ?? [], options);
  const contents = isNamespace && ((at(live.object, "spec", "finalizers") ?? []) as unknown[]).length > 0;
  if (grace > 0 || finalizers.length > 0 || contents) {
    const already = metadata.deletionTimestamp !== undefined;
    const sooner = grace < (metadata.deletionGracePeriodSeconds ?? 0);
    const collected =
      finalizers.length !== (metadata.finalizers ?? []).length ||
      finalizers.some((one) => !metadata.finalizers?.includes(one));
    const next: KubeObject = { ...live.object, metadata: { ...metadata } };
    if (already && isDefinition && metadata.deletionGracePeriodSeconds === undefined) {
      next.metadata.deletionGracePeriodSeconds = 0;
    } else if (already && !sooner) {
      if (!collected || (metadata.deletionGracePeriodSeconds ?? 0) > 0) return answer(write, 200, live);
    } else {
      next.metadata.deletionTimestamp = timeOf(context.clock.now() + grace * 1000);
      if (!isNamespace) next.metadata.deletionGracePeriodSeconds = grace;
    }
    next.metadata.finalizers = finalizers;
    if (finalizers.length === 0) delete next.metadata.finalizers;
    if (metadata.generation !== undefined && !already) next.metadata.generation = metadata.generation + 1;
    if (isNamespace) next["status"] = { ...(next["status"] as object), phase: "Terminating" };
    if (dryRun) return answer(write, 200, { ...live, object: next, json: JSON.stringify(next) });
    const stored = context.store.put(kind.collection, live.key, next);
    afterWrite(context, kind, stored.object);
    return answer(write, 200, stored);
  }
  // A pod that was given time, and is given none now, is seen so before it is gone.
  if (!dryRun && kind.collection === "pods" && (metadata.deletionGracePeriodSeconds ?? 0) > 0)
    context.store.put(kind.collection, live.key, {
      ...live.object,
      metadata: { ...metadata, deletionGracePeriodSeconds: 0 },
    });
  const gone = dryRun ? live : (context.store.delete(kind.collection, live.key) ?? live);
  if (!dryRun) afterWrite(context, kind, gone.object, true);
  // Few kinds answer with what was deleted; the others with a Status that says which one it was.
  if ((kind.group === "" || kind.group === "storage.k8s.io") && returnsObject.has(kind.kind))
    return answer(write, 200, kind.collection === "pods" ? ended(gone, timeOf(context.clock.now())) : gone);
  const details = {
    name,
    ...(kind.group === "" ? {} : { group: kind.group }),
    kind: kind.plural,
    uid: metadata.uid,
  };
  const status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details };
  return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(status) };
}

/** The finalizers that the garbage collector works off: what is asked for now, else what was asked before. */
function finalizersFor(
  before: readonly string[],
  { propagationPolicy, orphanDependents }: DeleteOptions,
): string[] {
  const others = before.filter((one) => one !== "orphan" && one !== "foregroundDeletion");
  const asked =
    propagationPolicy ??
    (orphanDependents === false ? "Background" : undefined) ??
    (before.includes("orphan")
      ? "Orphan"
      : before.includes("foregroundDeletion")
        ? "Foreground"
        : "Background");
  if (asked === "Background") return others;
  return [...others, asked === "Orphan" ? "orphan" : "foregroundDeletion"];
}

/** `ReturnDeletedObject` of the registries. */
const returnsObject = new Set([
  "Pod",
  "PersistentVolume",
  "PersistentVolumeClaim",
  "PodTemplate",
  "ResourceQuota",
  "Service",
  "ServiceAccount",
  "StorageClass",
  "CSIDriver",
  "CSINode",
  "VolumeAttachment",
]);

/** A pod that is gone is shown as one that had no time left, which was never stored. */
function ended(gone: Stored, now: string): Stored {
  const { metadata } = gone.object;
  const already = metadata.deletionTimestamp !== undefined;
  const object: KubeObject = {
    ...gone.object,
    metadata: {
      ...metadata,
      deletionTimestamp: metadata.deletionTimestamp ?? now,
      deletionGracePeriodSeconds: 0,
      ...(already || metadata.generation === undefined ? {} : { generation: metadata.generation + 1 }),
    },
  };
  return { ...gone, object, json: JSON.stringify(object) };
}

/** A pod that runs nowhere, or has ended, needs no time to stop. */
function podGrace(pod: KubeObject, asked: number | undefined): number {
  const phase = at(pod, "status", "phase");
  if (!at(pod, "spec", "nodeName") || phase === "Succeeded" || phase === "Failed") return 0;
  const own = at(pod, "spec", "terminationGracePeriodSeconds");
  const grace = asked ?? (typeof own === "number" ? own : 30);
  return grace < 0 ? 1 : grace;
}
