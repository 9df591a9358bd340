import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { KubeClient } from "../../kube/KubeClient.ts";
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
import { systemClock, type Clock, type Random } from "../Clock.ts";
import { absenceOf, portsOf } from "./backends.ts";
import { ClusterView } from "./ClusterView.ts";
import { forward } from "./forward.ts";
import { requestHeaders } from "./forwardedHeaders.ts";
import { forwardUpgrade } from "./forwardUpgrade.ts";
import { listenOnLoopback } from "./listenOnLoopback.ts";
import { sendPage, textOf, type Page } from "./pages.ts";

export interface DoorOptions {
  /** Left out (or 0): the port of last time, else a free one. */
  readonly port?: number;
  /** Absolute; keeps the port. */
  readonly stateDir: string;
  readonly platformName: string;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: (message: string) => void;
  /** Milliseconds for which requests wait for a program that was there and is being replaced; 10,000 unless said. */
  readonly patience?: number;
  /** Closes the door when it fires. */
  readonly signal?: AbortSignal;
}

/** Milliseconds for which a request waits for a program that never answered yet, but has pods. */
const firstPatience = 2000;
/** Milliseconds that `close` leaves to requests in flight: of this machine's time, as the sockets are. */
const closingGrace = 1000;

export interface Door {
  readonly port: number;
  /** The URL of a component, an object, or a host; whether anything is exposed there or not. */
  urlOf(name: string): string;
  /** One for each exposed component. */
  urls(): { component: string; url: string }[];
  /** Listens no more, leaves requests in flight a second, ends what is left (websockets at once). */
  close(): Promise<void>;
}

/** Opens the development front door. Resolves once the cluster was read and the port listens. */
export async function startDoor(client: KubeClient, options: DoorOptions): Promise<Door> {
  const {
    stateDir,
    platformName,
    clock = systemClock,
    random = Math.random,
    log = () => undefined,
  } = options;
  const stop = new AbortController();
  const { port, servers } = await listenOnLoopback({ port: options.port, stateDir, platformName, log });
  const view = new ClusterView({ client, platform: platformName, clock, signal: stop.signal, log });
  const context: Context = {
    client,
    view,
    clock,
    random,
    port,
    patience: options.patience ?? 10_000,
    turns: new Map(),
    seen: new Set(),
  };
  const upgraded = new Set<Duplex>();
  /** Connections on which nothing was asked yet: node:http doesn't count them as idle. */
  const fresh = new Set<Duplex>();
  for (const server of servers) {
    server.on("connection", (socket) => {
      fresh.add(socket);
      socket.once("close", () => fresh.delete(socket));
    });
    server.on("request", (request, response) => {
      fresh.delete(request.socket);
      // node:http may read nothing more on a connection whose upgrade was passed over (h2c).
      if (request.headers.upgrade !== undefined) response.shouldKeepAlive = false;
      answer(request, response, context).catch((error: unknown) => {
        log(`front door: ${String(error)}`);
        if (response.headersSent) response.destroy();
        else sendPage(request, response, page(500, "error", "The front door failed.", [String(error)]));
      });
    });
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      fresh.delete(socket);
      upgraded.add(socket);
      socket.on("error", () => socket.destroy());
      socket.once("close", () => upgraded.delete(socket));
      answerUpgrade(request, socket, head, context).catch((error: unknown) => {
        log(`front door: ${String(error)}`);
        socket.destroy();
      });
    });
  }
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= closeAll());
  const closeAll = async (): Promise<void> => {
    const closed = Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    for (const socket of [...upgraded, ...fresh]) socket.destroy();
    const grace = new AbortController();
    await Promise.race([closed, sleep(closingGrace, undefined, grace).catch(() => undefined)]);
    grace.abort();
    stop.abort();
    for (const server of servers) server.closeAllConnections();
    await closed;
  };
  const closeOnSignal = (): void => void close();
  options.signal?.addEventListener("abort", closeOnSignal, { once: true });
  stop.signal.addEventListener("abort", () => options.signal?.removeEventListener("abort", closeOnSignal));
  if (options.signal?.aborted) await close();
  else await view.ready;
  const urlOfHost = (host: string): string => `http://${host}:${port}`;
  return {
    port,
    urlOf: (name) => urlOfHost(name.includes(".") ? name : `${name}.${platformName}.localhost`),
    urls: () => view.hosts.components.map(({ component, host }) => ({ component, url: urlOfHost(host) })),
    close,
  };
}

interface Context {
  readonly client: KubeClient;
  readonly view: ClusterView;
  readonly clock: Clock;
  readonly random: Random;
  readonly port: number;
  readonly patience: number;
  /** Service -> whose turn it is. */
  readonly turns: Map<string, number>;
  /** Services that have answered before: what is away now is being replaced. */
  readonly seen: Set<string>;
}

interface Routed {
  readonly found: RouteMatch;
  readonly backend: Backend;
  /** Path and query. */
  readonly path: string;
  readonly headers: Record<string, string | string[] | undefined>;
}

const page = (
  status: number,
  code: string,
  title: string,
  lines: string[] = [],
  more: Partial<Page> = {},
): Page => ({
  status,
  code,
  title,
  lines,
  ...more,
});

/** Where a request goes, or what the door says to it. */
function route(
  request: IncomingMessage,
  context: Context,
): Routed | Page | { location: string; status: number } {
  const { table, names } = context.view.hosts;
  const host = canonicalHost(request.headers.host);
  if (host === undefined || !knowsHost(table, host)) {
    const links = names.map((name) => `http://${name}:${context.port}/`);
    const title = host === undefined ? "No host was asked for." : `Nothing is exposed as ${host}.`;
    const lines = [links.length > 0 ? "These hosts are exposed:" : "Nothing is exposed yet."];
    return page(404, "no-such-host", title, lines, { links });
  }
  const [rawPath = "/", ...rest] = (request.url ?? "/").split("?");
  const search = rest.length > 0 ? `?${rest.join("?")}` : "";
  const canonical = canonicalPath(rawPath);
  if (!canonical.ok) return page(400, "bad-path", "This path is refused.", [canonical.reason]);
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
    return page(404, "no-such-path", `Nothing is exposed at ${host}${canonical.path}.`, lines, { links });
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
  if (backend === undefined) return page(500, "no-backend", "The rule for this path leads nowhere.");
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

async function answer(request: IncomingMessage, response: ServerResponse, context: Context): Promise<void> {
  const routed = route(request, context);
  if ("location" in routed)
    return void response.writeHead(routed.status, { location: routed.location }).end();
  if ("code" in routed) return sendPage(request, response, routed);
  const { found, backend, path, headers } = routed;
  let failure: Error | undefined;
  for await (const port of processesOf(backend, context)) {
    if (response.destroyed) return;
    const result = await forward(request, response, { port, path, headers, rule: found.rule });
    if (result.outcome === "done") return;
    failure = result.error;
    if (failure.message === "timeout")
      return sendPage(request, response, page(504, "timeout", "The program took too long to answer."));
    if (result.outcome === "failed") break;
  }
  sendPage(request, response, await absencePage(backend, failure, context));
}

async function answerUpgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  context: Context,
): Promise<void> {
  const routed = route(request, context);
  if ("path" in routed) {
    for await (const port of processesOf(routed.backend, context)) {
      if (socket.destroyed) return;
      if (await forwardUpgrade(request, socket, head, { port, path: routed.path, headers: routed.headers }))
        return;
    }
  }
  const refusal = "code" in routed ? routed : page(503, "starting", "Nobody answers here yet.");
  const body = textOf(refusal);
  const start = `HTTP/1.1 ${refusal.status} ${refusal.code}\r\ncontent-type: text/plain; charset=utf-8`;
  socket.end(`${start}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`);
}

/**
 * Loopback ports to try, in turn. When none is left, and the program was there before, waits for the one that replaces it: so that no request fails while a
 * redeploy rolls.
 */
async function* processesOf(backend: Backend, context: Context): AsyncGenerator<number, void, undefined> {
  const { view, turns, seen, clock, patience } = context;
  const service = `${backend.namespace}/${backend.service}`;
  const enough = new AbortController();
  const allowed = seen.has(service) ? patience : Math.min(patience, firstPatience);
  const deadline = clock.now() + allowed;
  const pause = (milliseconds: number): Promise<void> =>
    clock.sleep(milliseconds, enough.signal).catch(() => undefined);
  const tired = pause(allowed);
  try {
    let refused = new Set<number>();
    while (true) {
      const ports = portsOf(backend, view).filter((port) => !refused.has(port));
      if (ports.length > 0) {
        seen.add(service);
        const turn = (turns.get(service) ?? 0) % ports.length;
        turns.set(service, turn + 1);
        refused.add(ports[turn]!);
        yield ports[turn]!;
        continue;
      }
      const absence = absenceOf(backend, view);
      const comes = seen.has(service) || (absence.state === "starting" && absence.pods > 0);
      if (!comes || clock.now() >= deadline || absence.state === "crashed") return;
      // A process that refused may be listening in a moment: nothing in the cluster changes by that.
      await view.nextChange(Promise.race([tired, pause(100)]));
      refused = new Set();
    }
  } finally {
    enough.abort();
  }
}

async function absencePage(backend: Backend, failure: Error | undefined, context: Context): Promise<Page> {
  const absence = absenceOf(backend, context.view);
  const name = backend.service;
  if (absence.state === "crashed") {
    const log = await lastLines(absence.pod.metadata, absence.container, context.client);
    const lines = [`${absence.pod.metadata.name}, container ${absence.container}: ${absence.message}`];
    return page(502, "crashed", `${name} crashed.`, log ? [...lines, "Its last lines:"] : lines, { log });
  }
  if (failure) return page(502, "bad-gateway", `${name} broke the connection.`, [failure.message]);
  const lines = absence.waitsFor.map((what) => `Waits for: ${what}`);
  return page(503, "starting", `${name} is starting.`, lines, { retryAfter: 1 });
}

async function lastLines(
  { name, namespace }: { name?: string; namespace?: string },
  container: string,
  client: KubeClient,
): Promise<string> {
  for (const previous of [false, true])
    try {
      const chunks: Uint8Array[] = [];
      const pod = { namespace: namespace!, name: name! };
      for await (const chunk of client.logs(pod, { container, previous, tailLines: 20 })) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString("utf8").trimEnd();
      if (text !== "") return text;
    } catch {
      // No log of this run: the one before may have one; and a page without a log is better than none.
    }
  return "";
}
