import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { KubeClient } from "../../kube/KubeClient.ts";
import { systemClock, type Clock, type Random } from "../Clock.ts";
import { answer, answerUpgrade } from "./answer.ts";
import { ClusterView } from "./ClusterView.ts";
import type { DoorContext } from "./DoorContext.ts";
import { listenOnLoopback } from "./listenOnLoopback.ts";
import { pageOf, sendPage } from "./pages.ts";

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
  const context: DoorContext = {
    client,
    view,
    clock,
    random,
    port,
    platformName,
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
        else sendPage(request, response, pageOf(500, "error", "The front door failed.", [String(error)]));
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
