import { signalGroup } from "../process/processIdentity.ts";
import type { OutputSink, ProcessSpec, RunningProcess } from "../process/startProcess.ts";
import { startWithTerminal } from "./startWithTerminal.ts";
import { whyNotExecutable } from "./whyNotExecutable.ts";

/** A container's program whose pod asks for a `tty`. Without `stdin` nobody types there. Rejects when it can't be started. */
export async function startProgramOnTerminal(
  spec: ProcessSpec,
  sink: OutputSink,
  onExit: () => void,
): Promise<RunningProcess> {
  const missing = whyNotExecutable(spec.argv[0] ?? "", spec.cwd, spec.env["PATH"]);
  if (missing !== undefined) throw new Error(missing);
  const companion = await startWithTerminal({ ...spec, env: { TERM: "xterm", ...spec.env } }, sink, onExit);
  const { pid, stdin, ended } = companion;
  return {
    pid,
    exited: ended.then((exit) => {
      // As with every program of a container: what it left behind ends with it.
      signalGroup(pid, "SIGKILL");
      return exit;
    }),
    signal: (signal) => signalGroup(pid, signal),
    resize: (size) => companion.resize(size),
    ...(spec.stdin === true ? { stdin } : {}),
  };
}
