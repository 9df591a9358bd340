import { expect, it } from "vitest";
import { systemClock } from "../../kube/Clock.ts";
import { WaitClock } from "./WaitClock.ts";

it("Time is added up by phase, also when one comes back, and the longest is told first", () => {
  let now = 0;
  const clock = new WaitClock({ ...systemClock, now: () => now });
  clock.enter("starting");
  now += 1000;
  clock.enter("readiness");
  now += 3000;
  clock.enter("readiness");
  now += 1000;
  clock.enter("starting");
  now += 500;
  clock.leave();
  now += 9000;
  clock.leave();
  expect(clock.spent()).toEqual([
    { phase: "readiness", milliseconds: 4000 },
    { phase: "starting", milliseconds: 1500 },
  ]);
});
