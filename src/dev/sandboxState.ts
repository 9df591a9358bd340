import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { linuxIdentity } from "../sandbox/node/process/processIdentity.ts";

/** The folder in which a platform's sandbox lives: `.moorage` beside the platform file. */
export const stateFolderOf = (platformFile: string): string => join(dirname(platformFile), ".moorage");

/** Of a sandbox with a name of its own: several run beside each other. */
export const namedStateFolder = (home: string, name: string): string => join(home, "sandboxes", name);

/** What a running sandbox says of itself, in `.moorage/sandbox.json`; removed when it stops. */
export interface SandboxRecord {
  readonly pid: number;
  /** What tells its process from a later one of the same number, where that can be told at once (Linux). */
  readonly identity?: string;
  readonly platform: string;
  /** `https://127.0.0.1:PORT`. */
  readonly server: string;
  /** Path of the kubeconfig. */
  readonly kubeconfig: string;
  /** Loopback port of the front door. */
  readonly door: number;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly simulate?: boolean;
  /** Whether its time is driven. */
  readonly driven?: boolean;
  /** The process with which it ends: that of `moorage dev`. */
  readonly supervisor?: Pick<SandboxRecord, "pid" | "identity">;
}

export const sandboxRecordPath = (stateDir: string): string => join(stateDir, "sandbox.json");

/** The record of the sandbox that runs over this folder; undefined when none does. A record whose process is gone counts as none. */
export function findSandbox(stateDir: string): SandboxRecord | undefined {
  let record: SandboxRecord;
  try {
    record = JSON.parse(readFileSync(sandboxRecordPath(stateDir), "utf8")) as SandboxRecord;
  } catch {
    return undefined;
  }
  return isRunning(record) ? record : undefined;
}

/** Those that run over a `.moorage` folder: its own, and those with names. */
export function findSandboxes(
  home: string,
): readonly (SandboxRecord & { readonly name: string | undefined; readonly stateDir: string })[] {
  const places = [{ name: undefined as string | undefined, stateDir: home }];
  for (const name of namesIn(home)) places.push({ name, stateDir: namedStateFolder(home, name) });
  return places.flatMap((place) => {
    const record = findSandbox(place.stateDir);
    return record === undefined ? [] : [{ ...record, ...place }];
  });
}

function namesIn(home: string): string[] {
  try {
    return readdirSync(join(home, "sandboxes")).toSorted();
  } catch {
    return [];
  }
}

/** Whether its process still runs. */
export function isRunning({ pid, identity }: Pick<SandboxRecord, "pid" | "identity">): boolean {
  if (identity !== undefined) return linuxIdentity(pid) === identity;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It lives, and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
