import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { MoorageError, type ErrorCode } from "../contract/index.ts";
import { systemClock } from "../kube/Clock.ts";
import { claimPath, holderOf } from "./folderClaim.ts";
import type { SandboxEnd } from "./SandboxEnd.ts";
import { sandboxRecordPath, type SandboxRecord } from "./sandboxState.ts";

/** What `moorage sandbox --supervised` writes to stdout, one JSON document a line. */
export type SandboxMessage =
  | { readonly type: "step"; readonly text: string }
  | { readonly type: "ready"; readonly record: SandboxRecord }
  | {
      readonly type: "failed";
      readonly code: ErrorCode;
      readonly message: string;
      readonly hint?: string;
      readonly file?: string;
      readonly exitCode?: MoorageError["exitCode"];
    };

/** The sandbox as a child process in a group of its own, so that Ctrl-C in the terminal reaches only us, and we stop it in order. */
export class SandboxProcess {
  readonly record: SandboxRecord;
  readonly #child: ChildProcess;
  /** Resolves when the process is gone, however that came, and with it what it ran. */
  readonly exited: Promise<SandboxEnd>;

  private constructor(child: ChildProcess, record: SandboxRecord, exited: Promise<SandboxEnd>) {
    this.#child = child;
    this.record = record;
    this.exited = exited;
  }

  /**
   * Starts one and waits until its API answers.
   *
   * @param options.program the command line of `moorage`: `[node, bin/moorage.js]`
   * @param options.onStep one line a step
   * @throws MoorageError as the sandbox gave it (`PortInUse`, `StorageFailed`), or `SandboxFailed` with its last lines
   */
  static async start(options: {
    readonly program: readonly [string, ...string[]];
    readonly stateDir: string;
    readonly platform: string;
    readonly doorPort?: number;
    readonly environment: Readonly<Record<string, string | undefined>>;
    readonly signal: AbortSignal;
    readonly onStep?: (text: string) => void;
  }): Promise<SandboxProcess> {
    mkdirSync(options.stateDir, { recursive: true, mode: 0o700 });
    const [file, ...args] = options.program;
    const child = spawn(
      file,
      [
        ...args,
        "sandbox",
        "--supervised",
        "--name",
        options.platform,
        "--state",
        options.stateDir,
        ...(options.doorPort === undefined ? [] : ["--port", String(options.doorPort)]),
      ],
      // The pipe to its stdin closes when we die, however we die: it then stops by itself.
      { detached: true, stdio: ["pipe", "pipe", "pipe"], env: { ...options.environment } },
    );
    const lastLines: string[] = [];
    let ready = false;
    let failure: MoorageError | undefined;
    const exited = new Promise<SandboxEnd>((resolve) =>
      child.once("close", (code, signal) => resolve({ code, signal, lastLines, failure })),
    ).then(async (end) => {
      if (ready && end.code !== 0) await endLeftovers(options.stateDir);
      return end;
    });
    // Where it could not be started at all, for want of files or processes, there may be no pipes.
    if (child.pid === undefined) throw await new Promise<Error>((resolve) => child.once("error", resolve));
    // A signal that can't be sent: it is gone.
    child.on("error", () => {});
    createInterface({ input: child.stderr }).on("line", (line) => {
      lastLines.push(line);
      if (lastLines.length > 20) lastLines.shift();
    });
    const record = await new Promise<SandboxRecord>((resolve, reject) => {
      const fail = (error: MoorageError): void => reject(error);
      const abort = (): void => {
        child.kill("SIGTERM");
        fail(
          new MoorageError("AbortedByUser", "Interrupted while the sandbox was starting.", { exitCode: 130 }),
        );
      };
      options.signal.addEventListener("abort", abort, { once: true });
      child.once("close", (code, signal) =>
        fail(
          new MoorageError(
            "SandboxFailed",
            `The sandbox stopped while starting (${signal ?? `exit code ${code}`}).`,
            {
              hint: lastLines.join("\n") || undefined,
            },
          ),
        ),
      );
      createInterface({ input: child.stdout }).on("line", (line) => {
        const message = parseMessage(line);
        if (message?.type === "step") options.onStep?.(message.text);
        else if (message?.type === "ready") {
          ready = true;
          // From now on `stop` asks it, once: asked twice it is gone at once, and what it runs is not.
          options.signal.removeEventListener("abort", abort);
          resolve(message.record);
        } else if (message?.type === "failed") {
          failure = new MoorageError(message.code, message.message, message);
          fail(failure);
        }
      });
    });
    // Who died is told by `exited`, not by what was to be written to it.
    child.stdin.on("error", () => {});
    return new SandboxProcess(child, record, exited);
  }

  /** Asks it to stop; it takes at most four seconds. One that doesn't is killed after twice that, and what it ran is ended all the same. */
  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 8_000);
    await this.exited;
    clearTimeout(timer);
  }
}

/** One that was killed could not end what it ran. Where another has taken its place already, that one has. */
async function endLeftovers(stateDir: string): Promise<void> {
  if (holderOf(stateDir) !== undefined || !existsSync(stateDir)) return;
  const { ProcessLedger } = await import("../sandbox/node/process/ProcessLedger.ts");
  try {
    await new ProcessLedger(stateDir).endLeftovers(systemClock);
    for (const path of [sandboxRecordPath(stateDir), claimPath(stateDir)]) rmSync(path, { force: true });
  } catch {
    // A folder that is gone or full: the next start tries again.
  }
}

function parseMessage(line: string): SandboxMessage | undefined {
  try {
    return JSON.parse(line) as SandboxMessage;
  } catch {
    return undefined;
  }
}
