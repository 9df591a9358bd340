import type { ApiResponse } from "../ApiRequest.ts";
import type { KindRequest } from "../KindRequest.ts";
import { notFound } from "../StatusError.ts";
import { keyOf } from "../store/Store.ts";
import { encode, jsonHeaders } from "./encode.ts";
import { requestedRevision } from "./requestedRevision.ts";
import { formOf } from "./tables.ts";

/** `GET` of one object. */
export function get(asked: KindRequest): ApiResponse {
  const { context, kind, info, request } = asked;
  requestedRevision(context, request.query.get("resourceVersion"));
  const stored = context.store.get(kind.collection, keyOf(info.namespace, info.name ?? ""));
  if (stored === undefined) throw notFound(kind, info.name ?? "");
  return {
    status: 200,
    headers: jsonHeaders,
    body: encode(asked, formOf(request, "object", kind), stored),
  };
}
