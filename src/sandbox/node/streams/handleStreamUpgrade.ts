import type { StreamCall, Upgrade } from "../../api/NodeBackend.ts";
import { refuseUpgrade } from "./refuseUpgrade.ts";
import type { StreamTarget } from "./StreamTarget.ts";

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
    if (refusal !== undefined) return refuseUpgrade(socket, refusal);
    const { serveProtocol } = await import("./serveProtocol.ts");
    await serveProtocol(upgrade, call, target);
  } catch (error) {
    if (!socket.destroyed) refuseUpgrade(socket, { status: 500, message: (error as Error).message });
  }
}
