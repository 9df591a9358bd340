export { canonicalPath, hasPathPrefix, type CanonicalPath } from "./canonicalPath.ts";
export { canonicalHost, hostMatches } from "./canonicalHost.ts";
export { changeHeaders } from "./changeHeaders.ts";
export { changePath } from "./changePath.ts";
export { chooseBackend } from "./chooseBackend.ts";
export { comparePrecedence } from "./precedence.ts";
export { knowsHost, match, redirectLocation, type RoutedRequest, type RouteMatch } from "./match.ts";
export { orderedTable, routeTable, rulesOf } from "./tableOfObjects.ts";
export * from "./RouteTable.ts";
