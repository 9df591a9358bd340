import { describe, expect, test } from "vitest";
import { drivenClock } from "../../drivenClock.ts";
import { WorkQueue } from "./WorkQueue.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function queueOf(reconcile: (key: string) => Promise<number | void>): {
  queue: WorkQueue;
  pass: (milliseconds: number) => Promise<void>;
  stop: () => void;
} {
  const clock = drivenClock();
  const stop = new AbortController();
  const options = {
    clock,
    random: () => 1,
    signal: stop.signal,
    concurrency: 2,
    reconcile,
    onError: () => undefined,
  };
  const queue = new WorkQueue(options);
  queue.start();
  return {
    queue,
    stop: () => stop.abort(),
    async pass(milliseconds) {
      await turn();
      clock.advance(milliseconds);
      await turn();
    },
  };
}

describe("a work queue", () => {
  test("never works on one key twice at a time, and once more when it was added meanwhile", async () => {
    let now = 0;
    let most = 0;
    let times = 0;
    const { queue, pass } = queueOf(async () => {
      times += 1;
      most = Math.max(most, (now += 1));
      await turn();
      now -= 1;
    });
    queue.add("a");
    await Promise.resolve();
    queue.add("a");
    queue.add("a");
    await pass(0);
    await pass(0);
    expect({ most, times, idle: queue.idle }).toEqual({ most: 1, times: 2, idle: true });
  });

  test("waits longer after each failure, and forgets them after a success", async () => {
    let fails = true;
    let times = 0;
    const { queue, pass } = queueOf(async () => {
      times += 1;
      if (fails) throw new Error("no");
    });
    queue.add("a");
    await pass(0);
    for (const wait of [20, 40, 80]) {
      await pass(wait - 1);
      const before = times;
      await pass(1);
      expect(times).toBe(before + 1);
    }
    fails = false;
    await pass(160);
    fails = true;
    queue.add("a");
    await pass(0);
    const before = times;
    await pass(20);
    expect(times).toBe(before + 1);
  });

  test("comes back at the earliest time that was asked for, and not after the stop", async () => {
    let times = 0;
    const { queue, pass, stop } = queueOf(async () => {
      times += 1;
    });
    queue.addAfter("a", 100);
    queue.addAfter("a", 50);
    queue.addAfter("a", 70);
    await pass(50);
    expect(times).toBe(1);
    await pass(100);
    expect(times).toBe(1);
    queue.addAfter("a", 10);
    stop();
    await pass(10);
    expect(times).toBe(1);
  });

  // Node fires a longer timer at once: a CronJob that ran in a month was looked at a thousand times a second.
  test("never waits longer than a timer can", async () => {
    const clock = drivenClock();
    const stop = new AbortController();
    const queue = new WorkQueue({
      clock,
      random: () => 1,
      signal: stop.signal,
      concurrency: 1,
      reconcile: async () => undefined,
      onError: () => undefined,
    });
    queue.addAfter("a", 60 * 24 * 3_600_000);
    expect((clock.next() ?? 0) - clock.now()).toBe(2 ** 31 - 1);
    stop.abort();
  });
});
