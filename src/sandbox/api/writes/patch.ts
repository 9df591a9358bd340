import type { KubeObject } from "../../../contract/index.ts";
import type { ApiResponse } from "../ApiRequest.ts";
import { copyJson, jsonMergePatch, jsonPatch, PatchRefused, strategicMergePatch } from "../apply/index.ts";
import { asObject, requestBody } from "../requestBody.ts";
import { badRequest, invalid, StatusError, unsupportedMediaType } from "../StatusError.ts";
import type { Stored } from "../store/Store.ts";
import { shownAs } from "../shownAs.ts";
import { type Write, liveOf, requirePlace, refuseWith, decodeAs } from "./Write.ts";
import { update } from "./update.ts";
import { applyPatch } from "./applyPatch.ts";

/** `PATCH`, of any of the four types. */
export async function patch(write: Write): Promise<ApiResponse> {
  const { context, kind, request } = write;
  const type = (request.headers["content-type"] ?? "").split(";")[0]?.trim();
  try {
    if (type === "application/apply-patch+yaml" || type === "application/apply-patch+cbor")
      return await applyPatch(write);
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
          ? strategicMergePatch(from, asPatch(value ?? {}), kind.schema)
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
