import { Duplex } from "node:stream";
import type { PortForwardCall, Upgrade } from "../../../api/NodeBackend.ts";
import { joinStreams } from "../joinStreams.ts";
import { keepAlive } from "../keepAlive.ts";
import { refuseUpgrade } from "../refuseUpgrade.ts";
import type { StreamTarget } from "../StreamTarget.ts";
import { acceptWebSocket } from "./acceptWebSocket.ts";
import { WebSocketChannels } from "./WebSocketChannels.ts";

const protocols = ["v4.channel.k8s.io", "v4.base64.channel.k8s.io", ""];

/**
 * Ports over the channels of a websocket, one connection each: channel 2n is the nth port's data, 2n+1 what went wrong with it. Both begin
 * with the port's number, little-endian. Source: k8s.io/kubelet, cri/streaming/portforward/websocket.go.
 */
export async function servePorts(
  upgrade: Upgrade,
  call: PortForwardCall,
  target: StreamTarget,
): Promise<void> {
  const { ports } = call;
  if (ports.length === 0) {
    refuseUpgrade(upgrade.socket, { status: 400, message: 'query parameter "port" is required' });
    return;
  }
  const accepted = await acceptWebSocket(upgrade, protocols);
  if (accepted === undefined) return;
  const carrier = new WebSocketChannels(accepted.websocket, accepted.protocol);
  void keepAlive(target.clock, carrier.gone, () => carrier.ping());
  const clients = ports.map((_port, index) => dataChannel(carrier, 2 * index));
  await Promise.all(
    clients.map(async (client, index) => {
      const port = ports[index] ?? 0;
      const number = Buffer.of(port & 255, port >> 8);
      await carrier.write(2 * index, number);
      await carrier.write(2 * index + 1, number);
      try {
        await joinStreams(client, await target.connect(port));
      } catch (error) {
        const why = `error forwarding port ${port} to pod ${target.name}: ${(error as Error).message}`;
        await carrier.write(2 * index + 1, why);
      }
    }),
  );
  carrier.close();
}

/** A channel without half-close: it ends with the connection. */
function dataChannel(carrier: WebSocketChannels, channel: number): Duplex {
  const reader = carrier.reader(channel);
  const duplex = new Duplex({
    read: () => void reader.resume(),
    write: (chunk: Buffer, _encoding, written) => void carrier.write(channel, chunk).then(() => written()),
  });
  reader.pause();
  reader.on("data", (chunk: Buffer) => {
    if (!duplex.push(chunk)) reader.pause();
  });
  reader.once("end", () => duplex.destroy());
  duplex.on("error", () => {});
  return duplex;
}
