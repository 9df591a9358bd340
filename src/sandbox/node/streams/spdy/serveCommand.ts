import { PassThrough } from "node:stream";
import type { AttachCall, ExecCall, Upgrade } from "../../../api/NodeBackend.ts";
import type { CommandChannels } from "../CommandChannels.ts";
import { statusText } from "../commandStatus.ts";
import { keepAlive } from "../keepAlive.ts";
import { runCommand } from "../runCommand.ts";
import type { StreamTarget } from "../StreamTarget.ts";
import { terminalSizes } from "../terminalSizes.ts";
import { acceptSpdy } from "./acceptSpdy.ts";
import { SpdyConnection } from "./SpdyConnection.ts";
import type { SpdyStream } from "./SpdyStream.ts";

const protocols = [
  "v5.channel.k8s.io",
  "v4.channel.k8s.io",
  "v3.channel.k8s.io",
  "v2.channel.k8s.io",
  "channel.k8s.io",
];

/** Milliseconds in which a client opens its streams. */
const untilOpened = 30_000;

/** Milliseconds that a client has to close a connection that is done. */
const untilClosed = 5_000;

/** A command over SPDY. Resolves when the connection is over. */
export async function serveCommand(
  upgrade: Upgrade,
  call: ExecCall | AttachCall,
  target: StreamTarget,
): Promise<void> {
  const accepted = acceptSpdy(upgrade, protocols);
  if (accepted === undefined) return;
  const { protocol, connection } = accepted;
  const resizable = call.tty && /^v[345]\./.test(protocol);
  const expected = new Set([
    "error",
    ...(call.stdin ? ["stdin"] : []),
    ...(call.stdout ? ["stdout"] : []),
    ...(call.stderr ? ["stderr"] : []),
    ...(resizable ? ["resize"] : []),
  ]);
  const streams = new Map<string, SpdyStream>();
  const complete = Promise.withResolvers<boolean>();
  const carrier = new SpdyConnection(connection, (stream) => {
    const type = stream.headers["streamtype"] ?? "";
    if (!expected.delete(type)) {
      stream.destroy();
      return;
    }
    streams.set(type, stream);
    if (expected.size === 0) complete.resolve(true);
  });
  const { gone } = carrier;
  const closed = new Promise<void>((resolve) =>
    gone.addEventListener("abort", () => resolve(), { once: true }),
  );
  void closed.then(() => complete.resolve(false));
  void keepAlive(target.clock, gone, () => carrier.ping());
  void target.clock.sleep(untilOpened, gone).then(
    () => complete.resolve(false),
    () => undefined,
  );
  if (!(await complete.promise)) {
    connection.destroy();
    return;
  }
  const stdin = streams.get("stdin") ?? new PassThrough().end();
  const channels: CommandChannels = {
    stdin,
    gone,
    onResize: (take) => void streams.get("resize")?.on("data", terminalSizes(take)),
    write: (name, chunk) => written(streams.get(name), chunk),
    async finish(status) {
      const text = statusText(status, /^v[45]\./.test(protocol));
      if (text !== "") await written(streams.get("error"), Buffer.from(text));
      await Promise.all([...streams.values()].map(ended));
      carrier.close();
      void target.clock.sleep(untilClosed, gone).then(
        () => connection.destroy(),
        () => undefined,
      );
    },
  };
  await runCommand(call, target, channels);
  await closed;
}

const written = (stream: SpdyStream | undefined, chunk: Uint8Array): Promise<void> =>
  new Promise((resolve) => {
    if (stream === undefined || !stream.writable) resolve();
    else stream.write(chunk, () => resolve());
  });

const ended = (stream: SpdyStream): Promise<void> =>
  new Promise((resolve) => {
    if (stream.destroyed) resolve();
    else stream.once("close", resolve).end(() => resolve());
  });
