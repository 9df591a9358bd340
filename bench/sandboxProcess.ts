import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

export const root = resolve(import.meta.dirname, "..");
export const moorage: readonly [string, string] = [process.execPath, join(root, "bin", "moorage.js")];

export interface RunningSandbox {
  readonly pid: number;
  readonly kubeconfig: string;
  /** Milliseconds from the start of the process until it said that its API answers. */
  readonly startedIn: number;
  stop(): Promise<void>;
}

/** A bare sandbox in a process and a folder of its own. */
export async function startSandboxProcess(more: readonly string[] = []): Promise<RunningSandbox> {
  const folder = mkdtempSync(join(tmpdir(), "moorage-bench-"));
  const started = performance.now();
  const child = spawn(
    moorage[0],
    [moorage[1], "sandbox", "--supervised", "--state", join(folder, ".moorage"), ...more],
    {
      stdio: ["pipe", "pipe", "inherit"],
      cwd: folder,
    },
  );
  const exited = new Promise<void>((done) => child.once("close", () => done()));
  const kubeconfig = await new Promise<string>((done, fail) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const message = JSON.parse(line) as { type: string; message?: string; record?: { kubeconfig: string } };
      if (message.record !== undefined) done(message.record.kubeconfig);
      if (message.type === "failed") fail(new Error(message.message));
    });
    void exited.then(() => fail(new Error("the sandbox stopped")));
  });
  return {
    pid: child.pid ?? 0,
    kubeconfig,
    startedIn: performance.now() - started,
    async stop() {
      child.kill("SIGTERM");
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Resident memory of a process, MB. */
export function residentMegabytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) / 1024;
}
