import type { RouteRule } from "./RouteTable.ts";

/**
 * Which of two rules is tried first (negative: the first). The order of the Gateway API's HTTPRouteSpec.hostnames and HTTPRouteRule.matches: longest exact
 * host, longest wildcard; exact path, (regular expression,) longest prefix; method; number of headers; number of query parameters; then the older object, then
 * the name, then the place in the object.
 */
export function comparePrecedence(a: RouteRule, b: RouteRule): number {
  return (
    rank(Boolean(a.fallback), Boolean(b.fallback)) ||
    exactHostLength(b) - exactHostLength(a) ||
    b.host.length - a.host.length ||
    pathRank(a) - pathRank(b) ||
    b.path.value.length - a.path.value.length ||
    rank(a.method === undefined, b.method === undefined) ||
    b.headers.length - a.headers.length ||
    b.query.length - a.query.length ||
    compareText(a.source.createdAt, b.source.createdAt) ||
    compareText(`${a.source.namespace}/${a.source.name}`, `${b.source.namespace}/${b.source.name}`) ||
    compareText(a.source.kind, b.source.kind) ||
    a.source.rule - b.source.rule ||
    a.source.match - b.source.match
  );
}

const exactHostLength = (rule: RouteRule): number => (rule.host.startsWith("*") ? 0 : rule.host.length);
const pathRank = (rule: RouteRule): number => ({ Exact: 0, RegularExpression: 1, Prefix: 2 })[rule.path.type];
const rank = (a: boolean, b: boolean): number => Number(a) - Number(b);
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
