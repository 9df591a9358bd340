import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { collectInLulls, signsOfProcess } from "./collectInLulls.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const megabytes = (count: number): number => count * 1_000_000;

/** What a process shows whose memory and load are set by hand; what it keeps is 100 MB. */
function played(): { used: number; load: number; collected: number[]; stop: () => void } {
  const process = { used: megabytes(100), load: 0, collected: [] as number[], stop: () => {} };
  process.stop = collectInLulls({
    heapUsed: () => process.used,
    utilization: () => process.load,
    collect: () => {
      process.collected.push(process.used);
      process.used = megabytes(100);
    },
  });
  return process;
}

it("collects once what has gathered, as soon as there is nothing else to do", () => {
  const process = played();
  Object.assign(process, { used: megabytes(200), load: 0.6 });
  vi.advanceTimersByTime(5000);
  expect(process.collected).toEqual([]);
  process.load = 0.01;
  vi.advanceTimersByTime(5000);
  expect(process.collected).toEqual([megabytes(200)]);
  process.stop();
});

it("leaves little alone, in bytes or beside what there is", () => {
  const process = played();
  process.used = megabytes(123);
  vi.advanceTimersByTime(5000);
  expect(process.collected).toEqual([]);
  process.used = megabytes(126);
  vi.advanceTimersByTime(5000);
  expect(process.collected).toHaveLength(1);
  process.stop();
});

it("counts from what was left when somebody else collected", () => {
  const process = played();
  process.used = megabytes(40);
  vi.advanceTimersByTime(1000);
  process.used = megabytes(90);
  vi.advanceTimersByTime(1000);
  expect(process.collected).toEqual([megabytes(90)]);
  process.stop();
  process.used = megabytes(500);
  vi.advanceTimersByTime(5000);
  expect(process.collected).toHaveLength(1);
});

it("frees what this process does not need any more", () => {
  const signs = signsOfProcess();
  const needed: { list: unknown[] } = { list: [] };
  const fill = (): void => void (needed.list = Array.from({ length: 500_000 }, (_, at) => ({ at })));
  fill();
  signs.collect();
  const before = signs.heapUsed();
  needed.list = [];
  signs.collect();
  expect(before - signs.heapUsed()).toBeGreaterThan(megabytes(10));
  expect(signs.utilization()).toBeGreaterThanOrEqual(0);
});
