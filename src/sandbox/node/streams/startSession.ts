import { dirname } from "node:path";
import type { ExecCall } from "../../api/NodeBackend.ts";
import type { Clock } from "../../Clock.ts";
import type { ContainerPlan } from "../containerPlan.ts";
import { entered } from "../process/entered.ts";
import { signalGroup } from "../process/processIdentity.ts";
import type { ProcessLedger } from "../process/ProcessLedger.ts";
import type { OutputSink, ProcessSpec, Spawn } from "../process/startProcess.ts";
import type { Companion } from "./Companion.ts";
import { mountedArchive } from "./mountedArchive.ts";
import { startWithPipes } from "./startWithPipes.ts";
import type { RunningContainer } from "./RunningContainer.ts";
import type { Session } from "./StreamTarget.ts";
import { startWithTerminal } from "./startWithTerminal.ts";
import { whyNotExecutable } from "./whyNotExecutable.ts";

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
  const archive = await mountedArchive(call.command, plan.substitute, dirname(plan.terminationFile));
  const spec: ProcessSpec = {
    argv: archive?.argv ?? call.command.map(plan.substitute),
    cwd: plan.cwd,
    env,
    ...(plan.uid === undefined ? {} : { uid: plan.uid }),
    ...(plan.gid === undefined ? {} : { gid: plan.gid }),
  };
  const companion = await startCompanion(spec, plan, call, sink, spawn).catch(async (error: unknown) => {
    await archive?.done();
    throw error;
  });
  const { pid } = companion;
  const kill = (): void => {
    signalGroup(pid, "SIGKILL");
    ledger.forget(pid);
  };
  container.ended.addEventListener("abort", kill, { once: true });
  if (container.ended.aborted) kill();
  await ledger.record(pid, `${what} (exec)`);
  const over = new AbortController();
  const ended = companion.ended.then(async (exit) => {
    over.abort();
    await archive?.done();
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

function startCompanion(
  asked: ProcessSpec,
  { enter }: Pick<ContainerPlan, "enter">,
  call: ExecCall,
  sink: OutputSink,
  spawn: Spawn,
): Promise<Companion> {
  const { argv, cwd, env } = asked;
  const missing = whyNotExecutable(argv[0] ?? "", cwd, env["PATH"]);
  if (missing !== undefined) return Promise.reject(new Error(`failed to exec in container: ${missing}`));
  const spec = { ...asked, argv: entered(argv, { cwd, env, ...(enter === undefined ? {} : { enter }) }) };
  return call.tty ? startWithTerminal(spec, sink) : startWithPipes(spawn, spec, { stdin: call.stdin, sink });
}
