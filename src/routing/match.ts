import { hasPathPrefix } from "./canonicalPath.ts";
import { changePath } from "./changePath.ts";
import { hostMatches } from "./canonicalHost.ts";
import type { PathMatch, Redirect, RouteRule, RouteTable, ValueMatch } from "./RouteTable.ts";

export interface RoutedRequest {
  /** From `canonicalHost`. */
  readonly host: string;
  /** From `canonicalPath`. */
  readonly path: string;
  readonly method: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly query: URLSearchParams;
}

export interface RouteMatch {
  readonly rule: RouteRule;
  /** What to forward. */
  readonly path: string;
  /** Host to forward, when the rule rewrites it. */
  readonly host?: string;
}

/** The rule that a request meets, or `undefined`. */
export function match(table: RouteTable, request: RoutedRequest): RouteMatch | undefined {
  const rule = table.rules.find((candidate) => ruleMatches(candidate, request));
  if (rule === undefined) return undefined;
  return {
    rule,
    path: changePath(request.path, rule.path, rule.rewrite?.path),
    host: rule.rewrite?.hostname,
  };
}

/** Whether any rule names this host (rules for any host do not count). */
export const knowsHost = (table: RouteTable, host: string): boolean =>
  table.rules.some((rule) => rule.host !== "" && hostMatches(host, rule.host, rule.wildcardManyLabels));

function ruleMatches(rule: RouteRule, request: RoutedRequest): boolean {
  return (
    hostMatches(request.host, rule.host, rule.wildcardManyLabels) &&
    pathMatches(rule.path, request.path) &&
    (rule.method === undefined || rule.method === request.method) &&
    rule.headers.every((wanted) => valueMatches(wanted, headerOf(request, wanted.name))) &&
    // "If a query param is repeated, behaviour is undefined; implementations SHOULD match the first": so here.
    rule.query.every((wanted) => valueMatches(wanted, request.query.get(wanted.name) ?? undefined))
  );
}

function pathMatches(wanted: PathMatch, path: string): boolean {
  if (wanted.type === "Exact") return wanted.value === path;
  if (wanted.type === "Prefix") return hasPathPrefix(path, wanted.value);
  return wholeExpression(wanted.value).test(path);
}

function valueMatches(wanted: ValueMatch, value: string | undefined): boolean {
  if (value === undefined) return false;
  return wanted.type === "Exact" ? wanted.value === value : wholeExpression(wanted.value).test(value);
}

function headerOf(request: RoutedRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" || value === undefined ? value : value.join(",");
}

/** Expressions match the whole value, as Envoy's and nginx' implementations of the Gateway API have it. */
const wholeExpression = (source: string): RegExp => new RegExp(`^(?:${source})$`);

/**
 * Where a redirect leads. `request` is what the client asked: scheme, host with port, canonical path, query with its `?` or empty.
 * A port is kept only when neither scheme nor host nor port is changed, and left out when it is the scheme's own.
 */
export function redirectLocation(
  redirect: Redirect,
  matched: PathMatch,
  request: { scheme: string; authority: string; path: string; search: string },
): string {
  const scheme = redirect.scheme ?? request.scheme;
  const [, host = request.authority, askedPort] = /^(.*?)(?::(\d+))?$/.exec(request.authority) ?? [];
  const wellKnown = scheme === "https" ? 443 : 80;
  const port = redirect.port ?? (redirect.scheme === undefined && askedPort ? Number(askedPort) : wellKnown);
  const authority = `${redirect.hostname ?? host}${port === wellKnown ? "" : `:${port}`}`;
  return `${scheme}://${authority}${changePath(request.path, matched, redirect.path)}${request.search}`;
}
