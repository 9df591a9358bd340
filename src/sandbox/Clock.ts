/** Time, as everything in the sandbox takes it: an argument, so that a test can move it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after `milliseconds`, or at once when `signal` fires (it never rejects). Does not keep the process alive. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** A number in [0, 1). Never used for secrets. */
export type Random = () => number;

/** The time of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      timer.unref();
      signal?.addEventListener("abort", done, { once: true });
    }),
};

/** RFC 3339 with seconds, as Kubernetes writes `metav1.Time`. */
export const timeOf = (milliseconds: number): string =>
  `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;

/** RFC 3339 with six decimals, as Kubernetes writes `metav1.MicroTime` (Leases, events). */
export const microTimeOf = (milliseconds: number): string =>
  new Date(milliseconds).toISOString().replace("Z", "000Z");
