import { mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { ContainerLog } from "../logs/ContainerLog.ts";
import type { ContainerRecord } from "./ContainerRecord.ts";

/** The log files of one container: one for each of its starts, the last two are kept. */
export class ContainerLogs {
  readonly #folder: string;
  readonly #now: () => number;
  readonly #record: ContainerRecord;
  /** The log that is shown; 0 is that of the first start. */
  #shown: number;
  #live: ContainerLog | undefined;

  /** @param folder of this container's logs alone */
  constructor(folder: string, now: () => number, record: ContainerRecord) {
    this.#folder = folder;
    this.#now = now;
    this.#record = record;
    this.#shown = record.restarts;
  }

  /** The file that is shown. */
  get current(): string {
    return this.#path(this.#shown);
  }

  /** Begins the log of a start. */
  open(): ContainerLog {
    this.#shown = this.#record.restarts;
    // Two are kept: this one and the one before.
    rmSync(this.#path(this.#shown - 2), { force: true });
    rmSync(`${this.#path(this.#shown - 2)}.1`, { force: true });
    mkdirSync(join(this.#folder, ".."), { recursive: true, mode: 0o700 });
    this.#live = new ContainerLog(this.current, this.#now);
    return this.#live;
  }

  async close(log: ContainerLog): Promise<void> {
    await log.close();
    if (this.#live === log) this.#live = undefined;
  }

  /** The log that kubectl shows, and whether it still grows. */
  find(previous: boolean): { file: string; live: ContainerLog | undefined } | undefined {
    const { state, lastState } = this.#record;
    if (previous) {
      if (lastState.terminated === undefined) return undefined;
      const { lastRun } = this.#record;
      return lastRun < 0 ? undefined : { file: this.#path(lastRun), live: undefined };
    }
    const begun = (this.#live ?? state.terminated ?? lastState.terminated) !== undefined;
    // What its preparation said is told even if the program never started.
    return begun || (statSync(this.current, { throwIfNoEntry: false })?.size ?? 0) > 0
      ? { file: this.current, live: this.#live }
      : undefined;
  }

  #path(number: number): string {
    return join(this.#folder, `${number}.log`);
  }
}
