import { WebSocketServer, type WebSocket } from "ws";
import type { Upgrade } from "../../../api/NodeBackend.ts";
import { refuseUpgrade } from "../refuseUpgrade.ts";

/** As golang.org/x/net/websocket, which serves these requests in a cluster. */
const largestMessage = 32 * 2 ** 20;

/** Protocols that a request offers, in its order. */
export const offeredProtocols = ({ request }: Upgrade): string[] =>
  (request.headers["sec-websocket-protocol"] ?? "")
    .split(",")
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol !== "");

export interface AcceptedWebSocket {
  readonly websocket: WebSocket;
  /** Empty when none was offered. */
  readonly protocol: string;
}

/** Upgrades the connection, with the first offered protocol that is supported; undefined when it was refused. */
export function acceptWebSocket(
  upgrade: Upgrade,
  supported: readonly string[],
): Promise<AcceptedWebSocket | undefined> {
  const offered = offeredProtocols(upgrade);
  const chosen = offered.length === 0 ? "" : offered.find((protocol) => supported.includes(protocol));
  const { request, socket, head } = upgrade;
  if (chosen === undefined || !supported.includes(chosen)) {
    refuseUpgrade(socket, {
      status: 403,
      message: `requested protocol(s) are not supported: [${offered.join(" ")}]; supports [${supported.join(" ")}]`,
    });
    return Promise.resolve(undefined);
  }
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: largestMessage,
  });
  // The library keeps to the letter of RFC 6455, by which `SPDY/3.1+portforward.k8s.io` is no name of a protocol: it is not shown any.
  delete request.headers["sec-websocket-protocol"];
  if (chosen !== "")
    server.on("headers", (lines: string[]) => lines.push(`Sec-WebSocket-Protocol: ${chosen}`));
  return new Promise((resolve) => {
    // A handshake that is wrong in itself is answered by the library, which then closes the connection.
    socket.once("close", () => resolve(undefined));
    server.handleUpgrade(request, socket, head, (websocket) => {
      websocket.on("error", () => websocket.terminate());
      resolve({ websocket, protocol: chosen });
    });
  });
}
