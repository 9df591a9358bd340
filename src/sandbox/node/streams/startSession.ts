import { accessSync, constants, statSync } from "node:fs";
import { resolve } from "node:path";
import type { ExecCall } from "../../api/NodeBackend.ts";
import type { Clock } from "../../Clock.ts";
import { findProgram } from "../builtins/findProgram.ts";
import { signalGroup } from "../process/processIdentity.ts";
import type { ProcessLedger } from "../process/ProcessLedger.ts";
import type { OutputSink, ProcessSpec, Spawn } from "../process/startProcess.ts";
import { startWithPipes } from "./pipes.ts";
import type { RunningContainer } from "./RunningContainer.ts";
import type { Session } from "./StreamTarget.ts";
import { startWithTerminal } from "./terminal.ts";

/** A process beside a container's program. */
export interface Companion extends Session {
  /** Of its process group, too. */
  readonly pid: number;
}

export interface SessionContext {
  readonly spawn: Spawn;
  readonly ledger: ProcessLedger;
  readonly clock: Clock;
  /** Namespace/pod/container, for people. */
  readonly what: string;
}

/** Milliseconds that a process has to end by itself after its client left. */
const patience = 1000;

/**
 * Runs a command as the container's program runs: in its folder, with its environment, and with its mounts by the names that the pod knows
 * them by. It is ended when its client goes; what it leaves behind is ended with the container.
 */
export async function startSession(
  container: RunningContainer,
  call: ExecCall,
  sink: OutputSink,
  { spawn, ledger, clock, what }: SessionContext,
): Promise<Session> {
  const { plan } = container;
  const env: Record<string, string> = {
    ...plan.env,
    ...(call.tty ? { TERM: "xterm" } : {}),
    ...ledger.marker,
  };
  const spec: ProcessSpec = {
    argv: call.command.map(plan.substitute),
    cwd: plan.cwd,
    env,
    ...(plan.uid === undefined ? {} : { uid: plan.uid }),
    ...(plan.gid === undefined ? {} : { gid: plan.gid }),
  };
  const missing = whyNotExecutable(spec.argv[0] ?? "", spec.cwd, env["PATH"]);
  if (missing !== undefined) throw new Error(missing);
  const companion = call.tty
    ? await startWithTerminal(spec, sink)
    : await startWithPipes(spawn, spec, { stdin: call.stdin, sink });
  const { pid } = companion;
  const kill = (): void => void signalGroup(pid, "SIGKILL");
  container.ended.addEventListener("abort", kill, { once: true });
  if (container.ended.aborted) kill();
  await ledger.record(pid, `${what} (exec)`);
  const over = new AbortController();
  const ended = companion.ended.then((exit) => {
    over.abort();
    // Somebody of its group may go on, in the background: until the container ends.
    if (!ledger.holdsGroup(pid)) {
      container.ended.removeEventListener("abort", kill);
      ledger.forget(pid);
    }
    return exit;
  });
  return {
    stdin: companion.stdin,
    ended,
    resize: (size) => {
      if (!over.signal.aborted) companion.resize(size);
    },
    hangUp() {
      if (over.signal.aborted) return;
      companion.hangUp();
      void clock.sleep(patience, over.signal).then(kill, () => undefined);
    },
  };
}

/** Why a program can't be started, as container runtimes say it. A terminal would start, and only say so in it. */
function whyNotExecutable(program: string, cwd: string, path: string | undefined): string | undefined {
  const says = (why: string): string =>
    `failed to exec in container: exec: ${JSON.stringify(program)}: ${why}`;
  if (!program.includes("/"))
    return findProgram(program, path) === undefined ? says("executable file not found in $PATH") : undefined;
  const file = resolve(cwd, program);
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return says(`stat ${program}: no such file or directory`);
  if (stat.isDirectory()) return says("is a directory");
  try {
    accessSync(file, constants.X_OK);
    return undefined;
  } catch {
    return says("permission denied");
  }
}
