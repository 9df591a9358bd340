/** What a probe's results so far mean. Pure; k8s.io/kubernetes/pkg/kubelet/prober/worker.go. */
export interface ProbeState {
  readonly successes: number;
  readonly failures: number;
  readonly verdict: "unknown" | "success" | "failure";
}

export const noProbeYet: ProbeState = { successes: 0, failures: 0, verdict: "unknown" };

/** Takes one result in: the verdict changes when a threshold is reached in a row. */
export function afterProbe(
  state: ProbeState,
  ok: boolean,
  thresholds: { successThreshold?: number; failureThreshold?: number },
): ProbeState {
  const successes = ok ? state.successes + 1 : 0;
  const failures = ok ? 0 : state.failures + 1;
  if (ok && successes >= (thresholds.successThreshold ?? 1))
    return { successes, failures, verdict: "success" };
  if (!ok && failures >= (thresholds.failureThreshold ?? 3))
    return { successes, failures, verdict: "failure" };
  return { successes, failures, verdict: state.verdict };
}
