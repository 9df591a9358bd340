import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";

/**
 * Hands a connection that asks for another protocol (websockets) to a process: the request as it came, then bytes both ways. `false` when nobody took the
 * connection, so that another process can be asked.
 */
export function forwardUpgrade(
  request: IncomingMessage,
  client: Duplex,
  head: Buffer,
  to: { port: number; path: string; headers: Record<string, string | string[] | undefined> },
): Promise<boolean> {
  return new Promise((resolve) => {
    const server = connect(to.port, "127.0.0.1");
    server.once("error", () => {
      resolve(false);
      server.destroy();
    });
    server.once("connect", () => {
      resolve(true);
      const lines = Object.entries(to.headers).flatMap(([name, value]) =>
        [value ?? []].flat().map((one) => `${name}: ${one}`),
      );
      const upgrade = [`connection: Upgrade`, `upgrade: ${request.headers.upgrade}`];
      server.write(
        `${request.method} ${to.path} HTTP/1.1\r\n${[...lines, ...upgrade].join("\r\n")}\r\n\r\n`,
        "latin1",
      );
      if (head.length > 0) server.write(head);
      server.setNoDelay(true);
      server.pipe(client);
      client.pipe(server);
      const end = (): void => {
        server.destroy();
        client.destroy();
      };
      server.once("close", end).once("error", end);
      client.once("close", end).once("error", end);
    });
  });
}
