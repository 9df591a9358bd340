import type { KubeObject } from "../contract/index.ts";
import { parseDuration } from "./duration.ts";
import { canonicalRulePath, compiles, problem, sourceOf, type ParsedRules } from "./parsedRules.ts";
import type {
  Backend,
  HeaderChanges,
  PathChange,
  PathMatch,
  Redirect,
  Rewrite,
  RouteRule,
  ValueMatch,
} from "./RouteTable.ts";

interface NamedValue {
  name: string;
  value: string;
}
interface HttpRouteMatch {
  path?: { type?: string; value?: string };
  method?: string;
  headers?: (NamedValue & { type?: string })[];
  queryParams?: (NamedValue & { type?: string })[];
}
interface HeaderFilter {
  set?: NamedValue[];
  add?: NamedValue[];
  remove?: string[];
}
interface PathModifier {
  type: string;
  replaceFullPath?: string;
  replacePrefixMatch?: string;
}
interface HttpRouteFilter {
  type: string;
  requestHeaderModifier?: HeaderFilter;
  responseHeaderModifier?: HeaderFilter;
  requestRedirect?: {
    scheme?: string;
    hostname?: string;
    port?: number;
    statusCode?: number;
    path?: PathModifier;
  };
  urlRewrite?: { hostname?: string; path?: PathModifier };
}
interface HttpRouteRule {
  matches?: HttpRouteMatch[];
  filters?: HttpRouteFilter[];
  backendRefs?: {
    group?: string;
    kind?: string;
    name: string;
    namespace?: string;
    port?: number;
    weight?: number;
  }[];
  timeouts?: { request?: string; backendRequest?: string };
}

/** Rules of a gateway.networking.k8s.io/v1 HTTPRoute. A rule with something that is not understood is left out and reported, never half obeyed. */
export function rulesOfHttpRoute(object: KubeObject): ParsedRules {
  const spec = (object["spec"] ?? {}) as { hostnames?: string[]; rules?: HttpRouteRule[] };
  const parsed: ParsedRules = { rules: [], problems: [] };
  const hosts = spec.hostnames?.length ? spec.hostnames : [""];
  for (const [ruleIndex, rule] of (spec.rules ?? [{}]).entries()) {
    const at = `spec.rules[${ruleIndex}]`;
    const outcome = outcomeOf(rule, object, at, parsed);
    if (outcome === undefined) continue;
    const matches = rule.matches?.length ? rule.matches : [{}];
    for (const [matchIndex, entry] of matches.entries()) {
      const conditions = conditionsOf(entry, object, `${at}.matches[${matchIndex}]`, parsed);
      if (conditions === undefined) continue;
      for (const host of hosts)
        parsed.rules.push({
          source: sourceOf("HTTPRoute", object, ruleIndex, matchIndex),
          host: host.toLowerCase(),
          wildcardManyLabels: true,
          ...conditions,
          ...outcome,
        });
    }
  }
  return parsed;
}

type Conditions = Pick<RouteRule, "path" | "method" | "headers" | "query">;

function conditionsOf(
  entry: HttpRouteMatch,
  object: KubeObject,
  at: string,
  parsed: ParsedRules,
): Conditions | undefined {
  const path = pathMatchOf(entry.path, object, at, parsed);
  const headers = (entry.headers ?? []).map((header) =>
    valueMatchOf({ ...header, name: header.name.toLowerCase() }),
  );
  const query = (entry.queryParams ?? []).map(valueMatchOf);
  for (const wanted of [...headers, ...query])
    if (wanted.type === "RegularExpression" && !compiles(wanted.value)) {
      problem(object, at, `not a regular expression: ${wanted.value}`, parsed);
      return undefined;
    }
  if (path === undefined) return undefined;
  // "If multiple entries specify equivalent header names, only the first entry MUST be considered."
  return { path, method: entry.method, headers: firstOfEach(headers), query: firstOfEach(query) };
}

function pathMatchOf(
  path: HttpRouteMatch["path"],
  object: KubeObject,
  at: string,
  parsed: ParsedRules,
): PathMatch | undefined {
  if (path?.type === "RegularExpression") {
    const value = path.value ?? "/";
    if (compiles(value)) return { type: "RegularExpression", value };
    problem(object, `${at}.path.value`, `not a regular expression: ${value}`, parsed);
    return undefined;
  }
  const value = canonicalRulePath(path?.value, object, at, parsed);
  if (value === undefined) return undefined;
  return { type: path?.type === "Exact" ? "Exact" : "Prefix", value };
}

const valueMatchOf = (entry: NamedValue & { type?: string }): ValueMatch => ({
  name: entry.name,
  type: entry.type === "RegularExpression" ? "RegularExpression" : "Exact",
  value: entry.value,
});

const firstOfEach = (list: readonly ValueMatch[]): ValueMatch[] =>
  list.filter((entry, index) => list.findIndex((other) => other.name === entry.name) === index);

type Outcome = Pick<
  RouteRule,
  "redirect" | "rewrite" | "requestHeaders" | "responseHeaders" | "timeout" | "backends"
>;

function outcomeOf(
  rule: HttpRouteRule,
  object: KubeObject,
  at: string,
  parsed: ParsedRules,
): Outcome | undefined {
  let redirect: Redirect | undefined;
  let rewrite: Rewrite | undefined;
  let requestHeaders: HeaderChanges | undefined;
  let responseHeaders: HeaderChanges | undefined;
  for (const [index, filter] of (rule.filters ?? []).entries()) {
    if (filter.type === "RequestRedirect" && filter.requestRedirect) {
      const { scheme, hostname, port, statusCode, path } = filter.requestRedirect;
      redirect = { scheme, hostname, port, status: statusCode ?? 302, path: pathChangeOf(path) };
    } else if (filter.type === "URLRewrite" && filter.urlRewrite)
      rewrite = { hostname: filter.urlRewrite.hostname, path: pathChangeOf(filter.urlRewrite.path) };
    else if (filter.type === "RequestHeaderModifier")
      requestHeaders = headerChangesOf(filter.requestHeaderModifier);
    else if (filter.type === "ResponseHeaderModifier")
      responseHeaders = headerChangesOf(filter.responseHeaderModifier);
    else {
      problem(object, `${at}.filters[${index}]`, `the filter ${filter.type} is not supported`, parsed);
      return undefined;
    }
  }
  return {
    redirect,
    rewrite,
    requestHeaders,
    responseHeaders,
    timeout: parseDuration(rule.timeouts?.request) ?? parseDuration(rule.timeouts?.backendRequest),
    backends: (rule.backendRefs ?? []).flatMap((backend): Backend[] =>
      (backend.kind ?? "Service") === "Service" && (backend.group ?? "") === ""
        ? [
            {
              namespace: backend.namespace ?? object.metadata.namespace ?? "default",
              service: backend.name,
              port: backend.port === undefined ? "only" : { number: backend.port },
              weight: backend.weight ?? 1,
            },
          ]
        : [],
    ),
  };
}

function pathChangeOf(path: PathModifier | undefined): PathChange | undefined {
  if (path?.type === "ReplaceFullPath") return { type: "ReplaceFullPath", value: path.replaceFullPath ?? "" };
  if (path?.type === "ReplacePrefixMatch")
    return { type: "ReplacePrefixMatch", value: path.replacePrefixMatch ?? "" };
  return undefined;
}

function headerChangesOf(filter: HeaderFilter | undefined): HeaderChanges {
  return {
    set: withLowerNames(filter?.set),
    add: withLowerNames(filter?.add),
    remove: (filter?.remove ?? []).map((name) => name.toLowerCase()),
  };
}

const withLowerNames = (entries: NamedValue[] | undefined): NamedValue[] =>
  (entries ?? []).map(({ name, value }) => ({ name: name.toLowerCase(), value }));
