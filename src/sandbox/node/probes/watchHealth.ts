import type { Clock } from "../../Clock.ts";
import type { Container, Probe } from "../Pod.ts";
import { tcpPorts } from "../ports.ts";
import { probeLoop } from "./probeLoop.ts";
import { runProbe, type ProbeContext } from "./runProbe.ts";

export type ProbeKind = "Startup" | "Readiness" | "Liveness";

export interface HealthOptions {
  readonly container: Container;
  readonly context: ProbeContext;
  readonly clock: Clock;
  /** Fires when the process has ended. */
  readonly signal: AbortSignal;
  readonly onStarted: () => void;
  readonly onReady: (ready: boolean) => Promise<void>;
  /** A probe failed, in words. */
  readonly onUnhealthy: (kind: ProbeKind, message: string) => void;
  /** Too often: the container is to be ended. */
  readonly onFailed: (kind: ProbeKind) => Promise<void>;
}

/** Watches a running container by its probes until it ends: first startup, then readiness and liveness side by side. */
export async function watchHealth(options: HealthOptions): Promise<void> {
  const { container, context, clock, signal, onStarted, onReady, onUnhealthy, onFailed } = options;
  const loop = (
    kind: ProbeKind,
    probe: Probe,
    eager: boolean,
    onVerdict: (ok: boolean) => boolean,
  ): Promise<void> =>
    probeLoop({
      probe,
      clock,
      signal,
      eager,
      run: () => runProbe(probe, context, signal),
      onResult: (result, state) => {
        if (!result.ok) onUnhealthy(kind, result.message);
        return state.verdict === "unknown" ? false : onVerdict(state.verdict === "success");
      },
    });

  if (container.startupProbe !== undefined) {
    let started = false;
    await loop("Startup", container.startupProbe, true, (ok) => {
      started = ok;
      return true;
    });
    if (signal.aborted) return;
    if (!started) return onFailed("Startup");
  }
  onStarted();

  const readiness = async (): Promise<void> => {
    const probe = container.readinessProbe;
    if (probe !== undefined) {
      let last = Promise.resolve();
      await loop("Readiness", probe, true, (ok) => {
        last = last.then(() => onReady(ok));
        return false;
      });
      await last;
      return;
    }
    const port = tcpPorts(container)[0]?.containerPort;
    // Nothing is to be sent to a program that does not listen yet.
    if (port !== undefined) {
      await probeLoop({
        probe: { periodSeconds: 1, timeoutSeconds: 1 },
        clock,
        signal,
        eager: true,
        run: () => runProbe({ tcpSocket: { port } }, context, signal),
        onResult: ({ ok }) => ok,
      });
    }
    if (!signal.aborted) await onReady(true);
  };
  const liveness = async (): Promise<void> => {
    if (container.livenessProbe === undefined) return;
    let failed = false;
    await loop("Liveness", container.livenessProbe, false, (ok) => {
      failed = !ok;
      return failed;
    });
    if (failed && !signal.aborted) await onFailed("Liveness");
  };
  await Promise.all([readiness(), liveness()]);
}
