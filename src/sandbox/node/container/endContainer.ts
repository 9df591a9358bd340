import type { Clock } from "../../Clock.ts";
import type { LifecycleHandler } from "../Pod.ts";
import { attempt, type ProbeContext } from "../probes/runProbe.ts";
import type { RunningProcess } from "../process/startProcess.ts";

export interface EndOptions {
  readonly clock: Clock;
  readonly running: RunningProcess;
  /** Milliseconds, the hook's included. */
  readonly grace: number;
  readonly stopSignal: NodeJS.Signals;
  readonly hook: LifecycleHandler | undefined;
  readonly context: ProbeContext;
  readonly onHookFailed: (message: string) => void;
  /** Resolves when the signal may be sent. */
  readonly pause?: Promise<void> | undefined;
  /** Cuts the grace. */
  readonly hurry?: AbortSignal | undefined;
}

/** Ends a program: the preStop hook, then its stop signal, and when the grace is over, SIGKILL. Resolves when it has ended. */
export async function endContainer(options: EndOptions): Promise<void> {
  const { clock, running, grace, stopSignal, hook, context, onHookFailed, pause, hurry } = options;
  const until = clock.now() + grace;
  const over = new AbortController();
  const stop = hurry === undefined ? over.signal : AbortSignal.any([over.signal, hurry]);
  void running.exited.then(() => over.abort());
  if (hook !== undefined && grace > 0) {
    // Who sends connections hears at once here: no need to wait as long as in a cluster.
    const handler =
      hook.sleep === undefined ? hook : { sleep: { seconds: Math.min(hook.sleep.seconds, 0.3) } };
    const late = new AbortController();
    const limit = clock.sleep(grace, late.signal).then(
      () => undefined,
      () => undefined,
    );
    const result = await Promise.race([
      attempt(handler, context, AbortSignal.any([stop, late.signal])),
      limit,
    ]);
    late.abort();
    if (result?.ok === false && !over.signal.aborted) onHookFailed(result.message);
  }
  if (pause !== undefined && !stop.aborted) await pause;
  if (!over.signal.aborted) running.signal(stopSignal);
  // As the kubelet, at least two seconds after a hook that took all the time.
  const left = Math.max(until - clock.now(), hook === undefined || grace === 0 ? 0 : 2000);
  if (left > 0) await clock.sleep(left, stop).catch(() => undefined);
  if (!over.signal.aborted) running.signal("SIGKILL");
  await running.exited;
}
