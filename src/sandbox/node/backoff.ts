/** How long to wait before a container is started again. */
export interface BackoffOptions {
  /** Milliseconds before the second restart; the first is immediate. */
  readonly base: number;
  /** Milliseconds, never longer. */
  readonly max: number;
}

/** A developer waits for every restart: a tenth of the kubelet's ten seconds, doubled up to five minutes. */
export const sandboxBackoff: BackoffOptions = { base: 1_000, max: 30_000 };

/** What is remembered of one container's crashes. */
export interface BackoffState {
  /** Milliseconds to wait before the next restart; 0 before the first crash. */
  readonly next: number;
  /** When it last crashed, milliseconds since 1970. */
  readonly at: number;
}

export const noBackoff: BackoffState = { next: 0, at: 0 };

/**
 * What a crash at `now` means: how long to wait, and what to remember. A container that ran for longer than twice the maximum since
 * its last crash starts from the beginning (k8s.io/client-go/util/flowcontrol/backoff.go).
 */
export function afterCrash(
  state: BackoffState,
  now: number,
  options: BackoffOptions,
): { wait: number; state: BackoffState } {
  const fresh = state.at !== 0 && now - state.at > 2 * options.max;
  const wait = fresh ? 0 : Math.min(state.next, options.max);
  const next = wait === 0 ? options.base : Math.min(wait * 2, options.max);
  return { wait, state: { next, at: now } };
}

/** As the kubelet writes durations: `10s`, `2m40s`. */
export function durationText(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (milliseconds < 1000) return `${milliseconds}ms`;
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
