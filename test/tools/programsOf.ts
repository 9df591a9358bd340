import { readdirSync, readFileSync } from "node:fs";

/** A process that runs for a sandbox. */
export interface Program {
  readonly pid: number;
  /** What it was started with. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Processes that run for the sandbox over a state folder, by what the node puts into their environment. Linux only: it looks into /proc. */
export function programsOf(stateDir: string): Program[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const text = readFileSync(`/proc/${name}/environ`, "latin1");
        const ended = readFileSync(`/proc/${name}/stat`, "latin1").split(") ")[1]?.startsWith("Z");
        if (!text.split("\0").includes(`MOORAGE_NODE_STATE=${stateDir}`) || ended === true) return [];
        const entries = text.split("\0").map((entry) => entry.split(/=(.*)/s, 2) as [string, string]);
        return [{ pid: Number(name), environment: Object.fromEntries(entries) }];
      } catch {
        // Somebody else's, or gone.
        return [];
      }
    });
}
