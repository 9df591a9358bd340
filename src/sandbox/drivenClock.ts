import type { Clock } from "./Clock.ts";

export interface DrivenClock extends Clock {
  /** Lets time pass: whatever is due meanwhile wakes, in its order. */
  advance(milliseconds: number): void;
  /** When the next sleeper wakes, in milliseconds since the epoch. */
  next(): number | undefined;
}

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** A clock that stands still until it is told to move. */
export function drivenClock(start = Date.parse("2026-03-02T08:00:00Z")): DrivenClock {
  let now = start;
  const sleepers = new Set<Sleeper>();
  const earliest = (): Sleeper | undefined =>
    [...sleepers].reduce<Sleeper | undefined>(
      (first, one) => (first && first.at <= one.at ? first : one),
      undefined,
    );
  return {
    now: () => now,
    sleep: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        const refuse = (): void => {
          sleepers.delete(sleeper);
          reject(signal!.reason as Error);
        };
        const sleeper: Sleeper = {
          at: now + Math.max(0, milliseconds),
          wake: () => {
            signal?.removeEventListener("abort", refuse);
            resolve();
          },
        };
        if (signal?.aborted) return refuse();
        signal?.addEventListener("abort", refuse, { once: true });
        sleepers.add(sleeper);
      }),
    advance(milliseconds) {
      const until = now + milliseconds;
      for (let sleeper = earliest(); sleeper && sleeper.at <= until; sleeper = earliest()) {
        now = Math.max(now, sleeper.at);
        sleepers.delete(sleeper);
        sleeper.wake();
      }
      now = until;
    },
    next: () => earliest()?.at,
  };
}
