import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { CliFolder, type CliProcess } from "../../cli/CliFolder.ts";
import { processesBelow } from "../../dev/DevRun.ts";

/** A folder with a small platform of one web program, and the processes that a test starts there. */
export class Machine extends CliFolder {
  readonly #started: CliProcess[] = [];
  readonly #mounted: string[] = [];

  static async create(): Promise<Machine> {
    const machine = new Machine();
    await machine.run(["init", "--name", "tides", "--template", "web", "--yes"]);
    return machine;
  }

  override start(argv: readonly string[]): CliProcess {
    const started = super.start(argv);
    this.#started.push(started);
    return started;
  }

  /** `moorage dev`, once the platform runs. */
  async dev(...more: readonly string[]): Promise<CliProcess> {
    const dev = this.start(["dev", ...more]);
    await dev.prints(/Ctrl-C stops it/);
    return dev;
  }

  /** Number of the sandbox's process. */
  sandboxPid(): number {
    return (JSON.parse(this.read(".moorage/sandbox.json")) as { pid: number }).pid;
  }

  /** No process, and no sign of one. */
  async nothingLeft(): Promise<void> {
    await expect.poll(() => processesBelow(this.path)).toEqual([]);
    for (const sign of ["sandbox.json", "process.json"])
      expect(existsSync(join(this.path, ".moorage", sign))).toBe(false);
  }

  /** A file system of that size in a folder; false where this account may not mount one. */
  mount(folder: string, size: string): boolean {
    mkdirSync(folder, { recursive: true });
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "moorage-test", folder], {
        stdio: "ignore",
      });
    } catch {
      return false;
    }
    this.#mounted.push(folder);
    return true;
  }

  /** Ends what a failed test left running, and removes the folder. */
  async end(): Promise<void> {
    for (const each of this.#started) await each.interrupt();
    for (const folder of this.#mounted) execFileSync("umount", ["-l", folder]);
    this.remove();
  }
}
