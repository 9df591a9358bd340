import { apiVersionOf } from "../../../kube/KindInfo.ts";
import type { KubeObject } from "../../../contract/index.ts";
import { timeOf } from "../../Clock.ts";
import type { ApiRequest, ApiResponse } from "../ApiRequest.ts";
import { applyServerSide, conflictStatus, copyJson } from "../apply/index.ts";
import { applyBody, asObject } from "../requestBody.ts";
import { shownAs } from "../shownAs.ts";
import { badRequest, conflict, notFound, objectModified, StatusError } from "../StatusError.ts";
import { keyOf } from "../store/Store.ts";
import { type Write, requirePlace, decodeAs } from "./Write.ts";
import { createObject } from "./create.ts";
import { update } from "./update.ts";

/** Server-side apply: creates what isn't there. */
export async function applyPatch(write: Write): Promise<ApiResponse> {
  const { context, kind, info, request, options } = write;
  requireManager(request);
  const doubled: string[] = [];
  const body = await applyBody(request, doubled);
  requireKind(body, kind);
  const config = asObject(body, kind);
  requirePlace(write, config);
  const stored = context.store.get(kind.collection, keyOf(info.namespace, info.name ?? ""));
  // As in a real server, what an update may create is created through its status too.
  if (stored === undefined && info.subresource !== undefined && !kind.strategy.allowCreateOnUpdate)
    throw notFound(kind, info.name ?? "");
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
    ...(kind.custom === undefined ? {} : { versions: kind.custom.versions }),
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
  try {
    decodeAs(write, next, {}, "Ignore");
  } catch (error) {
    throw notConverted(error, config);
  }
  if (stored === undefined) {
    delete next.metadata.resourceVersion;
    return createObject(write, next, true);
  }
  return update(write, stored, next, true);
}

/** Unlike other writes, an apply has to say who applies. */
export function requireManager({ query }: ApiRequest): void {
  if ((query.get("fieldManager") ?? "") !== "") return;
  const message = "Required value: is required for apply patch";
  throw new StatusError(422, "Invalid", `PatchOptions.meta.k8s.io "" is invalid: fieldManager: ${message}`, {
    group: "meta.k8s.io",
    kind: "PatchOptions",
    causes: [{ reason: "FieldValueRequired", message, field: "fieldManager" }],
  });
}

/** And what it applies. */
export function requireKind(body: unknown, kind: { group: string; version: string; kind: string }): void {
  const { apiVersion, kind: named } = (body ?? {}) as Partial<Record<"apiVersion" | "kind", unknown>>;
  if (apiVersion === apiVersionOf(kind) && named === kind.kind) return;
  const version = typeof apiVersion === "string" ? apiVersion : "";
  throw badRequest(
    `invalid object type: ${version.includes("/") ? "" : "/"}${version}, Kind=${typeof named === "string" ? named : ""}`,
  );
}

/** What fits the schema and still is no value of its type (base64, quantities, times): unlike in other writes, a failure of the server. */
function notConverted(error: unknown, { apiVersion, kind, metadata }: KubeObject): StatusError {
  const why = (error as StatusError).message.replace(/^.* cannot be handled as a \w+: /, "");
  const of = `${apiVersion.includes("/") ? "" : "/"}${apiVersion}, Kind=${kind}`;
  return new StatusError(
    500,
    "",
    `failed to convert new object (${metadata.namespace ?? ""}/${metadata.name ?? ""}; ${of}) to proper version: unable to convert unstructured object to ${of}: ${why.startsWith("illegal base64") ? "error decoding from json: " : ""}${why}`,
  );
}
