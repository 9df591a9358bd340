import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { collectInLulls, signsOfProcess } from "./collectInLulls.ts";

const megabytes = (count: number): number => count * 1_000_000;

describe("in a process whose memory and load are set by hand", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  interface Played {
    used: number;
    load: number;
    /** How much was used each time, and whether all was collected. */
    readonly collected: [used: number, all: boolean][];
  }

  let stop: () => void;
  afterEach(() => stop());

  /** What it keeps stays the same. */
  function play(kept: number): Played {
    const played: Played = { used: kept, load: 0, collected: [] };
    stop = collectInLulls({
      heapUsed: () => played.used,
      utilization: () => played.load,
      collect: (all) => {
        played.collected.push([played.used, all]);
        played.used = kept;
      },
    });
    return played;
  }

  it("collects once what has gathered, as soon as there is nothing else to do", () => {
    const played = play(megabytes(100));
    played.used = megabytes(200);
    played.load = 0.6;
    vi.advanceTimersByTime(5000);
    expect(played.collected).toEqual([]);
    played.load = 0.01;
    vi.advanceTimersByTime(5000);
    expect(played.collected).toEqual([[megabytes(200), false]]);
  });

  it("collects all that can be while there is little to keep", () => {
    const played = play(megabytes(10));
    played.used = megabytes(20);
    vi.advanceTimersByTime(5000);
    expect(played.collected).toEqual([[megabytes(20), true]]);
  });

  it.each([
    [10, 17, 19],
    [100, 124, 126],
  ])("leaves little alone: with %d MB kept, %d, not %d", (kept, little, enough) => {
    const played = play(megabytes(kept));
    played.used = megabytes(little);
    vi.advanceTimersByTime(5000);
    expect(played.collected).toEqual([]);
    played.used = megabytes(enough);
    vi.advanceTimersByTime(5000);
    expect(played.collected).toHaveLength(1);
  });

  it("counts from what was left when V8 collected meanwhile, and no more once it is stopped", () => {
    const played = play(megabytes(100));
    played.used = megabytes(70);
    vi.advanceTimersByTime(1000);
    played.used = megabytes(90);
    vi.advanceTimersByTime(1000);
    expect(played.collected).toEqual([[megabytes(90), false]]);
    stop();
    played.used = megabytes(500);
    vi.advanceTimersByTime(5000);
    expect(played.collected).toHaveLength(1);
  });
});

it.each([true, false])("frees what this process does not need any more (all: %s)", (all) => {
  const signs = signsOfProcess();
  const needed: { list: unknown[] } = { list: [] };
  const fill = (): void => void (needed.list = Array.from({ length: 500_000 }, (_, at) => ({ at })));
  fill();
  signs.collect(all);
  const before = signs.heapUsed();
  needed.list = [];
  signs.collect(all);
  expect(before - signs.heapUsed()).toBeGreaterThan(megabytes(10));
  expect(signs.utilization()).toBeGreaterThanOrEqual(0);
});
