import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MoorageError } from "../contract/index.ts";
import { systemClock } from "../kube/Clock.ts";
import { linuxIdentity } from "../sandbox/node/process/processIdentity.ts";
import { findSandbox, isRunning, type SandboxRecord } from "./sandboxState.ts";

/** The process that works over a state folder, from its first step to its last: also while its sandbox starts, or stops. */
export type FolderHolder = Pick<SandboxRecord, "pid" | "identity">;

/** Where that is noted. */
export const claimPath = (stateDir: string): string => join(stateDir, "process.json");

/** Who has claimed the folder, while that process runs. */
export function holderOf(stateDir: string): FolderHolder | undefined {
  try {
    const holder = JSON.parse(readFileSync(claimPath(stateDir), "utf8")) as FolderHolder;
    return isRunning(holder) ? holder : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Says that this process works over the folder. It is a sign for others, so that they wait for a sandbox that starts or stops instead of
 * taking it for none; what keeps two apart for certain is the lock of the objects' file.
 *
 * @returns takes the sign away
 * @throws MoorageError `StorageFailed` when another process does
 */
export function claimFolder(stateDir: string): () => void {
  const path = claimPath(stateDir);
  const written = `${path}.${process.pid}`;
  const own: FolderHolder = { pid: process.pid, identity: linuxIdentity(process.pid) };
  for (let tries = 0; tries < 3; tries += 1) {
    try {
      mkdirSync(stateDir, { recursive: true, mode: 0o700 });
      // There at once with all that it says: who found half of it took it for nobody's, and away.
      writeFileSync(written, JSON.stringify(own), { mode: 0o600 });
      linkSync(written, path);
      return () => {
        if (holderOf(stateDir)?.pid === process.pid) rmSync(path, { force: true });
      };
    } catch (error) {
      // A folder that can't be written to is told by what needs it.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") return () => {};
      const holder = holderOf(stateDir);
      // Not even tried: of two that try, the one without the sign could come first, and nobody would wait for it.
      if (holder !== undefined) throw taken(stateDir, holder);
      removed(path);
    } finally {
      removed(written);
    }
  }
  return () => {};
}

/** How long a sandbox may take to start or to stop before nobody waits for it any more, on a machine that is busy. */
const patience = 60_000;

/**
 * Waits until a sandbox that starts or stops over the folder has done so.
 *
 * @param onWait told once, when there is something to wait for
 * @returns the one that runs; none also when it takes too long: whoever starts one then is told by the lock of the objects' file
 * @throws MoorageError `AbortedByUser`
 */
export async function settledSandbox(
  stateDir: string,
  options: { readonly signal: AbortSignal; readonly onWait?: (holder: FolderHolder) => void },
): Promise<SandboxRecord | undefined> {
  const { signal, onWait } = options;
  for (let waited = 0; ; waited += 50) {
    const running = findSandbox(stateDir);
    // One whose supervisor has been killed is about to stop, whether it knows or not.
    const { supervisor } = running ?? {};
    if (running !== undefined && (supervisor === undefined || isRunning(supervisor))) return running;
    const holder = holderOf(stateDir);
    if (holder === undefined || waited >= patience) return undefined;
    if (waited === 0) onWait?.(holder);
    await systemClock.sleep(50, signal).catch(() => undefined);
    if (signal.aborted) {
      throw new MoorageError("AbortedByUser", "Interrupted while waiting for another sandbox.", {
        exitCode: 130,
      });
    }
  }
}

const taken = (stateDir: string, { pid }: FolderHolder): MoorageError =>
  new MoorageError("StorageFailed", `Another process (${pid}) uses ${stateDir}.`, {
    file: stateDir,
    hint: "A sandbox runs over this folder already: use it, stop it, or start over another folder (--state).",
  });

function removed(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Told by what needs the folder.
  }
}
