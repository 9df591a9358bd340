import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import { systemClock } from "./Clock.ts";

// A pod with a deadline of thirty days was over it after a millisecond, and a watch of as long at its end.
it.each([2 ** 31, 30 * 24 * 3600 * 1000, Infinity])(
  "sleeps %d milliseconds, which are more than a timer can have",
  async (milliseconds) => {
    const over = new AbortController();
    const sleep = systemClock.sleep(milliseconds, over.signal).then(
      () => "is over",
      () => "was cut",
    );
    await delay(20);
    over.abort();
    expect(await sleep).toBe("was cut");
  },
);
