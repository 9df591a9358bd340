import { apiVersionOf } from "../../kube/KindInfo.ts";
import type { ApiRequest, ApiResponse } from "./ApiRequest.ts";
import type { RequestInfo } from "./requestInfo.ts";
import { bothTests, fieldTest, labelTest } from "./selectors.ts";
import type { ServedKind } from "./ServedKind.ts";
import type { ServerContext } from "./ServerContext.ts";
import { badRequest, notFound } from "./StatusError.ts";
import { keyOf, type Stored } from "./store/Store.ts";
import { watchLines } from "./watch.ts";

const json = { "content-type": "application/json" };

/** An object as a version of its kind shows it: with None conversion only the apiVersion differs. */
export function jsonAs(stored: Stored, kind: ServedKind): string {
  const apiVersion = apiVersionOf(kind);
  return stored.object.apiVersion === apiVersion
    ? stored.json
    : JSON.stringify({ ...stored.object, apiVersion });
}

export function get(context: ServerContext, kind: ServedKind, info: RequestInfo): ApiResponse {
  const stored = context.store.get(kind.collection, keyOf(info.namespace, info.name ?? ""));
  if (stored === undefined) throw notFound(kind, info.name ?? "");
  return { status: 200, headers: json, body: jsonAs(stored, kind) };
}

export function list(
  context: ServerContext,
  kind: ServedKind,
  info: RequestInfo,
  request: ApiRequest,
): ApiResponse {
  const { query } = request;
  const test = bothTests(labelTest(query.get("labelSelector")), fieldTest(query.get("fieldSelector"), kind));
  const all = context.store.list(kind.collection, info.namespace);
  const found = test === undefined ? all : all.filter((stored) => test(stored.object));
  const items = found.map((stored) => jsonAs(stored, kind)).join(",");
  const metadata = JSON.stringify({ resourceVersion: String(context.store.revision) });
  const body = `{"kind":"${kind.kind}List","apiVersion":"${apiVersionOf(kind)}","metadata":${metadata},"items":[${items}]}`;
  return { status: 200, headers: json, body };
}

export function watch(
  context: ServerContext,
  kind: ServedKind,
  info: RequestInfo,
  request: ApiRequest,
): ApiResponse {
  const { query } = request;
  const test = bothTests(labelTest(query.get("labelSelector")), fieldTest(query.get("fieldSelector"), kind));
  const version = query.get("resourceVersion") ?? "";
  if (!/^\d*$/.test(version))
    throw badRequest(`Invalid value: ${JSON.stringify(version)}: strconv.ParseUint: parsing`);
  const initial = query.get("sendInitialEvents") === "true";
  const apiVersion = apiVersionOf(kind);
  const over = new AbortController();
  const timeout = Number(query.get("timeoutSeconds") ?? 0) || 1800 + context.random() * 1800;
  const signal = AbortSignal.any([
    over.signal,
    context.stopping,
    ...(request.signal === undefined ? [] : [request.signal]),
  ]);
  void context.clock.sleep(timeout * 1000, signal).then(() => over.abort());
  const body = watchLines({
    store: context.store,
    collection: kind.collection,
    namespace: info.namespace,
    test,
    from: version === "" || version === "0" || initial ? undefined : Number(version),
    markInitialEnd: initial,
    encode: (stored) => jsonAs(stored, kind),
    bookmark: (revision, initialEnd) =>
      JSON.stringify({
        kind: kind.kind,
        apiVersion,
        metadata: {
          resourceVersion: String(revision),
          creationTimestamp: null,
          ...(initialEnd ? { annotations: { "k8s.io/initial-events-end": "true" } } : {}),
        },
      }),
    signal,
  });
  return { status: 200, headers: json, body };
}
