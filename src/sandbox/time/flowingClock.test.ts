import { expect, it } from "vitest";
import { drivenClock } from "../drivenClock.ts";
import { flowingClock } from "./flowingClock.ts";

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it("goes on as the clock below it does, and an advance comes on top, in order", async () => {
  const real = drivenClock(0);
  const clock = flowingClock(real, 1_000_000);
  const woken: string[] = [];
  for (const [name, wait] of [
    ["late", 50_000],
    ["soon", 10_000],
    ["next", 20_000],
  ] as const)
    void clock.sleep(wait).then(() => woken.push(`${name} ${clock.now() >= 1_000_000 + wait}`));
  real.advance(10_000);
  await settled();
  expect([clock.now(), woken]).toEqual([1_010_000, ["soon true"]]);
  clock.advance(39_000);
  await settled();
  expect([clock.now(), woken]).toEqual([1_049_000, ["soon true", "next true"]]);
  real.advance(1000);
  await settled();
  expect(woken).toEqual(["soon true", "next true", "late true"]);
});

it("wakes a sleeper that comes after one that sleeps longer, and forgets one that gave up", async () => {
  const real = drivenClock(0);
  const clock = flowingClock(real, 0);
  const woken: string[] = [];
  const gaveUp = new AbortController();
  void clock.sleep(60_000).then(() => woken.push("long"));
  void clock.sleep(1000).then(() => woken.push("short"));
  clock.sleep(500, gaveUp.signal).catch(() => woken.push("gave up"));
  gaveUp.abort();
  await settled();
  real.advance(1000);
  await settled();
  expect(woken).toEqual(["gave up", "short"]);
});
