import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { KubeRequest, Transport } from "../../../src/kube/index.ts";

/** What the proxy says in the server's place. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** `hang`: it never answers. `break`: the connection ends. `break after`: it ends when the request took effect. Undefined: the server answers. */
export type Instead = Answer | "hang" | "break" | "break after" | undefined;

export interface ProxiedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Changes something: no read, and no dry-run. */
  readonly write: boolean;
}

/** Stands between the command and an API server. */
export class HalfUpProxy {
  /** Decides of each request; may do something first. */
  instead: (request: ProxiedRequest) => Instead | Promise<Instead> = () => undefined;
  /** Requests that reached the server and change something, in order. */
  readonly writes: string[] = [];
  readonly #server: Server;
  readonly #serving = new Set<Promise<void>>();

  private constructor(transport: Transport) {
    this.#server = createServer((incoming, outgoing) => {
      const served = this.#serve(incoming, outgoing, transport)
        .catch(() => outgoing.destroy())
        .then(() => void this.#serving.delete(served));
      this.#serving.add(served);
    });
  }

  static async start(transport: Transport): Promise<HalfUpProxy> {
    const proxy = new HalfUpProxy(transport);
    await new Promise<void>((listening) => proxy.#server.listen(0, "127.0.0.1", listening));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Until what came in has taken effect, also of who does not wait for the answer any more. */
  async settled(): Promise<void> {
    while (this.#serving.size > 0) await Promise.all(this.#serving);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse, transport: Transport): Promise<void> {
    const over = new AbortController();
    outgoing.on("close", () => over.abort());
    const { pathname, searchParams } = new URL(incoming.url ?? "/", "http://proxy");
    const body = Buffer.concat(await incoming.toArray());
    const method = incoming.method ?? "GET";
    // A deletion says in its body that it is a rehearsal.
    const write = method !== "GET" && !searchParams.has("dryRun") && !body.includes('"dryRun":["All"]');
    const instead = await this.instead({ method, path: pathname, query: searchParams, write });
    if (instead === "hang") return;
    if (instead === "break") return void outgoing.destroy();
    if (typeof instead === "object") {
      outgoing.writeHead(instead.status, { "content-type": "application/json", ...instead.headers });
      return void outgoing.end(instead.body ?? "");
    }
    if (write) this.writes.push(`${method} ${pathname}`);
    const watch = searchParams.get("watch") === "true";
    const { accept = "", "content-type": type } = incoming.headers;
    const response = await transport.send({
      method: method as KubeRequest["method"],
      path: pathname,
      query: Object.fromEntries(
        [...searchParams].map(([name, value]) => [name, name === "watch" ? watch : value]),
      ),
      headers: { accept, ...(type === undefined ? {} : { "content-type": type }) },
      ...(body.length === 0 ? {} : { body }),
      ...(watch ? { signal: over.signal } : {}),
    });
    if (instead === "break after") {
      await response.text();
      return void outgoing.destroy();
    }
    outgoing.writeHead(response.status, {
      "content-type": response.headers["content-type"] ?? "application/json",
    });
    outgoing.flushHeaders();
    for await (const chunk of response.chunks()) outgoing.write(chunk);
    outgoing.end();
  }
}

/** A refusal as API servers word it. */
export const refusal = (status: number, reason: string, message: string): Answer => ({
  status,
  body: JSON.stringify({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    reason,
    message,
    code: status,
  }),
});

/** What a proxy that wants people to sign in says to everybody. */
export const loginPage = (status: number): Answer => ({
  status,
  headers: { "content-type": "text/html" },
  body: "<!DOCTYPE html>\n<html><head><title>Sign in to continue</title></head><body><form></form></body></html>\n",
});
