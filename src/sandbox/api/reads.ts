import { apiVersionOf } from "../../kube/KindInfo.ts";
import type { ApiRequest, ApiResponse } from "./ApiRequest.ts";
import { requireListOptions } from "./listOptions.ts";
import type { RequestInfo } from "./requestInfo.ts";
import { bothTests, fieldTest, labelTest, type ObjectTest } from "./selectors.ts";
import type { ServedKind } from "./ServedKind.ts";
import { shownAs } from "./shownAs.ts";
import type { ServerContext } from "./ServerContext.ts";
import { badRequest, expired, notFound, StatusError } from "./StatusError.ts";
import { keyOf, type Stored } from "./store/Store.ts";
import { formOf, partialMetadata, tableOf, type Form } from "./tables.ts";
import { watchLines } from "./watch.ts";
import { numberOf } from "./writeOptions.ts";
import type { Write } from "./writes/Write.ts";

const json = { "content-type": "application/json" };

/** An object as a version of its kind shows it. */
function jsonAs(stored: Stored, kind: ServedKind): string {
  const shown = shownAs(stored, kind);
  return shown === stored.object ? stored.json : JSON.stringify(shown);
}

/** As an item of a list: built-in kinds leave out there what the list says. */
export function itemAs(stored: Stored, kind: ServedKind): string {
  if (kind.custom !== undefined) return jsonAs(stored, kind);
  // Most were stored with both in front, and need not be written again.
  const head =
    kind.fromStored !== undefined
      ? undefined
      : /^\{(?:"kind":"[^"]*",?|"apiVersion":"[^"]*",?){2}/.exec(stored.json)?.[0];
  if (head !== undefined) return `{${stored.json.slice(head.length)}`;
  const { kind: _kind, apiVersion: _apiVersion, ...item } = shownAs(stored, kind);
  return JSON.stringify(item);
}

/** One object in the form that the client wants. */
function encode(
  context: ServerContext,
  kind: ServedKind,
  request: ApiRequest,
  form: Form,
  stored: Stored,
  withColumns = true,
): string {
  if (form === "object") return jsonAs(stored, kind);
  if (form === "metadata") return JSON.stringify(partialMetadata(stored.object));
  return JSON.stringify(
    tableOf({
      kind,
      objects: [shownAs(stored, kind)],
      includeObject: request.query.get("includeObject"),
      withColumns,
      metadata: { resourceVersion: stored.object.metadata.resourceVersion },
      now: context.clock.now(),
    }),
  );
}

/** The answer to a write: the object, and the warnings that were found on the way. */
export function answer(
  { context, kind, request, warnings }: Write,
  status: number,
  stored: Stored,
): ApiResponse {
  return {
    status,
    headers: json,
    body: encode(context, kind, request, formOf(request), stored),
    ...(warnings.length > 0 ? { warnings: warnings.map((text) => `299 - ${JSON.stringify(text)}`) } : {}),
  };
}

export function get(
  context: ServerContext,
  kind: ServedKind,
  info: RequestInfo,
  request: ApiRequest,
): ApiResponse {
  notOlderThan(context, request.query.get("resourceVersion"));
  const stored = context.store.get(kind.collection, keyOf(info.namespace, info.name ?? ""));
  if (stored === undefined) throw notFound(kind, info.name ?? "");
  return {
    status: 200,
    headers: json,
    body: encode(context, kind, request, formOf(request, "object", kind), stored),
  };
}

/** Which objects a request is about. */
export function selected({ query }: ApiRequest, kind: ServedKind, info: RequestInfo): ObjectTest | undefined {
  const named = info.name === undefined ? null : `metadata.name=${info.name}`;
  const fields = [query.get("fieldSelector"), named].filter((part) => part !== null && part !== "").join(",");
  const test = fieldTest(fields, kind, kind.custom?.selectableFields);
  // Fields are named as they are shown.
  const { fromStored } = kind;
  return bothTests(
    labelTest(query.get("labelSelector")),
    test === undefined || fromStored === undefined ? test : (object) => test(fromStored(object)),
  );
}

/** A future revision is refused, so that a client that saw more than we know does not go back in time. */
function notOlderThan(context: ServerContext, version: string | null, listed = false): number | undefined {
  if (version === null || version === "" || version === "0") return undefined;
  const readable = /^\d+$/.test(version);
  if (!readable || BigInt.asUintN(64, BigInt(version)) !== BigInt(version)) {
    const quoted = JSON.stringify(version);
    const why = readable ? "value out of range" : "invalid syntax";
    const message = `resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: ${why}`;
    // Only lists tell it from a failure of the storage.
    throw listed ? badRequest(`invalid resource version: ${message}`) : new StatusError(500, "", message);
  }
  const wanted = Number(version);
  if (wanted > context.store.revision) {
    throw new StatusError(
      504,
      "Timeout",
      `Timeout: Too large resource version: ${wanted}, current: ${context.store.revision}`,
      {
        causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
        retryAfterSeconds: 1,
      },
      { "retry-after": "1" },
    );
  }
  return wanted;
}

const tooOld = (wanted: number, current: number): StatusError =>
  expired(`The provided resource version is too old: ${wanted} (${current})`);

/** The answer holds a token with which the client can go on, knowing that it sees two moments. */
function continueTooOld({ start }: Continue): StatusError {
  const error = expired(
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
  );
  error.status.metadata["continue"] = continueToken(-1, start.replace(/\0$/, ""));
  return error;
}

/** Source: k8s.io/apiserver/pkg/storage/continue.go. */
const continueToken = (revision: number, after: string): string =>
  Buffer.from(JSON.stringify({ v: tokenVersion, rv: revision, start: `${after}\0` })).toString("base64url");

const tokenVersion = "meta.k8s.io/v1";

interface Continue {
  /** Below 0: whichever is newest. */
  readonly revision: number;
  /** Without the namespace that is listed. */
  readonly start: string;
}

function readContinue(token: string): Continue {
  const refuse = (why: string): never => {
    throw badRequest(`invalid continue token: continue key is not valid: ${why}`);
  };
  let value: { v?: unknown; rv?: unknown; start?: unknown } | null;
  try {
    value = JSON.parse(Buffer.from(token, "base64url").toString()) as typeof value;
  } catch (error) {
    return refuse((error as Error).message);
  }
  const { v = "", rv = 0, start = "" } = value ?? {};
  if (typeof v !== "string" || typeof rv !== "number" || typeof start !== "string")
    return refuse("json: cannot unmarshal");
  if (v !== tokenVersion) return refuse(`server does not recognize this encoded version ${v}`);
  if (rv === 0) return refuse(`incorrect encoded start resourceVersion (version ${v})`);
  if (start === "") return refuse(`encoded start key empty (version ${v})`);
  if (start.split("/").some((part, i) => part === "." || part === ".." || (part === "" && i > 0)))
    return refuse(start);
  return { revision: rv, start: start.replace(/^\//, "") };
}

export function list(
  context: ServerContext,
  kind: ServedKind,
  info: RequestInfo,
  request: ApiRequest,
): ApiResponse {
  const { query } = request;
  const form = formOf(request, "list", kind);
  const test = selected(request, kind, info);
  const limit = numberOf(query, "limit") ?? 0;
  const token = query.get("continue");
  numberOf(query, "timeoutSeconds");
  const wanted = notOlderThan(context, query.get("resourceVersion"), true);
  requireListOptions(query, false);
  const match = query.get("resourceVersionMatch");
  if (token && wanted !== undefined)
    throw badRequest("specifying resource version is not allowed when using continue");
  const from = token ? readContinue(token) : undefined;
  const exact = match === "Exact" ? wanted : undefined;
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
  // Whether what follows matches is not looked at.
  if (
    shown.length < matching.length ||
    (limit > 0 && shown.length === limit && shown.at(-1) !== all.at(-1))
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
    return { status: 200, headers: json, body: JSON.stringify(table) };
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
    headers: json,
    body: `{${head},"metadata":${JSON.stringify(metadata)},"items":[${items.join(",")}]}`,
  };
}

export function watch(
  context: ServerContext,
  kind: ServedKind,
  info: RequestInfo,
  request: ApiRequest,
): ApiResponse {
  const { query } = request;
  const form = formOf(request);
  const test = selected(request, kind, info);
  const version = query.get("resourceVersion") ?? "";
  const initial = query.get("sendInitialEvents") === "true";
  requireListOptions(query, true);
  // Without initial events a watch begins with what comes next.
  const from =
    notOlderThan(context, version) ??
    (query.get("sendInitialEvents") === "false" ? context.store.revision : undefined);
  const apiVersion = apiVersionOf(kind);
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
    encode: (stored, first) => encode(context, kind, request, form, stored, first),
    bookmark: (revision, initialEnd) => {
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
      return JSON.stringify({ kind: kind.kind, apiVersion, metadata });
    },
    signal,
    onOverflow: () => abandoned.abort(),
    ...(marks ? { bookmarks: everyMinute(context, signal) } : {}),
  });
  return {
    status: 200,
    headers: { ...json, "transfer-encoding": "chunked" },
    body,
    abandoned: abandoned.signal,
  };
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
