import { apiVersionOf } from "../../../kube/KindInfo.ts";
import type { ApiResponse } from "../ApiRequest.ts";
import type { KindRequest } from "../KindRequest.ts";
import { shownAs } from "../shownAs.ts";
import { badRequest, expired, type StatusError } from "../StatusError.ts";
import { numberOf } from "../writeOptions.ts";
import { continueToken, continueTooOld, readContinue } from "./continueToken.ts";
import { itemAs, jsonHeaders } from "./encode.ts";
import { requireListOptions } from "./requireListOptions.ts";
import { requestedRevision } from "./requestedRevision.ts";
import { selected } from "./selected.ts";
import { formOf, partialMetadata, tableOf } from "./tables.ts";

const tooOld = (wanted: number, current: number): StatusError =>
  expired(`The provided resource version is too old: ${wanted} (${current})`);

/** `GET` of a collection: all of one moment, or a page of it. */
export function list(asked: KindRequest): ApiResponse {
  const { context, kind, info, request } = asked;
  const { query } = request;
  const form = formOf(request, "list", kind);
  const test = selected(asked);
  const limit = numberOf(query, "limit") ?? 0;
  const token = query.get("continue");
  numberOf(query, "timeoutSeconds");
  const wanted = requestedRevision(context, query.get("resourceVersion"), true);
  requireListOptions(query, false);
  const match = query.get("resourceVersionMatch");
  if (token && wanted !== undefined)
    throw badRequest("specifying resource version is not allowed when using continue");
  const from = token ? readContinue(token) : undefined;
  // A page of a named moment is of that very moment, unless it may be newer.
  const exact = match === "Exact" || (match === null && limit > 0) ? wanted : undefined;
  const newest = context.store.revision;
  const revision = from !== undefined && from.revision < 0 ? newest : (from?.revision ?? exact ?? newest);
  // A token names its object as the list does: without the namespace, where one is listed.
  const prefix = info.namespace !== undefined || !kind.namespaced ? `${info.namespace ?? ""}/` : "";
  const then =
    revision === context.store.revision
      ? context.store.list(kind.collection, info.namespace)
      : context.store.listAt(kind.collection, revision, info.namespace);
  if (then === undefined)
    throw from === undefined ? tooOld(revision, context.store.revision) : continueTooOld(from);
  const all = from === undefined ? then : then.filter(({ key }) => key >= `${prefix}${from.start}`);
  const matching = test === undefined ? all : all.filter((stored) => test(stored.object));
  const shown = limit > 0 && matching.length > limit ? matching.slice(0, limit) : matching;
  const metadata: Record<string, unknown> = { resourceVersion: String(revision) };
  // Whether what follows matches is not looked at; but by its name there is one at most.
  const oneAtMost = /(?:^|,)metadata\.name==?[^,]/.test(query.get("fieldSelector") ?? "");
  if (
    !oneAtMost &&
    (shown.length < matching.length || (limit > 0 && shown.length === limit && shown.at(-1) !== all.at(-1)))
  ) {
    metadata["continue"] = continueToken(revision, shown.at(-1)?.key.slice(prefix.length) ?? "");
    if (test === undefined) metadata["remainingItemCount"] = matching.length - shown.length;
  }
  if (form === "table") {
    const objects = shown.map((stored) => shownAs(stored, kind));
    const table = tableOf({
      kind,
      objects,
      includeObject: query.get("includeObject"),
      metadata,
      now: context.clock.now(),
    });
    return { status: 200, headers: jsonHeaders, body: JSON.stringify(table) };
  }
  const head =
    form === "metadata"
      ? `"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1"`
      : `"kind":"${kind.kind}List","apiVersion":"${apiVersionOf(kind)}"`;
  const items = shown.map((stored) =>
    form === "metadata" ? JSON.stringify(partialMetadata(stored.object)) : itemAs(stored, kind),
  );
  // Lists of custom objects are untyped inside a real server, where the field is always written.
  if (kind.custom !== undefined) metadata["continue"] ??= "";
  return {
    status: 200,
    headers: jsonHeaders,
    body: `{${head},"metadata":${JSON.stringify(metadata)},"items":[${items.join(",")}]}`,
  };
}
