/** Full-jitter exponential back-off (Brooker, "Exponential Backoff And Jitter", 2015), never below half its bound. */
export interface BackoffOptions {
  /** Milliseconds before the first repetition. Default 200. */
  readonly initial?: number;
  /** Milliseconds; no wait is longer. Default 30,000. */
  readonly max?: number;
  /** By which a wait is longer than the one before. Default 2. */
  readonly factor?: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Milliseconds to wait before repetition `attempt` (0 is the first). */
export function backoffDelay(attempt: number, options: BackoffOptions): number {
  const { initial = 200, max = 30_000, factor = 2, random } = options;
  const bound = Math.min(max, initial * factor ** Math.min(attempt, 60));
  return bound / 2 + (bound / 2) * random();
}
