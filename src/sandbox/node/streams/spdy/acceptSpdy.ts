import type { Duplex } from "node:stream";
import type { Upgrade } from "../../../api/NodeBackend.ts";
import { refuseUpgrade } from "../refuseUpgrade.ts";

const versionHeader = "X-Stream-Protocol-Version";

/**
 * Upgrades the connection to SPDY/3.1, with the first of the client's protocols that is supported; undefined when it was refused.
 * Source: k8s.io/streaming/pkg/httpstream, Handshake.
 */
export function acceptSpdy(
  { request, socket, head }: Upgrade,
  supported: readonly string[],
): { protocol: string; connection: Duplex } | undefined {
  const offered = [request.headers[versionHeader.toLowerCase()] ?? []]
    .flat()
    .flatMap((value) => value.split(","))
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol !== "");
  const protocol = offered.find((each) => supported.includes(each));
  if (protocol === undefined) {
    refuseUpgrade(
      socket,
      offered.length === 0
        ? { status: 400, message: `unable to upgrade: header ${versionHeader} does not exist in request` }
        : {
            status: 403,
            message: `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(" ")}], server accepts [${supported.join(" ")}]`,
          },
    );
    return undefined;
  }
  if (head.length > 0) socket.unshift(head);
  const lines = [
    "HTTP/1.1 101 Switching Protocols",
    "Connection: Upgrade",
    "Upgrade: SPDY/3.1",
    `${versionHeader}: ${protocol}`,
  ];
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  return { protocol, connection: socket };
}
