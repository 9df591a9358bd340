/** A few requests that both servers get, in their order. */
export interface ParityCase {
  /** A sentence; unique. */
  readonly title: string;
  readonly steps: readonly Step[];
  /** Whether the controllers that finish deletions (garbage collector, namespaces) have to run. */
  readonly controllers?: boolean;
}

/**
 * One request. In every text, `{ns}` stands for the case's namespace and `<2.metadata.uid>` for a field of the answer to the third
 * request, as that server gave it.
 */
export interface Step {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string goes out as it is, anything else as JSON. */
  readonly body?: unknown;
  /** Starts from the body of the answer to that request: `body` is merged into it (RFC 7386). */
  readonly from?: number;
  /** Repeats the request until the parsed answer is this; the last answer counts. */
  readonly until?: (status: number, body: unknown, warnings: string) => boolean;
  /** Watches from here on; read, once all requests are done, until an event of this type and name: `DELETED b`. */
  readonly watchUntil?: string;
  /** What of the body is compared; all of it, when left out. */
  readonly view?: (body: unknown) => unknown;
  /** Sends the body as protobuf; the real server is asked for that form of it. */
  readonly protobuf?: boolean;
}

type Query = Step["query"];

export const get = (path: string, query?: Query, headers?: Step["headers"]): Step => ({
  method: "GET",
  path,
  query,
  headers,
});
export const post = (path: string, body: unknown, query?: Query): Step => ({
  method: "POST",
  path,
  body,
  query,
});
export const put = (path: string, body: unknown, query?: Query): Step => ({
  method: "PUT",
  path,
  body,
  query,
});
export const remove = (path: string, body?: unknown, query?: Query): Step => ({
  method: "DELETE",
  path,
  body,
  query,
});

/** PUT of the answer to an earlier request, changed. */
export const replaceFrom = (from: number, path: string, change: unknown, query?: Query): Step => ({
  method: "PUT",
  path,
  body: change,
  from,
  query,
});

const patchOf =
  (type: string) =>
  (path: string, body: unknown, query?: Query): Step => ({
    method: "PATCH",
    path,
    body,
    query,
    headers: { "content-type": type },
  });

export const patchJson = patchOf("application/json-patch+json");
export const patchMerge = patchOf("application/merge-patch+json");
export const patchStrategic = patchOf("application/strategic-merge-patch+json");

/** Server-side apply by a manager. */
export const apply = (manager: string, path: string, body: unknown, query?: Query): Step =>
  patchOf("application/apply-patch+yaml")(path, body, { fieldManager: manager, ...query });

export const forceApply = (manager: string, path: string, body: unknown, query?: Query): Step =>
  apply(manager, path, body, { ...query, force: true });

/** Watches until an event `TYPE NAME`; BOOKMARK has no name. */
export const watch = (until: string, path: string, query?: Query, headers?: Step["headers"]): Step => ({
  method: "GET",
  path,
  query: { ...query, watch: true },
  headers,
  watchUntil: until,
});

/** Where the wording is that of Go's parser: status, reason and the fields of a refusal are compared, its messages aren't. */
export const withoutWords = (step: Step): Step => ({ ...step, view: (body) => stripped(body) });

const stripped = (value: unknown): unknown =>
  typeof value !== "object" || value === null
    ? value
    : Array.isArray(value)
      ? value.map(stripped)
      : Object.fromEntries(
          Object.entries(value)
            .filter(([name]) => name !== "message")
            .map(([name, inner]) => [name, stripped(inner)]),
        );
