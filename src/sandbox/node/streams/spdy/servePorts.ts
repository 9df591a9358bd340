import { createWebSocketStream } from "ws";
import type { Upgrade } from "../../../api/NodeBackend.ts";
import { forwardPorts } from "../forwardPorts.ts";
import type { StreamTarget } from "../StreamTarget.ts";
import { acceptWebSocket } from "../websocket/acceptWebSocket.ts";
import { acceptSpdy } from "./acceptSpdy.ts";

const protocol = "portforward.k8s.io";

/** What a websocket is asked for that carries SPDY. */
export const tunnelProtocol = `SPDY/3.1+${protocol}`;

/** Ports over SPDY. Resolves when the connection is over. */
export async function servePorts(upgrade: Upgrade, target: StreamTarget): Promise<void> {
  const accepted = acceptSpdy(upgrade, [protocol]);
  if (accepted !== undefined) await forwardPorts(accepted.connection, target);
}

/** Ports over SPDY over a websocket, which kubectl prefers: proxies let it pass. */
export async function serveTunnelledPorts(upgrade: Upgrade, target: StreamTarget): Promise<void> {
  const accepted = await acceptWebSocket(upgrade, [tunnelProtocol]);
  if (accepted !== undefined) await forwardPorts(createWebSocketStream(accepted.websocket), target);
}
