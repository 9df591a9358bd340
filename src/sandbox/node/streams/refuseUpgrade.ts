import { nodeHttp } from "../../nodeHttp.ts";
import type { Duplex } from "node:stream";
import type { Refusal } from "./StreamTarget.ts";

/** Answers a request for an upgrade with a refusal, as the kubelet words it: plain text. */
export function refuseUpgrade(socket: Duplex, { status, message }: Refusal): void {
  const body = Buffer.from(`${message}\n`);
  const head = [
    `HTTP/1.1 ${status} ${nodeHttp.STATUS_CODES[status] ?? ""}`,
    "Content-Type: text/plain; charset=utf-8",
    "X-Content-Type-Options: nosniff",
    `Content-Length: ${body.length}`,
    "Connection: close",
  ];
  socket.end(Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), body]));
}
