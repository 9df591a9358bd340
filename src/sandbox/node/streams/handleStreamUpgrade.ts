import type { StreamCall, Upgrade } from "../../api/NodeBackend.ts";
import { refuseUpgrade } from "./refuseUpgrade.ts";
import type { StreamTarget } from "./StreamTarget.ts";
import { serveCommand } from "./websocket/serveCommand.ts";

/**
 * Serves `exec`, `attach` or `portforward` on a connection that asked to be upgraded: to a websocket, or to SPDY/3.1. Resolves when the
 * connection is over, also when it was refused. Never rejects.
 */
export async function handleStreamUpgrade(
  upgrade: Upgrade,
  call: StreamCall,
  target: StreamTarget,
): Promise<void> {
  const { request, socket } = upgrade;
  socket.on("error", () => socket.destroy());
  try {
    const refusal = await target.refusal(call);
    const wanted = (request.headers.upgrade ?? "").toLowerCase();
    if (refusal !== undefined) refuseUpgrade(socket, refusal);
    else if (wanted === "websocket" && call.kind !== "portforward") await serveCommand(upgrade, call, target);
    else refuseUpgrade(socket, { status: 400, message: `unable to upgrade: ${wanted} is not served` });
  } catch (error) {
    if (!socket.destroyed) refuseUpgrade(socket, { status: 500, message: (error as Error).message });
  }
}
