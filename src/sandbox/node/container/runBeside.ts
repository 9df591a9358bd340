import type { ContainerPlan } from "../containerPlan.ts";
import type { NodeContext } from "../NodeContext.ts";
import { entered } from "../process/entered.ts";
import { startProcess } from "../process/startProcess.ts";

export interface BesideOptions {
  readonly node: NodeContext;
  readonly plan: ContainerPlan;
  /** Namespace/pod/container, for people. */
  readonly what: string;
  /** Hooks find their token, as the program does; probes come often and have no use for one. */
  readonly withToken: boolean;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** The last bytes of output that are told. */
const told = 10_240;

/** Runs a command of a probe or hook as the container's program runs. */
export async function runBeside(
  command: readonly string[],
  { node, plan, what, withToken, signal }: BesideOptions,
): Promise<{ exitCode: number; output: string }> {
  let output = "";
  const argv = command.map(plan.substitute);
  const running = await startProcess(
    node.spawn,
    {
      argv: withToken ? entered(argv, plan) : argv,
      cwd: plan.cwd,
      env: { ...plan.env, ...node.ledger.marker },
      uid: plan.uid,
      gid: plan.gid,
    },
    (_stream, chunk) => {
      output = (output + Buffer.from(chunk).toString("utf8")).slice(-told);
    },
  );
  await node.ledger.record(running.pid, `${what} (exec)`);
  const stop = (): void => void running.signal("SIGKILL");
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const { exitCode } = await running.exited;
  signal.removeEventListener("abort", stop);
  node.ledger.forget(running.pid);
  return { exitCode, output };
}
