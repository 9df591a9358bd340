import { connect, type Socket } from "node:net";
import type { Clock } from "../../Clock.ts";
import type { Target } from "./targets.ts";

/** So long a connection waits for somebody who is ready: a restart, a rollout. */
const patience = 2000;

export interface ForwardOptions {
  readonly clock: Clock;
  /** The targets in the order to try, now. */
  readonly targets: () => Target[];
  /** Resolves when they may have changed, or the signal fires. */
  readonly changed: (signal: AbortSignal) => Promise<void>;
}

/** Connects a client with the first target that accepts, and lets them talk until both are done. */
export async function forwardConnection(client: Socket, options: ForwardOptions): Promise<void> {
  const ended = new AbortController();
  client.once("close", () => ended.abort());
  client.on("error", () => client.destroy());
  const upstream = await firstThatAccepts(options, ended.signal);
  if (upstream === undefined || client.destroyed) {
    upstream?.destroy();
    // Reset, as a service without endpoints refuses.
    client.resetAndDestroy();
    return;
  }
  client.setNoDelay(true);
  upstream.setNoDelay(true);
  upstream.on("error", () => client.resetAndDestroy());
  upstream.once("close", () => client.destroySoon());
  client.once("close", () => upstream.destroy());
  client.pipe(upstream);
  upstream.pipe(client);
}

async function firstThatAccepts(
  { clock, targets, changed }: ForwardOptions,
  signal: AbortSignal,
): Promise<Socket | undefined> {
  const until = clock.now() + patience;
  for (;;) {
    for (const target of targets()) {
      const socket = await open(target, signal);
      if (socket !== undefined) return socket;
      if (signal.aborted) return undefined;
    }
    const left = until - clock.now();
    if (left <= 0 || signal.aborted) return undefined;
    const round = new AbortController();
    const either = AbortSignal.any([signal, round.signal]);
    // A target that refused may accept soon, without any news.
    await Promise.race([changed(either), clock.sleep(Math.min(left, 100), either).catch(() => undefined)]);
    round.abort();
  }
}

function open({ host, port }: Target, signal: AbortSignal): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, allowHalfOpen: true });
    const stop = (): void => {
      socket.destroy();
      resolve(undefined);
    };
    signal.addEventListener("abort", stop, { once: true });
    socket.once("connect", () => {
      signal.removeEventListener("abort", stop);
      socket.removeAllListeners("error");
      resolve(socket);
    });
    socket.once("error", () => {
      signal.removeEventListener("abort", stop);
      resolve(undefined);
    });
  });
}
