/** What a path under `/api` or `/apis` names. */
export interface RequestInfo {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
  /** What follows a subresource: `/proxy/REST`. */
  readonly rest?: string;
  /** The deprecated `/api/v1/watch/...`. */
  readonly watch: boolean;
}

const namespaceSubresources = new Set(["status", "finalize"]);

/**
 * Takes a path apart; undefined when it names no collection (discovery, health, unknown).
 * Source: k8s.io/apiserver/pkg/endpoints/request/requestinfo.go.
 */
export function requestInfoOf(path: string): RequestInfo | undefined {
  let parts: string[];
  try {
    // An escaped slash is one, as in a real server.
    parts = (path.includes("%") ? decodeURIComponent(path) : path).split("/").slice(1);
    while (parts.at(-1) === "") parts.pop();
    const empty = parts.indexOf("");
    // `namespaces//` is none: all of them.
    if (empty >= 0 && parts[empty - 1] === "namespaces" && parts.length > empty + 1)
      parts.splice(empty - 1, 2);
    if (parts.includes("")) return undefined;
  } catch {
    return undefined;
  }
  let group = "";
  let at: number;
  if (parts[0] === "api") at = 1;
  else if (parts[0] === "apis" && parts.length > 2) {
    group = parts[1] ?? "";
    at = 2;
  } else return undefined;
  const version = parts[at];
  let rest = parts.slice(at + 1);
  const watch = rest[0] === "watch";
  if (watch) rest = rest.slice(1);
  if (version === undefined || rest.length === 0) return undefined;

  let namespace: string | undefined;
  if (rest[0] === "namespaces" && rest.length > 2 && !namespaceSubresources.has(rest[2] ?? "")) {
    namespace = rest[1];
    rest = rest.slice(2);
  }
  const [plural = "", name, subresource, ...more] = rest;
  return {
    group,
    version,
    plural,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
    ...(more.length === 0 ? {} : { rest: more.join("/") }),
    watch,
  };
}
