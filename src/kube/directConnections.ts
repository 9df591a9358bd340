import type { IncomingMessage, OutgoingHttpHeaders, RequestOptions } from "node:http";
import { Agent as SecureAgent, request as requestSecurely } from "node:https";
import type { Socket } from "node:net";
import { createSecureContext } from "node:tls";
import type { ClusterConnection, Credentials } from "./clusterConnection.ts";
import type { ConnectionLimits, Connections, WireRequest, WireResponse } from "./Connections.ts";

/**
 * Straight to the server, by Node's own client: there from the start, and a third cheaper for each request than what speaks through proxies. HTTP/1.1: one request at a time on each of several
 * connections is half the work of HTTP/2 for this side, and nothing waits behind a large answer.
 */
export function directConnections(
  cluster: ClusterConnection,
  credentials: Credentials,
  limits: ConnectionLimits,
): Connections {
  const { protocol, hostname, port } = new URL(cluster.server);
  // As ECMAScript's import, `node:http` brings a whole browser's client with it.
  const plain = protocol === "https:" ? undefined : process.getBuiltinModule("node:http");
  const Agent = plain?.Agent ?? SecureAgent;
  const send = plain?.request ?? requestSecurely;
  const shared = {
    keepAlive: true,
    timeout: limits.idleTimeout,
    ...(plain === undefined
      ? {
          // Certificates are read once, and not by every connection anew.
          secureContext: createSecureContext({
            ca: cluster.ca,
            cert: credentials.cert,
            key: credentials.key,
          }),
          ...(cluster.tlsServerName === undefined ? {} : { servername: cluster.tlsServerName }),
          rejectUnauthorized: !cluster.insecureSkipTlsVerify,
        }
      : {}),
  };
  const short = new Agent({ ...shared, maxSockets: limits.connections });
  // Without a limit: each needs a connection of its own for as long as it lasts.
  const long = new Agent(shared);
  const underWay = new Set<(error: Error) => void>();
  const base: RequestOptions = {
    host: hostname.replace(/^\[|\]$/g, ""),
    port: port === "" ? undefined : port,
    timeout: limits.headersTimeout,
  };

  return {
    request(wire) {
      const { promise, resolve, reject } = Promise.withResolvers<WireResponse>();
      const { body, signal } = wire;
      signal?.throwIfAborted();
      const request = send({
        ...base,
        agent: wire.long ? long : short,
        method: wire.method,
        path: wire.path,
        headers: headersOf(wire),
      });
      let answer: IncomingMessage | undefined;
      const stop = (error: Error): void => void (answer ?? request).destroy(error);
      const abort = (): void => stop(new Error("aborted"));
      underWay.add(stop);
      signal?.addEventListener("abort", abort, { once: true });
      request
        .once("socket", (socket) =>
          onceConnected(socket, limits.connectTimeout, stop, () => request.end(body)),
        )
        .once("response", (response: IncomingMessage) => {
          answer = response;
          if (wire.long) request.setTimeout(0);
          resolve(answerOf(response));
        })
        .on("timeout", () => stop(answer === undefined ? silent("HEADERS") : silent("BODY")))
        .on("error", reject)
        .once("close", () => {
          underWay.delete(stop);
          signal?.removeEventListener("abort", abort);
          reject(new Error("the connection was closed"));
        });
      return promise;
    },
    async close() {
      for (const stop of underWay) stop(new Error("the client was closed"));
      short.destroy();
      long.destroy();
    },
  };
}

/** The length is always said: Node leaves it out of a DELETE. */
const headersOf = ({ headers, body }: WireRequest): OutgoingHttpHeaders => ({
  ...(headers as OutgoingHttpHeaders),
  ...(body === undefined ? {} : { "content-length": Buffer.byteLength(body) }),
});

/**
 * Nothing is written before the connection stands: of a handshake that fails the reason would be lost in that of the write. One that never ends counts as a connection that does not come.
 */
function onceConnected(
  socket: Socket & { readonly secureConnecting?: boolean },
  milliseconds: number,
  stop: (error: Error) => void,
  write: () => void,
): void {
  if (!socket.connecting && socket.secureConnecting !== true) return write();
  const tooLong = Object.assign(new Error("connecting took too long"), { code: "ETIMEDOUT" });
  const timer = setTimeout(() => stop(tooLong), milliseconds);
  socket
    .once(socket.secureConnecting === undefined ? "connect" : "secureConnect", () => {
      clearTimeout(timer);
      write();
    })
    .once("close", () => clearTimeout(timer));
}

const silent = (what: "HEADERS" | "BODY"): Error =>
  Object.assign(new Error("the server is silent"), { code: `ERR_${what}_TIMEOUT` });

function answerOf(response: IncomingMessage): WireResponse {
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    chunks: response,
    text: () =>
      new Promise((resolve, reject) => {
        const brokeOff = (): void => reject(response.errored ?? new Error("the answer broke off"));
        if (response.destroyed) return brokeOff();
        const parts: Buffer[] = [];
        response
          .on("data", (part: Buffer) => parts.push(part))
          .once("end", () =>
            resolve((parts.length === 1 ? parts[0]! : Buffer.concat(parts)).toString("utf8")),
          )
          .once("error", reject)
          .once("close", brokeOff);
      }),
  };
}
