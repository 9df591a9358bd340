import type { ApiResponse } from "../ApiRequest.ts";
import { objectBody } from "../requestBody.ts";
import { invalid, notFound } from "../StatusError.ts";
import { keyOf } from "../store/Store.ts";
import { type Write, requirePlace, refuseWith, decodeAs } from "./Write.ts";
import { createObject } from "./create.ts";
import { otherUid, update } from "./update.ts";

/** `PUT` of an object or of its status. */
export async function replace(write: Write): Promise<ApiResponse> {
  const { context, kind, info, request } = write;
  const { object, ...body } = await objectBody(request, kind);
  const { metadata } = object;
  requirePlace(write, object);
  const live = context.store.get(kind.collection, keyOf(info.namespace, info.name ?? ""));
  decodeAs(write, object, body, write.options.fieldValidation);
  if (live === undefined) {
    if (kind.strategy.allowCreateOnUpdate) {
      if (metadata.uid) throw otherUid(kind, info, metadata.uid, "");
      delete metadata.resourceVersion;
      return createObject(write, object);
    }
    return refuseWith(write, notFound(kind, info.name ?? ""));
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
