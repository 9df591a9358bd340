import type { Clock } from "../../Clock.ts";
import type { Probe } from "../Pod.ts";
import { afterProbe, noProbeYet, type ProbeState } from "./probeState.ts";

export interface ProbeResult {
  readonly ok: boolean;
  /** Why not, in the kubelet's words. */
  readonly message: string;
}

export interface ProbeLoopOptions {
  readonly probe: Probe;
  readonly run: () => Promise<ProbeResult>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Also tried between the periods until it has succeeded once; failures of those tries don't count. */
  readonly eager: boolean;
  /** Ends the loop by returning true. */
  readonly onResult: (result: ProbeResult, state: ProbeState) => boolean | void;
}

/** For so long a program that starts is asked often; afterwards at a pace that costs nothing. */
const eagerPhase = 5000;

/** Probes until the signal fires or `onResult` says so. */
export async function probeLoop({
  probe,
  run,
  clock,
  signal,
  eager,
  onResult,
}: ProbeLoopOptions): Promise<void> {
  const period = (probe.periodSeconds ?? 10) * 1000;
  const begin = clock.now();
  // A kubelet's prober ticks from before the container runs: its first look at a running one comes up to a period later. Looking at
  // once would end a program whose liveness probe tolerates no failure before it listens.
  let next = begin + ((probe.initialDelaySeconds ?? 0) * 1000 || (eager ? 0 : period));
  let state = noProbeYet;
  try {
    while (!signal.aborted) {
      const now = clock.now();
      const pace = probe.exec === undefined && now - begin < eagerPhase ? 50 : 250;
      const hurried = eager && state.verdict !== "success";
      const wait = hurried && now > begin ? Math.min(pace, next - now) : hurried ? 0 : next - now;
      if (wait > 0) await clock.sleep(wait, signal);
      const counts = clock.now() >= next;
      if (counts) next = clock.now() + period;
      const result = await run();
      if (signal.aborted) return;
      if (!result.ok && !counts) {
        // The first round has no wait of its own.
        if (wait <= 0) await clock.sleep(Math.min(pace, Math.max(1, next - clock.now())), signal);
        continue;
      }
      state = afterProbe(state, result.ok, probe);
      if (onResult(result, state) === true) return;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
