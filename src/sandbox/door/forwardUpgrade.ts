import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { nodeHttp } from "../nodeHttp.ts";
import { definedOnly } from "./forward.ts";

/**
 * Hands a connection that asks for a websocket to a process: the request, and once the process agrees (101), bytes both ways. A refusal is passed on and ends the
 * connection: what came after it on the same connection would not be routed. `false` when nobody answered, so that another process can be asked.
 */
export function forwardUpgrade(
  request: IncomingMessage,
  client: Duplex,
  head: Buffer,
  to: { port: number; path: string; headers: Record<string, string | string[] | undefined> },
): Promise<boolean> {
  return new Promise((resolve) => {
    const upstream = nodeHttp.request({
      host: "127.0.0.1",
      port: to.port,
      method: request.method,
      path: to.path,
      headers: { ...definedOnly(to.headers), connection: "Upgrade", upgrade: request.headers.upgrade },
      agent: false,
      setHost: false,
    });
    const leave = (): void => void upstream.destroy();
    client.once("close", leave);
    upstream.once("upgrade", (answer, server, serverHead) => {
      const end = (): void => {
        server.destroy();
        client.destroy();
      };
      server.once("close", end).on("error", end);
      client.once("close", end).on("error", end);
      client.write(headOf(answer, answer.rawHeaders), "latin1");
      if (serverHead.length > 0) client.write(serverHead);
      if (head.length > 0) server.write(head);
      server.pipe(client);
      client.pipe(server);
      resolve(true);
    });
    upstream.once("response", (answer) => {
      const kept = answer.rawHeaders.flatMap((name, index, all) =>
        index % 2 === 0 && !/^(?:connection|keep-alive|transfer-encoding|upgrade)$/i.test(name)
          ? [name, all[index + 1] ?? ""]
          : [],
      );
      client.write(headOf(answer, [...kept, "Connection", "close"]), "latin1");
      answer.once("error", () => client.destroy());
      client.once("finish", () => client.destroy());
      answer.pipe(client);
      resolve(true);
    });
    upstream.on("error", () => {
      client.off("close", leave);
      resolve(false);
    });
    upstream.end();
  });
}

function headOf(answer: IncomingMessage, headers: readonly string[]): string {
  let text = `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n`;
  for (let index = 0; index < headers.length; index += 2)
    text += `${headers[index]}: ${headers[index + 1]}\r\n`;
  return `${text}\r\n`;
}
