import { appendFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MoorageError } from "../contract/index.ts";
import { systemClock } from "../kube/Clock.ts";
import { StorageFull } from "../sandbox/api/index.ts";
import { linuxIdentity } from "../sandbox/node/process/processIdentity.ts";
import { salvageObjects, startSandbox, type SandboxOptions } from "../sandbox/index.ts";
import { claimFolder } from "./folderClaim.ts";
import { sandboxRecordPath, type SandboxRecord } from "./sandboxState.ts";

export interface RunSandboxOptions {
  readonly stateDir: string;
  readonly platform: string;
  readonly namespace?: string;
  readonly doorPort?: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly simulate?: boolean;
  /** How its time passes: see `SandboxOptions`. */
  readonly time?: SandboxOptions["time"];
  /** Goes on with what can be read of objects that are damaged. */
  readonly salvage?: boolean;
  /** It ends with the process that started it. */
  readonly supervised?: boolean;
  readonly signal: AbortSignal;
  readonly onStep: (text: string) => void;
  readonly onReady: (record: SandboxRecord) => void;
  readonly log?: (text: string) => void;
}

/** Runs a sandbox in this process until the signal fires, and leaves a record of it while it runs, by which others find it. */
export async function runSandbox(options: RunSandboxOptions): Promise<void> {
  const release = claimFolder(options.stateDir);
  try {
    await runClaimed(options);
  } finally {
    release();
  }
}

async function runClaimed(options: RunSandboxOptions): Promise<void> {
  const { stateDir, platform, signal } = options;
  // Before anything takes time: an orphan has another parent.
  const supervisor =
    options.supervised === true ? { pid: process.ppid, identity: linuxIdentity(process.ppid) } : undefined;
  if (options.salvage === true) options.onStep(salvage(stateDir));
  const sandbox = await startSandbox({ log: (text) => writeLog(stateDir, text), ...options }).catch(
    (error: unknown) => {
      throw error instanceof StorageFull ? noRoom(stateDir, error) : error;
    },
  );
  const record: SandboxRecord = {
    pid: process.pid,
    identity: linuxIdentity(process.pid),
    platform,
    server: sandbox.server,
    kubeconfig: sandbox.kubeconfig,
    door: sandbox.door.port,
    startedAt: new Date().toISOString(),
    simulate: options.simulate === true,
    driven: options.time !== undefined && options.time !== "real",
    ...(supervisor === undefined ? {} : { supervisor }),
  };
  const path = sandboxRecordPath(stateDir);
  try {
    writeFileSync(path, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
    options.onReady(record);
    if ((await folderGone(stateDir, signal)) === "gone") throw removed(stateDir);
  } finally {
    rmSync(path, { force: true });
    await sandbox.stop();
  }
}

/** Looks after the folder until the signal fires: without it nothing that is written is kept, and no command finds the sandbox. */
async function folderGone(stateDir: string, signal: AbortSignal): Promise<"gone" | "aborted"> {
  while (!signal.aborted) {
    await systemClock.sleep(1_000, signal).catch(() => undefined);
    if (!signal.aborted && isGone(join(stateDir, "objects.sqlite"))) return "gone";
  }
  return "aborted";
}

function isGone(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false }) === undefined;
  } catch {
    // A disk that does not answer is another matter.
    return false;
  }
}

const removed = (stateDir: string): MoorageError =>
  new MoorageError("StorageFailed", "The folder of the sandbox was removed or moved while it ran.", {
    file: stateDir,
    hint: "Its objects are where the folder is now. Start it again there, or anew here: moorage dev",
  });

const noRoom = (stateDir: string, cause: Error): MoorageError =>
  new MoorageError("StorageFailed", `There is no room for what the sandbox keeps: ${cause.message}`, {
    file: stateDir,
    hint: "Make room on the disk, and run the command again.",
    cause,
  });

function salvage(stateDir: string): string {
  const found = salvageObjects(stateDir);
  if (found === undefined) return "Nothing is damaged";
  const { kept, damaged, aside } = found;
  const lost = damaged.length === 0 ? "" : `; not as they were written: ${damaged.join(", ")}`;
  return `Kept ${kept} objects${lost}. The damaged file is ${aside}`;
}

/** What should not happen is kept for whoever looks for it later; it is no part of what people read. */
function writeLog(stateDir: string, text: string): void {
  try {
    appendFileSync(join(stateDir, "sandbox.log"), `${new Date().toISOString()} ${text}\n`, { mode: 0o600 });
  } catch {
    // A full disk is told elsewhere.
  }
}
