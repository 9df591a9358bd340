import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** What garbage collection goes by. */
export interface LullSigns {
  /** Bytes. */
  readonly heapUsed: () => number;
  /** The part of the time since it was last asked in which there was something to do, from 0 to 1. */
  readonly utilization: () => number;
  /** What nobody needs any more, at once; all of it, also what is kept for being quicker, or what one pass finds. */
  readonly collect: (all: boolean) => void;
}

const lull = 0.05;
/** A collection takes as long as there is to keep: it has to be worth it. */
const worthwhile = { factor: 1.25, bytes: 8_000_000 };
/** Bytes, up to which all that can be is collected: that takes some 30 ms, and gives 5 MB back. With more, what it throws away of compiled code is missed. */
const small = 24_000_000;

/**
 * Collects garbage while nobody waits. Left to itself V8 does so when memory has grown, in the middle of what is asked next: with ten thousand objects that holds up everybody by 50 to 130 ms; and what
 * only the start needed stays where memory does not grow. For a process that serves others; the timer does not keep it alive.
 *
 * @param every milliseconds between two looks. Default 250
 * @returns how to stop
 */
export function collectInLulls(signs: LullSigns = signsOfProcess(), every = 250): () => void {
  let kept = signs.heapUsed();
  const timer = setInterval(() => {
    const isLull = signs.utilization() < lull;
    const used = signs.heapUsed();
    // V8 collected meanwhile.
    kept = Math.min(kept, used);
    if (!isLull || used < kept * worthwhile.factor || used < kept + worthwhile.bytes) return;
    signs.collect(used < small);
    kept = signs.heapUsed();
  }, every);
  timer.unref();
  return () => clearInterval(timer);
}

/** Those of this process. */
export function signsOfProcess(): LullSigns {
  // Node offers it by a flag only, and to contexts that are made afterwards.
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as (how: {
    type: "major";
    flavor: "regular" | "last-resort";
  }) => void;
  let before = performance.eventLoopUtilization();
  return {
    heapUsed: () => process.memoryUsage().heapUsed,
    utilization: () => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, before);
      before = now;
      return utilization;
    },
    collect: (all) => collect({ type: "major", flavor: all ? "last-resort" : "regular" }),
  };
}
