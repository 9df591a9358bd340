import { apiVersionOf } from "../../../kube/KindInfo.ts";
import type { ApiResponse } from "../ApiRequest.ts";
import type { KindRequest } from "../KindRequest.ts";
import type { ServedKind } from "../ServedKind.ts";
import type { ServerContext } from "../ServerContext.ts";
import { numberOf } from "../writeOptions.ts";
import { encode, jsonHeaders } from "./encode.ts";
import { requireListOptions } from "./requireListOptions.ts";
import { requestedRevision } from "./requestedRevision.ts";
import { selected } from "./selected.ts";
import { formOf, type Form } from "./tables.ts";
import { watchLines } from "./watchLines.ts";

/** A watch of a collection, or of what is selected of it. Half an hour to an hour long unless the client says. */
export function watch(asked: KindRequest): ApiResponse {
  const { context, kind, info, request } = asked;
  const { query } = request;
  const form = formOf(request);
  const test = selected(asked);
  const version = query.get("resourceVersion") ?? "";
  const initial = query.get("sendInitialEvents") === "true";
  requireListOptions(query, true);
  // Without initial events a watch begins with what comes next.
  const from =
    requestedRevision(context, version) ??
    (query.get("sendInitialEvents") === "false" ? context.store.revision : undefined);
  const over = new AbortController();
  const abandoned = new AbortController();
  const timeout = (numberOf(query, "timeoutSeconds") ?? 0) || 1800 + context.random() * 1800;
  const signal = AbortSignal.any([
    over.signal,
    context.stopping,
    ...(kind.custom === undefined ? [] : [kind.custom.replaced.signal]),
    ...(request.signal === undefined ? [] : [request.signal]),
  ]);
  // An aborted sleep is a watch that ended for another reason.
  context.clock.sleep(timeout * 1000, signal).then(
    () => over.abort(),
    () => {},
  );
  const marks = query.get("allowWatchBookmarks") === "true" || query.get("allowWatchBookmarks") === "1";
  const body = watchLines({
    store: context.store,
    collection: kind.collection,
    namespace: info.namespace,
    test,
    from: initial ? undefined : from,
    markInitialEnd: initial && marks,
    encode: (stored, first) => encode(asked, form, stored, first),
    bookmark: (revision, initialEnd) => bookmark(kind, form, revision, initialEnd),
    signal,
    onOverflow: () => abandoned.abort(),
    ...(marks ? { bookmarks: everyMinute(context, signal) } : {}),
  });
  return {
    status: 200,
    headers: { ...jsonHeaders, "transfer-encoding": "chunked" },
    body,
    abandoned: abandoned.signal,
  };
}

/** An object that carries nothing but a revision. */
function bookmark(kind: ServedKind, form: Form, revision: number, initialEnd: boolean): string {
  const metadata = {
    resourceVersion: String(revision),
    ...(initialEnd ? { annotations: { "k8s.io/initial-events-end": "true" } } : {}),
  };
  if (form === "table")
    return JSON.stringify({
      kind: "Table",
      apiVersion: "meta.k8s.io/v1",
      metadata: { resourceVersion: String(revision) },
      columnDefinitions: [],
      rows: [
        { cells: [], object: { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata } },
      ],
    });
  if (form === "metadata")
    return JSON.stringify({ kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata });
  return JSON.stringify({ kind: kind.kind, apiVersion: apiVersionOf(kind), metadata });
}

const everyMinute =
  ({ clock }: ServerContext, signal: AbortSignal) =>
  (due: () => void): (() => void) => {
    let stopped = false;
    void (async () => {
      // An aborted sleep is the end of the watch.
      while (
        await clock.sleep(60_000, signal).then(
          () => !stopped,
          () => false,
        )
      )
        due();
    })();
    return () => {
      stopped = true;
    };
  };
