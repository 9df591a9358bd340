import type { AttachCall, ExecCall, Upgrade } from "../../../api/NodeBackend.ts";
import type { CommandChannels } from "../CommandChannels.ts";
import { statusText } from "../commandStatus.ts";
import { keepAlive } from "../keepAlive.ts";
import { runCommand } from "../runCommand.ts";
import type { StreamTarget } from "../StreamTarget.ts";
import { terminalSizes } from "../terminalSizes.ts";
import { acceptWebSocket } from "./acceptWebSocket.ts";
import { WebSocketChannels } from "./WebSocketChannels.ts";

/** Numbers of the channels. Source: k8s.io/apimachinery/pkg/util/remotecommand/constants.go. */
const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const;

const protocols = [
  "v5.channel.k8s.io",
  "v4.channel.k8s.io",
  "v4.base64.channel.k8s.io",
  "channel.k8s.io",
  "base64.channel.k8s.io",
  "",
];

/** A command over a websocket. Resolves when the connection is over. */
export async function serveCommand(
  upgrade: Upgrade,
  call: ExecCall | AttachCall,
  target: StreamTarget,
): Promise<void> {
  const accepted = await acceptWebSocket(upgrade, protocols);
  if (accepted === undefined) return;
  const { protocol } = accepted;
  const carrier = new WebSocketChannels(accepted.websocket, protocol);
  const closed = new Promise<void>((resolve) =>
    carrier.gone.addEventListener("abort", () => resolve(), { once: true }),
  );
  void keepAlive(target.clock, carrier.gone, () => carrier.ping());
  const stdin = carrier.reader(channel.stdin);
  const resizes = carrier.reader(channel.resize);
  const channels: CommandChannels = {
    stdin,
    gone: carrier.gone,
    onResize: (take) => void resizes.on("data", terminalSizes(take)),
    write: (stream, chunk) => carrier.write(channel[stream], chunk),
    async finish(status) {
      const text = statusText(status, /^v[45]\./.test(protocol));
      if (text !== "") await carrier.write(channel.error, text);
      carrier.close();
    },
  };
  // An empty message tells the client that it is connected.
  await carrier.write(call.stdout ? channel.stdout : call.stderr ? channel.stderr : channel.error, "");
  await runCommand(call, target, channels);
  await closed;
}
