import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { MoorageError } from "../../contract/index.ts";
import { writePrivateFile } from "../api/https/writePrivateFile.ts";
import { timeOf, type Clock } from "../Clock.ts";
import { drivenClock, type DrivenClock } from "../drivenClock.ts";
import { flowingClock } from "./flowingClock.ts";
import { TimePasser } from "./TimePasser.ts";

/** How the time of a sandbox passes. */
export interface SandboxTime {
  /** Of the cluster, as its controllers see it. */
  readonly clock: Clock;
  /** Of the API server: the same time, but connections (the end of a watch, its bookmarks) live in the machine's. */
  readonly apiClock: Clock;
  /** Of the node: as `clock`, but whoever waits for programs waits in their time, which nobody drives. */
  readonly nodeClock: Clock;
  /** Undefined where time is the machine's. */
  readonly driven?: {
    readonly passer: TimePasser;
    /** Lets so many milliseconds pass; resolves when everything has happened that happens in them, with the time that it then is. */
    advance(this: void, milliseconds: number, signal?: AbortSignal): Promise<number>;
  };
}

export interface SandboxTimeOptions {
  readonly stateDir: string;
  /** The machine's. */
  readonly real: Clock;
  /** `driven`, or driven from this moment (milliseconds since the epoch) on. */
  readonly mode: "real" | "driven" | number;
  /** Pods only pretend: nothing here needs real time. */
  readonly simulate: boolean;
  readonly revision: () => number;
}

/** What real programs get between two timers that led to something, in milliseconds: time to be started, and to end. */
const pauseForPrograms = 100;

/**
 * The time of a sandbox over a state folder. Driven time stands still between two advances where pods only pretend; with real programs
 * it goes on as ever, and an advance comes on top. It never goes back, so what it has come to is kept.
 */
export function openSandboxTime(options: SandboxTimeOptions): SandboxTime {
  const { stateDir, real, mode, simulate, revision } = options;
  const file = join(stateDir, "clock.json");
  const kept = readKept(file);
  if (mode === "real") {
    if (kept !== undefined && kept > real.now())
      throw new MoorageError(
        "SandboxFailed",
        `The time of this sandbox was driven: it is ${timeOf(kept)} in it, which is still to come.`,
        { file, hint: "Start it with --clock driven, or over another folder (--state)." },
      );
    rmSync(file, { force: true });
    return { clock: real, apiClock: real, nodeClock: real };
  }
  const start = Math.max(typeof mode === "number" ? mode : real.now(), kept ?? 0);
  const clock: DrivenClock = simulate ? drivenClock(start) : flowingClock(real, start);
  const told: Clock = {
    now: () => clock.now(),
    sleep: (milliseconds, signal) => real.sleep(milliseconds, signal),
  };
  const passer = new TimePasser({
    clock,
    revision,
    ...(simulate ? {} : { pause: () => real.sleep(pauseForPrograms) }),
  });
  keep(file, start);
  return {
    clock,
    apiClock: told,
    nodeClock: simulate ? clock : told,
    driven: {
      passer,
      async advance(milliseconds, signal) {
        // Before it comes: whoever is killed on the way does not find objects of the future.
        keep(file, clock.now() + milliseconds);
        await passer.pass(milliseconds, signal);
        return clock.now();
      },
    },
  };
}

const keep = (file: string, now: number): void =>
  writePrivateFile(file, JSON.stringify({ now: timeOf(now) }));

function readKept(file: string): number | undefined {
  try {
    const { now } = JSON.parse(readFileSync(file, "utf8")) as { now?: unknown };
    return typeof now === "string" && !Number.isNaN(Date.parse(now)) ? Date.parse(now) : undefined;
  } catch {
    return undefined;
  }
}
