import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../Clock.ts";
import { linuxIdentity, processIdentity, signalGroup } from "./processIdentity.ts";

/** Set in the environment of everything the node starts, so that what left its process group can be found (Linux). */
const markerVariable = "MOORAGE_NODE_STATE";

interface Entry {
  readonly pid: number;
  readonly identity: string;
  /** For people: namespace/pod/container. */
  readonly what: string;
  readonly stopSignal: NodeJS.Signals;
}

/**
 * Which process groups run, on disk, so that the next start can end those that a `kill -9` of the sandbox left behind. A number that
 * belongs to another process meanwhile is told by its start time and left alone.
 */
export class ProcessLedger {
  readonly #folder: string;
  readonly #marker: string;

  constructor(stateDir: string) {
    this.#folder = join(stateDir, "processes");
    this.#marker = stateDir;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }

  /** What to put into the environment of each process. */
  get marker(): Record<string, string> {
    return { [markerVariable]: this.#marker };
  }

  async record(pid: number, what: string, stopSignal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const identity = await processIdentity(pid);
    if (identity === undefined) return;
    const entry: Entry = { pid, identity, what, stopSignal };
    writeFileSync(this.#file(pid), JSON.stringify(entry), { mode: 0o600 });
  }

  forget(pid: number): void {
    rmSync(this.#file(pid), { force: true });
  }

  /** Ends what an earlier run left: asks, waits up to `patience` milliseconds, then kills. Returns what it found. */
  async endLeftovers(clock: Clock, patience = 2000): Promise<string[]> {
    const found: Entry[] = [];
    for (const name of readdirSync(this.#folder)) {
      const entry = this.#read(name);
      if (entry !== undefined && (await processIdentity(entry.pid)) === entry.identity) found.push(entry);
      else if (entry !== undefined && this.#orphanedGroup(entry.pid)) found.push(entry);
      else rmSync(join(this.#folder, name), { force: true });
    }
    for (const entry of found) signalGroup(entry.pid, entry.stopSignal);
    const until = clock.now() + patience;
    let alive = found;
    while (alive.length > 0 && clock.now() < until) {
      await clock.sleep(50);
      const states = await Promise.all(
        alive.map(async (entry) => (await processIdentity(entry.pid)) === entry.identity),
      );
      alive = alive.filter((_entry, at) => states[at]);
    }
    const known = new Set(found.map((entry) => entry.pid));
    const members = new Set(
      known.size === 0 ? [] : this.#marked().filter((pid) => known.has(groupOf(pid) ?? 0)),
    );
    for (const entry of found) {
      signalGroup(entry.pid, "SIGKILL");
      this.forget(entry.pid);
    }
    // Who is killed may be seen a moment longer.
    const strays = (await this.endStrays(clock)).filter((pid) => !members.has(pid));
    return [...found.map((entry) => entry.what), ...strays.map((pid) => `process ${pid}`)];
  }

  /**
   * Kills whatever carries the marker, except this process, and waits up to `patience` milliseconds until it is gone: what is killed holds
   * its files and ports until the system comes to it. Returns what it found (Linux only; elsewhere nothing is found).
   */
  async endStrays(clock: Clock, patience = 2000): Promise<number[]> {
    const strays = new Map<number, string | undefined>();
    for (const until = clock.now() + patience; ; await clock.sleep(20)) {
      // Looked for anew: the last thing that one did may have been to start another.
      const marked = this.#marked();
      for (const pid of marked) {
        if (!strays.has(pid)) strays.set(pid, linuxIdentity(pid));
        try {
          process.kill(pid, "SIGKILL");
        } catch {
          // Gone meanwhile.
        }
      }
      // Of one that ends the system lets its environment go first, and its files and ports later.
      const isLeft = [...strays].some(
        ([pid, identity]) => identity !== undefined && linuxIdentity(pid) === identity,
      );
      if ((marked.length === 0 && !isLeft) || clock.now() >= until) return [...strays.keys()];
    }
  }

  /** Whether somebody is left in a process group that was started here (Linux only; elsewhere nobody is found). */
  holdsGroup(pid: number): boolean {
    return this.#orphanedGroup(pid);
  }

  /** The leader is gone but its group is not, and a member carries the marker. */
  #orphanedGroup(pid: number): boolean {
    return signalGroup(pid, 0) && this.#marked().some((member) => groupOf(member) === pid);
  }

  #marked(): number[] {
    if (process.platform !== "linux") return [];
    const wanted = `${markerVariable}=${this.#marker}`;
    const pids: number[] = [];
    for (const name of readdirSync("/proc")) {
      const pid = Number(name);
      if (!Number.isInteger(pid) || pid === process.pid || pid === process.ppid) continue;
      try {
        if (readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(wanted)) pids.push(pid);
      } catch {
        // Somebody else's, or gone.
      }
    }
    return pids;
  }

  #read(name: string): Entry | undefined {
    try {
      return JSON.parse(readFileSync(join(this.#folder, name), "utf8")) as Entry;
    } catch {
      // Cut short by the kill: the marker finds its process.
      return undefined;
    }
  }

  #file(pid: number): string {
    return join(this.#folder, `${pid}.json`);
  }
}

function groupOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2]);
  } catch {
    return undefined;
  }
}
