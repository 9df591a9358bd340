import fc from "fast-check";
import { expect, it } from "vitest";
import type { Clock } from "../../Clock.ts";
import { probeLoop } from "./probeLoop.ts";
import { afterProbe, noProbeYet } from "./probeState.ts";

/** Time that passes only when somebody waits for it. */
const jumpingClock = (): Clock & { time: number } => {
  const clock = {
    time: 0,
    now: () => clock.time,
    sleep: async (milliseconds: number, signal?: AbortSignal) => {
      signal?.throwIfAborted();
      await Promise.resolve();
      clock.time += milliseconds;
    },
  };
  return clock;
};

it("asks a starting program often, and counts only what fails at the probe's own pace", async () => {
  const clock = jumpingClock();
  const stop = new AbortController();
  const verdicts: string[] = [];
  let tries = 0;
  await probeLoop({
    probe: { httpGet: { port: 80 }, periodSeconds: 2, failureThreshold: 3 },
    clock,
    signal: stop.signal,
    eager: true,
    run: async () => ({ ok: (tries++, clock.time >= 3100), message: "" }),
    onResult: (_result, state) => {
      verdicts.push(`${clock.time} ${state.verdict}`);
      return state.verdict === "success";
    },
  });
  expect(verdicts).toEqual(["0 unknown", "2000 unknown", "3100 success"]);
  expect(tries).toBeGreaterThan(50);
});

it("keeps to delay and period where it is not in a hurry", async () => {
  const clock = jumpingClock();
  const times: number[] = [];
  await probeLoop({
    probe: { initialDelaySeconds: 5, periodSeconds: 10, failureThreshold: 2 },
    clock,
    signal: new AbortController().signal,
    eager: false,
    run: async () => ({ ok: false, message: "" }),
    onResult: (_result, state) => {
      times.push(clock.time);
      return state.verdict === "failure";
    },
  });
  expect(times).toEqual([5000, 15_000]);
});

it("lets a program that must not fail once start before it looks, as a kubelet does that began its period earlier", async () => {
  const clock = jumpingClock();
  const times: number[] = [];
  await probeLoop({
    probe: { periodSeconds: 10, failureThreshold: 1 },
    clock,
    signal: new AbortController().signal,
    eager: false,
    run: async () => ({ ok: clock.time >= 2000, message: "" }),
    onResult: (_result, state) => {
      times.push(clock.time);
      return state.verdict === "failure" || times.length === 2;
    },
  });
  expect(times).toEqual([10_000, 20_000]);
});

it("changes its verdict only after as many like results in a row as the threshold says", () => {
  fc.assert(
    fc.property(
      fc.array(fc.boolean()),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 4 }),
      (results, successThreshold, failureThreshold) => {
        let state = noProbeYet;
        for (const [at, ok] of results.entries()) {
          const before = state.verdict;
          state = afterProbe(state, ok, { successThreshold, failureThreshold });
          const row = results.slice(0, at + 1).toReversed();
          const length = row.findIndex((result) => result !== ok);
          const reached = (length === -1 ? row.length : length) >= (ok ? successThreshold : failureThreshold);
          expect(state.verdict).toBe(reached ? (ok ? "success" : "failure") : before);
        }
      },
    ),
  );
});
