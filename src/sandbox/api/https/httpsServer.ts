import type { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { MoorageError } from "../../../contract/index.ts";
import { nodeHttp } from "../../nodeHttp.ts";
import type { ApiRequest, ApiResponse } from "../ApiRequest.ts";
import type { Upgrade } from "../NodeBackend.ts";
import { badRequest, StatusError } from "../StatusError.ts";
import { authenticate, type TokenReader } from "./Authenticator.ts";
import type { KeyPair } from "./certificates.ts";

/** As a real API server's: etcd would not take more. */
export const largestBody = 3 * 1024 * 1024;

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
}

export interface HttpsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Gives the API server a socket: HTTPS on 127.0.0.1. */
export async function startHttpsServer(options: HttpsServerOptions): Promise<HttpsServer> {
  const sockets = new Set<Socket>();
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
      noDelay: true,
    },
    (request, response) => void serve(request, response, options).catch(() => response.destroy()),
  );
  // Answers to these are ordinary ones too, unless somebody takes up the other protocol.
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    serveUpgrade({ request, socket, head }, options).catch(() => socket.destroy());
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  // A client that speaks no TLS, or hangs up in the middle of it, is its own business.
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  server.on("clientError", (_error, socket) => socket.destroy());
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

/** A request that asks for another protocol on its connection: who knows that protocol takes the connection, others answer as ever. */
async function serveUpgrade(upgrade: Upgrade, options: HttpsServerOptions): Promise<void> {
  const { request, socket } = upgrade;
  const hasBody =
    request.headers["transfer-encoding"] !== undefined || Number(request.headers["content-length"] ?? 0) > 0;
  const answer = hasBody
    ? refusal(badRequest("a request that asks for an upgrade has no body"))
    : await answerTo(request, socket, () => Promise.resolve(new Uint8Array()), options, upgrade);
  if (answer.status === 101) return;
  const response = new nodeHttp.ServerResponse(request);
  response.shouldKeepAlive = false;
  // Node has it of the socket that it took the request from.
  response.assignSocket(socket as Socket);
  response.once("finish", () => socket.end());
  await write(request, response, answer);
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  options: HttpsServerOptions,
): Promise<void> {
  await write(request, response, await answerTo(request, response, () => readBody(request), options));
}

async function answerTo(
  request: IncomingMessage,
  connection: EventEmitter,
  bodyOf: () => Promise<Uint8Array | undefined>,
  options: HttpsServerOptions,
  upgrade?: Upgrade,
): Promise<ApiResponse> {
  const user = await authenticate(request, options.tokens);
  if (user === undefined) return refusal(new StatusError(401, "Unauthorized", "Unauthorized"));
  const body = await bodyOf();
  if (body === undefined) {
    return refusal(
      new StatusError(413, "RequestEntityTooLarge", `Request entity too large: limit is ${largestBody}`),
    );
  }
  const gone = new AbortController();
  connection.once("close", () => gone.abort());
  const url = request.url ?? "/";
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

const refusal = ({ status }: StatusError): ApiResponse => ({
  status: status.code ?? 500,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(status),
});

/** Undefined when it is larger than allowed; the rest is then read and thrown away, so that the client gets to see the answer. */
async function readBody(request: IncomingMessage): Promise<Uint8Array | undefined> {
  if (request.method === "GET" || request.method === "HEAD") {
    request.resume();
    return new Uint8Array();
  }
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length <= largestBody) parts.push(part);
    else parts.length = 0;
    if (length > 16 * largestBody) break;
  }
  if (length > largestBody) return undefined;
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

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.once("drain", done);
    response.once("close", done);
    if (response.destroyed) done();
  });
}
