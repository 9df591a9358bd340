import type { StreamCall, Upgrade } from "../../api/NodeBackend.ts";
import { refuseUpgrade } from "./refuseUpgrade.ts";
import * as spdy from "./spdy/serveCommand.ts";
import { servePorts as serveSpdyPorts, serveTunnelledPorts, tunnelProtocol } from "./spdy/servePorts.ts";
import type { StreamTarget } from "./StreamTarget.ts";
import { offeredProtocols } from "./websocket/acceptWebSocket.ts";
import * as websocket from "./websocket/serveCommand.ts";
import { servePorts as serveWebSocketPorts } from "./websocket/servePorts.ts";

/**
 * Serves `exec`, `attach` or `portforward` on a connection that asked to be upgraded: to a websocket, or to SPDY/3.1. Resolves when the
 * connection is over, also when it was refused. Never rejects.
 */
export async function handleStreamUpgrade(
  upgrade: Upgrade,
  call: StreamCall,
  target: StreamTarget,
): Promise<void> {
  const { socket } = upgrade;
  socket.on("error", () => socket.destroy());
  try {
    const refusal = await target.refusal(call);
    if (refusal === undefined) await serve(upgrade, call, target);
    else refuseUpgrade(socket, refusal);
  } catch (error) {
    if (!socket.destroyed) refuseUpgrade(socket, { status: 500, message: (error as Error).message });
  }
}

async function serve(upgrade: Upgrade, call: StreamCall, target: StreamTarget): Promise<void> {
  const wanted = (upgrade.request.headers.upgrade ?? "").toLowerCase();
  if (wanted === "websocket") {
    if (call.kind !== "portforward") await websocket.serveCommand(upgrade, call, target);
    else if (offeredProtocols(upgrade).includes(tunnelProtocol)) await serveTunnelledPorts(upgrade, target);
    else await serveWebSocketPorts(upgrade, call, target);
  } else if (wanted.includes("spdy/3.1")) {
    if (call.kind === "portforward") await serveSpdyPorts(upgrade, target);
    else await spdy.serveCommand(upgrade, call, target);
  } else {
    refuseUpgrade(upgrade.socket, {
      status: 400,
      message: "unable to upgrade: missing upgrade headers in request",
    });
  }
}
