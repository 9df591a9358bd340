import { ApiUnreachable, apiUnreachable } from "./ApiUnreachable.ts";
import type { ClusterConnection, Credentials } from "./clusterConnection.ts";
import type { ConnectionLimits, Connections, WireResponse } from "./Connections.ts";
import { parseAnswer } from "./parseAnswer.ts";
import { splitLines } from "./splitLines.ts";
import type { KubeRequest, KubeResponse, Transport } from "./Transport.ts";

/** Connections and patience. */
export interface HttpTransportOptions {
  /** Connections for ordinary requests, kept alive; watches and logs have their own. Default 16. */
  readonly connections?: number;
  /** Milliseconds to wait for a connection. Default 10,000. */
  readonly connectTimeout?: number;
  /** Milliseconds to wait for an answer's headers, and that its body may pause. Default 60,000, as long as a server works on a request. */
  readonly headersTimeout?: number;
  /** Default `moorage`. */
  readonly userAgent?: string;
}

/** Requests over HTTP/1.1. Retries nothing but the one request that a 401 cut short while newer credentials could be had. */
export function httpTransport(cluster: ClusterConnection, options: HttpTransportOptions = {}): Transport {
  const { userAgent = "moorage" } = options;
  const base = new URL(cluster.server);
  const prefix = base.pathname.replace(/\/+$/, "");
  const limits: ConnectionLimits = {
    connections: options.connections ?? 16,
    connectTimeout: options.connectTimeout ?? 10_000,
    headersTimeout: options.headersTimeout ?? 60_000,
    idleTimeout: 30_000,
  };
  let current: { credentials: Credentials; connections: Promise<Connections> } | undefined;
  const retired: Promise<Connections>[] = [];

  const connectionsFor = (credentials: Credentials): Promise<Connections> => {
    if (
      current === undefined ||
      current.credentials.cert !== credentials.cert ||
      current.credentials.key !== credentials.key
    ) {
      // A new client certificate needs new connections; what still runs on the old ones may end there.
      if (current) retired.push(current.connections);
      current = { credentials, connections: openConnections(cluster, credentials, limits) };
    }
    return current.connections;
  };

  const sendOnce = async (request: KubeRequest): Promise<KubeResponse> => {
    const { query, signal } = request;
    const credentials = await unlessAborted(cluster.credentials(), signal);
    signal?.throwIfAborted();
    const body = bodyOf(request.body);
    const long = query?.["watch"] === true || query?.["follow"] === true;
    try {
      const connections = await connectionsFor(credentials);
      const response = await connections.request({
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
        long,
      });
      return responseOf(response, cluster.server, signal);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw apiUnreachable(error, cluster.server, (failed) => failedProxy(failed, cluster));
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
      const all = [...retired.splice(0), ...(current ? [current.connections] : [])];
      current = undefined;
      cluster.close?.();
      // Connections that could not be set up have told whoever asked.
      await Promise.allSettled(all.map(async (each) => (await each).close()));
    },
  };
}

/** Loaded with the first request: it takes longer than all of this room. */
async function openConnections(
  ...[cluster, credentials, limits]: Parameters<typeof import("./proxiedConnections.ts").proxiedConnections>
): Promise<Connections> {
  if (cluster.proxyUrl !== undefined || cluster.environmentProxy !== undefined) {
    const { proxiedConnections } = await import("./proxiedConnections.ts");
    return await proxiedConnections(cluster, credentials, limits);
  }
  const { directConnections } = await import("./directConnections.ts");
  return directConnections(cluster, credentials, limits);
}

/** The proxy that a connection failed at, without its password. */
function failedProxy(
  { port, hostname }: NodeJS.ErrnoException & { port?: number; hostname?: string },
  { server, proxyUrl, environmentProxy }: ClusterConnection,
): string | undefined {
  const secure = server.toLowerCase().startsWith("https:");
  const address =
    proxyUrl ?? ((secure && environmentProxy?.httpsProxy) || environmentProxy?.httpProxy || undefined);
  if (address === undefined || !URL.canParse(address)) return undefined;
  const proxy = new URL(address);
  // NO_PROXY may have led past that of the environment.
  const isProxy =
    proxyUrl !== undefined ||
    (hostname === undefined
      ? String(port) === portOf(proxy) && portOf(proxy) !== portOf(new URL(server))
      : hostname === proxy.hostname);
  return isProxy ? `${proxy.protocol}//${proxy.host}` : undefined;
}

const portOf = ({ port, protocol }: URL): string => port || (protocol === "https:" ? "443" : "80");

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
  { status, headers: received, chunks: body, text: read }: WireResponse,
  server: string,
  signal: AbortSignal | undefined,
): KubeResponse {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(received)) {
    if (value !== undefined) headers[name] = typeof value === "string" ? value : value.join(", ");
  }
  const translate = (error: unknown): unknown => {
    if (signal?.aborted) return signal.reason;
    return error instanceof ApiUnreachable ? error : apiUnreachable(error, server);
  };
  async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const chunk of body) yield chunk;
    } catch (error) {
      throw translate(error);
    }
  }
  const text = async (): Promise<string> => {
    try {
      return await read();
    } catch (error) {
      throw translate(error);
    }
  };
  return {
    status,
    headers,
    text,
    async json() {
      return parseAnswer(await text(), server);
    },
    chunks,
    lines: () => splitLines(chunks()),
  };
}
