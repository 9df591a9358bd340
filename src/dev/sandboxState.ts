import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folder in which a platform's sandbox lives: `.moorage` beside the platform file. */
export const stateFolderOf = (platformFile: string): string => join(dirname(platformFile), ".moorage");

/** What a running sandbox says of itself, in `.moorage/sandbox.json`; removed when it stops. */
export interface SandboxRecord {
  readonly pid: number;
  readonly platform: string;
  /** `https://127.0.0.1:PORT`. */
  readonly server: string;
  /** Path of the kubeconfig. */
  readonly kubeconfig: string;
  /** Loopback port of the front door. */
  readonly door: number;
  /** RFC 3339. */
  readonly startedAt: string;
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
  return isAlive(record.pid) ? record : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It lives, and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
