import type { EventEmitter } from "node:events";
import type { Duplex } from "node:stream";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { drained } from "../../drained.ts";
import { MoorageError } from "../../../contract/index.ts";
import { nodeHttp } from "../../nodeHttp.ts";
import type { ApiRequest, ApiResponse } from "../ApiRequest.ts";
import type { Upgrade } from "../NodeBackend.ts";
import { badRequest, methodNotAllowed, StatusError } from "../StatusError.ts";
import { authenticate, type TokenReader } from "./Authenticator.ts";
import { brokenBody, lastWords, malformed, notARequest, ofStatus, targetOf } from "./malformed.ts";
import type { KeyPair } from "./certificates.ts";

/** As a real API server's: etcd would not take more. */
const largestBody = 3 * 1024 * 1024;

/** Milliseconds in which a client has to say what it wants; a real API server's. */
const patienceForHeaders = 32_000;

/** Milliseconds for the body of a request, and for a client to take a whole answer; a real API server's. */
const patience = 60_000;

/** Smaller answers are not worth compressing on loopback; the API server compresses from 128 KiB on. */
const compressFrom = 128 * 1024;

export interface HttpsServerOptions {
  readonly handle: (this: void, request: ApiRequest) => Promise<ApiResponse>;
  readonly certificate: KeyPair;
  /** PEM. Client certificates must be signed by it. */
  readonly authorityCertificate: string;
  readonly tokens: readonly TokenReader[];
  /** 0, the default: any that is free. */
  readonly port?: number;
  /** Milliseconds in which a client has to say what it wants. */
  readonly headersTimeout?: number;
}

/** The newest request of a connection. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Why its body can't be read. */
  broken?: StatusError;
  /** Ends the reading of its body. */
  fail?: (error: StatusError) => void;
}

export interface HttpsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Gives the API server a socket: HTTPS on 127.0.0.1. */
export async function startHttpsServer(options: HttpsServerOptions): Promise<HttpsServer> {
  const sockets = new Set<Socket>();
  const exchanges = new WeakMap<Duplex, Exchange>();
  const { headersTimeout = patienceForHeaders } = options;
  const server = createServer(
    {
      key: options.certificate.key,
      cert: options.certificate.certificate,
      ca: options.authorityCertificate,
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: "TLSv1.2",
      keepAliveTimeout: 90_000,
      requestTimeout: 0,
      headersTimeout,
      handshakeTimeout: headersTimeout,
      connectionsCheckingInterval: Math.min(headersTimeout, 30_000),
      // As Go's: selectors and paths may be long.
      maxHeaderSize: 1024 * 1024,
      // Looked at by `malformed`, which answers as Go does.
      requireHostHeader: false,
      noDelay: true,
    },
    (request, response) => {
      const exchange: Exchange = { request, response };
      exchanges.set(request.socket, exchange);
      void serve(exchange, options).catch(() => response.destroy());
    },
  );
  // What is beyond Node's number would be dropped unsaid.
  server.maxHeadersCount = 0;
  // Answers to these are ordinary ones too, unless somebody takes up the other protocol.
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    serveUpgrade({ request, socket, head }, options).catch(() => socket.destroy());
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  // A client that speaks no TLS, or hangs up in the middle of it, is its own business; one that forgot the s is told, as Go does.
  server.on("tlsClientError", (error: NodeJS.ErrnoException, socket) => {
    const plain = error.code === "ERR_SSL_HTTP_REQUEST" ? below(socket, sockets) : undefined;
    const text = "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
    if (plain === undefined) socket.destroy();
    else plain.end(text, () => socket.destroy());
  });
  server.on("clientError", (error, socket) => breakOff(error, socket, exchanges.get(socket)));
  server.on("connect", (_request, socket) => lastWords(socket, ofStatus(methodNotAllowed())));
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === "EADDRINUSE"
          ? new MoorageError("PortInUse", `Port ${options.port} of 127.0.0.1 is in use.`, {
              cause,
              hint: "Stop the program that listens there, or choose another port.",
            })
          : new MoorageError("SandboxFailed", `The API server cannot listen on 127.0.0.1: ${cause.message}`, {
              cause,
            }),
      ),
    );
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** The connection that TLS was tried on. */
function below({ remotePort }: Socket, sockets: ReadonlySet<Socket>): Socket | undefined {
  for (const socket of sockets) if (socket.remotePort === remotePort) return socket;
  return undefined;
}

/** A request that asks for another protocol on its connection: who knows that protocol takes the connection, others answer as ever. */
async function serveUpgrade(upgrade: Upgrade, options: HttpsServerOptions): Promise<void> {
  const { request, socket } = upgrade;
  const hasBody =
    request.headers["transfer-encoding"] !== undefined || Number(request.headers["content-length"] ?? 0) > 0;
  const answer = hasBody
    ? ofStatus(badRequest("a request that asks for an upgrade has no body"))
    : await answerTo(request, socket, () => Promise.resolve(new Uint8Array()), options, upgrade);
  if (answer.status === 101) return;
  const response = new nodeHttp.ServerResponse(request);
  response.shouldKeepAlive = false;
  // Node has it of the socket that it took the request from.
  response.assignSocket(socket as Socket);
  response.once("finish", () => socket.end());
  await write(request, response, answer);
}

async function serve(exchange: Exchange, options: HttpsServerOptions): Promise<void> {
  const { request, response } = exchange;
  const answer =
    malformed(request) ??
    (request.url === "*"
      ? { status: 200, headers: {}, body: "" }
      : await answerTo(request, response, () => readBody(exchange), options));
  await write(request, response, answer);
}

/** Node could not read on: what went wrong is answered where it belongs, and the connection ends. */
function breakOff(error: NodeJS.ErrnoException, socket: Duplex, exchange: Exchange | undefined): void {
  if (exchange === undefined || exchange.response.writableFinished)
    return lastWords(socket, notARequest(error));
  const { request, response } = exchange;
  if (error.code === "ECONNRESET" || response.destroyed) return void socket.destroy();
  // What was asked before is answered first.
  response.shouldKeepAlive = false;
  response.once("finish", () => lastWords(socket, undefined));
  if (request.complete) return;
  exchange.broken = brokenBody(error);
  exchange.fail?.(exchange.broken);
}

async function answerTo(
  request: IncomingMessage,
  connection: EventEmitter,
  bodyOf: () => Promise<Uint8Array>,
  options: HttpsServerOptions,
  upgrade?: Upgrade,
): Promise<ApiResponse> {
  const user = await authenticate(request, options.tokens);
  if (user === undefined) return ofStatus(new StatusError(401, "Unauthorized", "Unauthorized"));
  let body: Uint8Array;
  try {
    body = await bodyOf();
  } catch (error) {
    if (error instanceof StatusError) return ofStatus(error);
    throw error;
  }
  const gone = new AbortController();
  connection.once("close", () => gone.abort());
  const url = targetOf(request.url ?? "/");
  const mark = url.indexOf("?");
  return options.handle({
    method: request.method ?? "GET",
    path: mark < 0 ? url : url.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? "" : url.slice(mark + 1)),
    // Only lists that no client of an API server repeats (set-cookie) come as arrays.
    headers: request.headers as Record<string, string | undefined>,
    body,
    user,
    signal: gone.signal,
    ...(upgrade === undefined ? {} : { upgrade }),
  });
}

/** Errors: 413 when it is larger than allowed; the rest is then read and thrown away, so that the client gets to see the answer. 500, 504. */
async function readBody(exchange: Exchange): Promise<Uint8Array> {
  const { request } = exchange;
  if (request.method === "GET" || request.method === "HEAD") {
    request.resume();
    return new Uint8Array();
  }
  if (exchange.broken !== undefined) throw exchange.broken;
  let timer: NodeJS.Timeout | undefined;
  const failed = new Promise<never>((_resolve, reject) => {
    exchange.fail = reject;
  });
  failed.catch(() => {});
  const late = (): void =>
    exchange.fail?.(
      new StatusError(504, "Timeout", "Timeout: request did not complete within the allotted timeout"),
    );
  // Most have come with their head.
  if (!request.complete) timer = setTimeout(late, patience);
  try {
    return await Promise.race([failed, readParts(request)]);
  } finally {
    clearTimeout(timer);
  }
}

async function readParts(request: IncomingMessage): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length <= largestBody) parts.push(part);
    else parts.length = 0;
    if (length > 16 * largestBody) break;
  }
  if (length > largestBody) {
    throw new StatusError(413, "RequestEntityTooLarge", `Request entity too large: limit is ${largestBody}`);
  }
  return parts.length === 1 ? (parts[0] ?? Buffer.alloc(0)) : Buffer.concat(parts);
}

async function write(request: IncomingMessage, response: ServerResponse, answer: ApiResponse): Promise<void> {
  const { status, body } = answer;
  const headers: Record<string, string | string[] | number> = {
    "cache-control": "no-cache, private",
    ...answer.headers,
  };
  if (answer.warnings !== undefined && answer.warnings.length > 0) headers["warning"] = [...answer.warnings];
  if (typeof body === "string" || body instanceof Uint8Array) {
    let bytes: string | Uint8Array = body;
    if (body.length > compressFrom && /\bgzip\b/.test(request.headers["accept-encoding"] ?? "")) {
      bytes = gzipSync(body, { level: 1 });
      headers["content-encoding"] = "gzip";
      headers["vary"] = "Accept-Encoding";
    }
    headers["content-length"] = Buffer.byteLength(bytes);
    response.writeHead(status, headers);
    response.end(request.method === "HEAD" ? undefined : bytes);
    // Who asks for much and never reads it does not keep it here for ever.
    if (bytes.length > compressFrom && !response.writableFinished) {
      const unread = setTimeout(() => response.destroy(), patience).unref();
      response.once("close", () => clearTimeout(unread));
    }
    return;
  }
  response.writeHead(status, headers);
  response.flushHeaders();
  answer.abandoned?.addEventListener("abort", () => response.destroy(), { once: true });
  for await (const part of body) {
    if (response.destroyed) break;
    // A reader that is behind is waited for here; what happens meanwhile queues up, within bounds, in the stream itself.
    if (!response.write(part)) await drained(response);
  }
  response.end();
}
