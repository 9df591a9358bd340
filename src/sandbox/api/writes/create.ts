import type { KubeObject } from "../../../contract/index.ts";
import { timeOf } from "../../Clock.ts";
import type { ApiResponse } from "../ApiRequest.ts";
import { mutate, validate, type AdmissionRequest } from "../admission/index.ts";
import { afterWrite, beforeWrite } from "../definitions.ts";
import { podWarnings } from "../kinds/index.ts";
import { generatedName, uidOf } from "../names.ts";
import { answer } from "./answer.ts";
import { objectBody } from "../requestBody.ts";
import { alreadyExists, badRequest, invalid, StatusError } from "../StatusError.ts";
import { toStored } from "../shownAs.ts";
import { keyOf } from "../store/Store.ts";
import { type Write, writeContext, unstored, refuseWith, decodeAs, recordOwnership } from "./Write.ts";
import { incomplete } from "./incomplete.ts";
import { store } from "./store.ts";

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
export function createObject(write: Write, object: KubeObject, applied = false): ApiResponse {
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
  const prepared = writeContext(context);
  strategy.prepareForCreate(object, prepared);
  if (prepared.unallocated.length > 0) throw invalid(kind, metadata.name ?? "", prepared.unallocated);
  beforeWrite(kind, object);
  const errors = strategy.validate(object);
  if (errors.length > 0) throw invalid(kind, metadata.name ?? "", [...errors]);
  write.warnings.push(...podWarnings(kind, object));
  const admitted = validate(admission);
  const name = metadata.name ?? "";
  let key = keyOf(metadata.namespace, name);
  for (let tries = 0; ; tries += 1) {
    const there = context.store.get(kind.collection, key);
    if (there === undefined) break;
    if (generated === undefined || tries > 7)
      throw alreadyExists(kind, name, there.object.metadata.deletionTimestamp !== undefined);
    metadata.name = generatedName(generated, context.random);
    key = keyOf(metadata.namespace, metadata.name);
  }
  if (options.dryRun) return answer(write, 201, unstored(toStored(object, kind), key));
  admitted();
  const stored = store(write, key, object, applied);
  if (kind.collection === "persistentvolumeclaims" || (labels === undefined && metadata.labels !== undefined))
    incomplete.add(stored.object);
  const response = answer(write, 201, stored);
  afterWrite(context, kind, stored.object);
  return response;
}
