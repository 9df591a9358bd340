import type { StreamCall, Upgrade } from "../../api/NodeBackend.ts";
import { refuseUpgrade } from "./refuseUpgrade.ts";
import * as spdy from "./spdy/serveCommand.ts";
import { servePorts as serveSpdyPorts, serveTunnelledPorts, tunnelProtocol } from "./spdy/servePorts.ts";
import type { StreamTarget } from "./StreamTarget.ts";
import { offeredProtocols } from "./websocket/acceptWebSocket.ts";
import * as websocket from "./websocket/serveCommand.ts";
import { servePorts as serveWebSocketPorts } from "./websocket/servePorts.ts";

/** Speaks the protocol that the client asked for. Loaded with the first stream, as the start of a sandbox should not wait for it. */
export async function serveProtocol(upgrade: Upgrade, call: StreamCall, target: StreamTarget): Promise<void> {
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
