import { setImmediate } from "node:timers/promises";
import { createSecureContext } from "node:tls";
import type { Dispatcher } from "undici";
import { ApiUnreachable, apiUnreachable } from "./ApiUnreachable.ts";
import type { ClusterConnection, Credentials } from "./clusterConnection.ts";
import { parseAnswer } from "./parseAnswer.ts";
import { splitLines } from "./splitLines.ts";
import type { KubeRequest, KubeResponse, Transport } from "./Transport.ts";

export interface HttpTransportOptions {
  /** Connections for ordinary requests, kept alive; watches and logs have their own. Default 16. */
  readonly connections?: number;
  /** Milliseconds to wait for a connection. Default 10,000. */
  readonly connectTimeout?: number;
  /** Milliseconds to wait for an answer's headers. Default 60,000, as long as a server works on a request. */
  readonly headersTimeout?: number;
  /** Default `moorage`. */
  readonly userAgent?: string;
}

/** Requests over HTTP/1.1. Retries nothing but the one request that a 401 cut short while newer credentials could be had. */
export function httpTransport(cluster: ClusterConnection, options: HttpTransportOptions = {}): Transport {
  const { userAgent = "moorage" } = options;
  const base = new URL(cluster.server);
  const prefix = base.pathname.replace(/\/+$/, "");
  let dispatchers: { credentials: Credentials; short: Dispatcher; long: Dispatcher } | undefined;
  const retired: Dispatcher[] = [];

  const dispatcherFor = async (credentials: Credentials, long: boolean): Promise<Dispatcher> => {
    // Loaded with the first request: it takes longer than all of this room.
    const undici = await import("undici");
    if (
      dispatchers === undefined ||
      dispatchers.credentials.cert !== credentials.cert ||
      dispatchers.credentials.key !== credentials.key
    ) {
      // A new client certificate needs new connections; what still runs on the old ones may end there.
      if (dispatchers) retired.push(dispatchers.short, dispatchers.long);
      dispatchers = {
        credentials,
        short: makeDispatcher(undici, cluster, credentials, options, false),
        long: makeDispatcher(undici, cluster, credentials, options, true),
      };
    }
    return long ? dispatchers.long : dispatchers.short;
  };

  const sendOnce = async (request: KubeRequest): Promise<KubeResponse> => {
    const { query, signal } = request;
    const credentials = await unlessAborted(cluster.credentials(), signal);
    signal?.throwIfAborted();
    const body = bodyOf(request.body);
    const long = query?.["watch"] === true || query?.["follow"] === true;
    try {
      const dispatcher = await dispatcherFor(credentials, long);
      const response = await dispatcher.request({
        origin: base.origin,
        path: `${prefix}${request.path}${queryOf(query)}`,
        method: request.method,
        headers: {
          accept: "application/json",
          "user-agent": userAgent,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...request.headers,
          ...credentials.headers,
        },
        body,
        signal,
        // Watches and followed logs may be silent for long.
        ...(long ? { bodyTimeout: 0 } : {}),
      });
      return responseOf(response, cluster.server, signal);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw apiUnreachable(error, cluster.server);
    }
  };

  return {
    async send(request) {
      const response = await sendOnce(request);
      if (response.status !== 401 || !cluster.forgetCredentials()) return response;
      await response.text();
      return sendOnce(request);
    },
    async close() {
      const all = [...retired, ...(dispatchers ? [dispatchers.short, dispatchers.long] : [])];
      dispatchers = undefined;
      cluster.close?.();
      await Promise.all(all.map((each) => each.destroy()));
    },
  };
}

/** A program that fetches credentials may take for ever: it waits for somebody to sign in. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work;
  signal.throwIfAborted();
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function makeDispatcher(
  { Agent, EnvHttpProxyAgent, ProxyAgent, Socks5ProxyAgent }: typeof import("undici"),
  cluster: ClusterConnection,
  credentials: Credentials,
  options: HttpTransportOptions,
  long: boolean,
): Dispatcher {
  const tls = {
    // Certificates are read once, and not by every connection anew.
    secureContext: createSecureContext({ ca: cluster.ca, cert: credentials.cert, key: credentials.key }),
    servername: cluster.tlsServerName,
    rejectUnauthorized: !cluster.insecureSkipTlsVerify,
  };
  const shared = {
    // Without a limit for long requests: each needs a connection of its own for as long as it lasts.
    connections: long ? null : (options.connections ?? 16),
    pipelining: 1,
    // One request at a time on each of several connections: half the work of HTTP/2 for this side, and nothing waits behind a large answer.
    allowH2: false,
    keepAliveTimeout: 30_000,
    headersTimeout: options.headersTimeout ?? 60_000,
  };
  if (cluster.proxyUrl === undefined) {
    if (cluster.environmentProxy) {
      return new EnvHttpProxyAgent({ ...shared, ...cluster.environmentProxy, connect: tls, requestTls: tls });
    }
    return new Agent({ ...shared, connect: { ...tls, timeout: options.connectTimeout ?? 10_000 } });
  }
  if (/^socks5h?:/.test(cluster.proxyUrl)) {
    return new Socks5ProxyAgent(cluster.proxyUrl, { ...shared, requestTls: tls });
  }
  return new ProxyAgent({ ...shared, uri: cluster.proxyUrl, requestTls: tls });
}

function bodyOf(body: unknown): string | Uint8Array | undefined {
  if (body === undefined || typeof body === "string" || body instanceof Uint8Array) return body;
  return JSON.stringify(body);
}

function queryOf(query: KubeRequest["query"]): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) search.append(name, String(value));
  }
  return search.size === 0 ? "" : `?${search.toString()}`;
}

function responseOf(
  { statusCode, headers: received, body }: Dispatcher.ResponseData,
  server: string,
  signal: AbortSignal | undefined,
): KubeResponse {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(received)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  const translate = (error: unknown): unknown => {
    if (signal?.aborted) return signal.reason;
    return error instanceof ApiUnreachable ? error : apiUnreachable(error, server);
  };
  async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const chunk of body) yield chunk as Uint8Array;
    } catch (error) {
      throw translate(error);
    }
  }
  const text = async (): Promise<string> => {
    try {
      const all = await body.text();
      // Its connection is free in the next turn of the loop: who asks again before it opens another one, with all that costs both sides.
      await setImmediate();
      return all;
    } catch (error) {
      throw translate(error);
    }
  };
  return {
    status: statusCode,
    headers,
    text,
    async json() {
      return parseAnswer(await text(), server);
    },
    chunks,
    lines: () => splitLines(chunks()),
  };
}
