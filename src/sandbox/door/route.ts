import type { IncomingMessage } from "node:http";
import {
  canonicalHost,
  canonicalPath,
  changeHeaders,
  chooseBackend,
  hostMatches,
  knowsHost,
  match,
  redirectLocation,
  type Backend,
  type RouteMatch,
} from "../../routing/index.ts";
import type { DoorContext } from "./DoorContext.ts";
import { requestHeaders } from "./forwardedHeaders.ts";
import { pageOf, type Page } from "./pages.ts";

/** A request that a rule was found for. */
export interface Routed {
  readonly found: RouteMatch;
  readonly backend: Backend;
  /** Path and query. */
  readonly path: string;
  readonly headers: Record<string, string | string[] | undefined>;
}

/** The door's own, where nothing is exposed without a host. */
const ownHosts: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Where a request goes, or what the door says to it. */
export function route(
  request: IncomingMessage,
  context: DoorContext,
): Routed | Page | { location: string; status: number } {
  const { table, components } = context.view.hosts;
  const host = canonicalHost(request.headers.host);
  if (host === undefined || !knowsHost(table, host)) {
    const links = components.map((each) => `http://${each.host}:${context.port}/`).toSorted();
    const none = "Nothing is exposed yet.";
    // The address that is printed when the door opens.
    if (host !== undefined && ownHosts.has(host) && request.url === "/") {
      const lines = [links.length > 0 ? "What is exposed has a host of its own here:" : none];
      return pageOf(200, "front-door", `The front door of ${context.platformName}`, lines, { links });
    }
    const title = host === undefined ? "No host was asked for." : `Nothing is exposed as ${host}.`;
    return pageOf(404, "no-such-host", title, [links.length > 0 ? "These hosts are exposed:" : none], {
      links,
    });
  }
  const [rawPath = "/", ...rest] = (request.url ?? "/").split("?");
  const search = rest.length > 0 ? `?${rest.join("?")}` : "";
  const canonical = canonicalPath(rawPath);
  if (!canonical.ok) return pageOf(400, "bad-path", "This path is refused.", [canonical.reason]);
  const asked = {
    host,
    path: canonical.path,
    method: request.method ?? "GET",
    headers: request.headers,
    query: new URLSearchParams(search),
  };
  const found = match(table, asked);
  if (found === undefined) {
    const here = table.rules.filter((rule) => hostMatches(host, rule.host, rule.wildcardManyLabels));
    const paths = new Set(here.flatMap(({ path }) => (path.type === "RegularExpression" ? [] : path.value)));
    const links = [...paths].toSorted().map((path) => `http://${host}:${context.port}${path}`);
    const lines = ["No rule is for this path. There are rules for:"];
    return pageOf(404, "no-such-path", `Nothing is exposed at ${host}${canonical.path}.`, lines, { links });
  }
  if (found.rule.redirect) {
    const authority = request.headers.host!;
    const location = redirectLocation(found.rule.redirect, found.rule.path, {
      scheme: "http",
      authority,
      path: canonical.path,
      search,
    });
    return { location, status: found.rule.redirect.status };
  }
  const backend = chooseBackend(found.rule.backends, context.random);
  if (backend === undefined) return pageOf(500, "no-backend", "The rule for this path leads nowhere.");
  const forwarded = requestHeaders(request.headers, {
    address: request.socket.remoteAddress,
    host: request.headers.host!,
  });
  if (found.host !== undefined) forwarded["host"] = found.host;
  return {
    found,
    backend,
    path: `${found.path}${search}`,
    headers: changeHeaders(forwarded, found.rule.requestHeaders),
  };
}
