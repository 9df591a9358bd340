import type { KubeObject } from "../../../contract/index.ts";
import type { ApiResponse } from "../ApiRequest.ts";
import { objectBody } from "../requestBody.ts";
import { invalid, notFound } from "../StatusError.ts";
import { keyOf } from "../store/Store.ts";
import { type Write, requirePlace, refuseWith, decodeAs } from "./Write.ts";
import { createObject } from "./create.ts";
import { otherUid, update } from "./update.ts";

/** `PUT` of an object or of its status. */
export async function replace(write: Write): Promise<ApiResponse> {
  const { kind, request } = write;
  const { object, ...body } = await objectBody(request, kind);
  decodeAs(write, object, body, write.options.fieldValidation);
  try {
    return replaceWith(write, object);
  } catch (error) {
    return refuseWith(write, error);
  }
}

function replaceWith(write: Write, object: KubeObject): ApiResponse {
  const { context, kind, info } = write;
  const { metadata } = object;
  requirePlace(write, object);
  const live = context.store.get(kind.collection, keyOf(info.namespace, info.name ?? ""));
  if (live === undefined) {
    if (kind.strategy.allowCreateOnUpdate) {
      if (metadata.uid) throw otherUid(write, metadata.uid, "");
      delete metadata.resourceVersion;
      return createObject(write, object);
    }
    throw notFound(kind, info.name ?? "");
  }
  if (metadata.uid && metadata.uid !== live.object.metadata.uid)
    throw otherUid(write, metadata.uid, live.object.metadata.uid ?? "");
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
  return update(write, live, object);
}
