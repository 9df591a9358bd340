import type { Clock } from "../Clock.ts";
import { drivenClock, type DrivenClock } from "../drivenClock.ts";

/** A clock that goes on as another one does, and can be told to be ahead of it. */
export function flowingClock(real: Clock, start: number): DrivenClock {
  const inner = drivenClock(start);
  let seen = real.now();
  let waiting = new AbortController();
  /** What has passed by itself. */
  const catchUp = (): void => {
    const now = real.now();
    const passed = now - seen;
    seen = now;
    if (passed > 0) inner.advance(passed);
  };
  /** Wakes for whoever is next. */
  const wait = (): void => {
    waiting.abort();
    waiting = new AbortController();
    const next = inner.next();
    if (next === undefined) return;
    real.sleep(Math.min(Math.max(1, next - inner.now()), longestTimer), waiting.signal).then(
      () => {
        catchUp();
        wait();
      },
      // Another one waits.
      () => {},
    );
  };
  return {
    now: () => inner.now() + Math.max(0, real.now() - seen),
    sleep(milliseconds, signal) {
      catchUp();
      const slept = inner.sleep(milliseconds, signal);
      wait();
      return slept;
    },
    advance(milliseconds) {
      catchUp();
      inner.advance(milliseconds);
      wait();
    },
    next: () => inner.next(),
  };
}

/** Longer ones are cut short by Node: they would fire at once. */
const longestTimer = 2 ** 31 - 1;
