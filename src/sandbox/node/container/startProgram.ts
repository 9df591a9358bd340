import type { ContainerPlan } from "../containerPlan.ts";
import type { ContainerLog } from "../logs/ContainerLog.ts";
import type { NodeContext, StartProblem } from "../NodeContext.ts";
import type { Container } from "../Pod.ts";
import { entered } from "../process/entered.ts";
import { startProcess, type OutputSink, type RunningProcess } from "../process/startProcess.ts";
import type { OutputTap } from "../streams/OutputTap.ts";
import { startProgramOnTerminal } from "../streams/startProgramOnTerminal.ts";
import { startFailure } from "./startFailure.ts";

/** Starts a container's program; what it says goes into its log, and to those who joined it. */
export async function startProgram(
  node: NodeContext,
  container: Container,
  plan: ContainerPlan,
  { log, output }: { log: ContainerLog; output: OutputTap },
): Promise<RunningProcess | StartProblem> {
  const spec = {
    argv: entered(plan.argv, plan),
    cwd: plan.cwd,
    env: { ...plan.env, ...node.ledger.marker },
    uid: plan.uid,
    gid: plan.gid,
    stdin: container.stdin === true,
  };
  const sink: OutputSink = (stream, chunk) => output.pass(stream, chunk, log.append(stream, chunk));
  const onExit = (): void => output.end();
  try {
    return await (container.tty === true
      ? startProgramOnTerminal(spec, sink, onExit)
      : startProcess(node.spawn, spec, sink, onExit));
  } catch (error) {
    return { reason: "RunContainerError", message: startFailure(plan, error as NodeJS.ErrnoException) };
  }
}
