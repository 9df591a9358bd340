import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { ApiResponse } from "../ApiRequest.ts";
import { methodNotAllowed, StatusError } from "../StatusError.ts";

/** Milliseconds that a connection stays after its last words, so that a client that still sends gets to read them. Go waits as long. */
const lingering = 500;

const inText = (status: number, text: string): ApiResponse => ({
  status,
  headers: { "content-type": "text/plain; charset=utf-8", connection: "close" },
  body: text,
});

const notRead = (more = ""): ApiResponse => inText(400, `400 Bad Request${more}`);

/** How Go's HTTP server answers what Node's takes; undefined when nothing is wrong. Source: net/http, server.go, readRequest. */
export function malformed({
  headers,
  rawHeaders,
  httpVersion,
  url = "/",
}: IncomingMessage): ApiResponse | undefined {
  if (httpVersion === "0.9") return notRead();
  const encoding = headers["transfer-encoding"];
  if (encoding !== undefined && encoding.toLowerCase() !== "chunked")
    return inText(501, "Unsupported transfer encoding");
  const mark = url.indexOf("?");
  if (/%(?![0-9a-f]{2})/i.test(mark < 0 ? url : url.slice(0, mark))) return notRead();
  const { host } = headers;
  if (host === undefined)
    return httpVersion === "1.1" ? notRead(": missing required Host header") : undefined;
  if (!/^[\w!$%&'()*+,\-.:;=[\]~]*$/.test(host)) return notRead(": malformed Host header");
  const hosts = rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === "host");
  return hosts.length > 1 ? notRead() : undefined;
}

/** The path and query of a request's target, which may name a server as well. */
export const targetOf = (url: string): string =>
  url.startsWith("/") ? url : url.replace(/^https?:\/\/[^/?]*/i, "");

/** What a body that can't be read is answered with. */
export function brokenBody({ code }: NodeJS.ErrnoException): StatusError {
  const message =
    code === "HPE_INVALID_CHUNK_SIZE"
      ? "invalid byte in chunk length"
      : code === "HPE_INVALID_EOF_STATE"
        ? "unexpected EOF"
        : "malformed chunked encoding";
  return new StatusError(500, "", message);
}

/** What bytes that are no request are answered with; undefined: with nothing. */
export function notARequest(
  error: NodeJS.ErrnoException & { rawPacket?: Uint8Array },
): ApiResponse | undefined {
  switch (error.code) {
    case "HPE_HEADER_OVERFLOW":
      return inText(431, "431 Request Header Fields Too Large");
    case "HPE_INVALID_VERSION":
      return inText(505, "505 HTTP Version Not Supported: unsupported protocol version");
    case "HPE_INVALID_TRANSFER_ENCODING":
      // Also of a length beside chunks, which only Go reads on from.
      return /^content-length:/im.test(Buffer.from(error.rawPacket ?? []).toString("latin1"))
        ? notRead()
        : inText(501, "Unsupported transfer encoding");
    // Node knows methods by a list; others are refused by the API itself.
    case "HPE_INVALID_METHOD":
      return /^[\w!#$%&'*+.^`|~-]+ \S+ HTTP\/1\.[01]\r?\n/.test(
        Buffer.from(error.rawPacket ?? []).toString("latin1"),
      )
        ? ofStatus(methodNotAllowed())
        : notRead();
    // It took too long to say what it wants, or is gone.
    case "ERR_HTTP_REQUEST_TIMEOUT":
    case "ECONNRESET":
    case "EPIPE":
      return undefined;
    default:
      return notRead();
  }
}

export const ofStatus = ({ status }: StatusError): ApiResponse => ({
  status: status.code ?? 500,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(status),
});

/** Writes an answer as the last of a connection that Node gave up. */
export function lastWords(socket: Duplex, answer: ApiResponse | undefined): void {
  if (answer === undefined || !socket.writable) return void socket.destroy();
  const body = answer.body as string;
  const headers = {
    ...answer.headers,
    connection: "close",
    "content-length": String(Buffer.byteLength(body)),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(
    `HTTP/1.1 ${answer.status} ${reasons[answer.status] ?? "Bad Request"}\r\n${lines.join("")}\r\n${body}`,
  );
  setTimeout(() => socket.destroy(), lingering).unref();
}

const reasons: Readonly<Record<number, string>> = {
  405: "Method Not Allowed",
  431: "Request Header Fields Too Large",
  501: "Not Implemented",
  505: "HTTP Version Not Supported",
};
