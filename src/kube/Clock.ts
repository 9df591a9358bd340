import { setTimeout as delay } from "node:timers/promises";

/** Time as an argument, so that tests decide how it passes. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after so many milliseconds, or rejects with the signal's reason when it fires before. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** Milliseconds of the machine's longest timer: a longer one goes off at once. */
const longestTimer = 2 ** 31 - 1;

/** The machine's. */
export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(milliseconds, signal) {
    let left = milliseconds;
    for (; left > longestTimer; left -= longestTimer) await delay(longestTimer, undefined, { signal });
    await delay(left, undefined, { signal });
  },
};
