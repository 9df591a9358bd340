import { appendFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
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
  const sandbox = await startSandbox({ log: (text) => writeLog(stateDir, text), ...options });
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
    if (!signal.aborted)
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  } finally {
    rmSync(path, { force: true });
    await sandbox.stop();
  }
}

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
