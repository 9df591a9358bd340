import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import { signalGroup } from "../process/processIdentity.ts";
import { exitOf, type OutputSink, type OutputStream, type Spawn } from "../process/startProcess.ts";
import type { ProcessSpec } from "../process/startProcess.ts";
import type { Companion } from "./Companion.ts";

/**
 * Starts a process over pipes. Unlike a container's program it may leave others behind, which hold the pipes open: as in a cluster, it then
 * ends for its client when they do.
 */
export function startWithPipes(
  spawn: Spawn,
  spec: ProcessSpec,
  options: { stdin: boolean; sink: OutputSink },
): Promise<Companion> {
  const [command = "", ...args] = spec.argv;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: spec.cwd,
      env: { ...spec.env },
      detached: true,
      stdio: [options.stdin ? "pipe" : "ignore", "pipe", "pipe"],
      ...(spec.uid === undefined ? {} : { uid: spec.uid }),
      ...(spec.gid === undefined ? {} : { gid: spec.gid }),
    });
    child.once("error", reject);
    const { pid } = child;
    if (pid === undefined) return;
    const exited = exitOfChild(child);
    const streams = Promise.all([
      pump(child.stdout, "stdout", options.sink),
      pump(child.stderr, "stderr", options.sink),
    ]);
    child.once("spawn", () =>
      resolve({
        pid,
        stdin: child.stdin ?? undefined,
        ended: streams.then(() => exited),
        resize: () => {},
        hangUp: () => void signalGroup(pid, "SIGHUP"),
      }),
    );
  });
}

const exitOfChild = (child: ChildProcess) =>
  new Promise<ReturnType<typeof exitOf>>((resolve) =>
    child.once("exit", (code, signal) => resolve(exitOf(code, signal))),
  );

async function pump(stream: Readable | null, name: OutputStream, sink: OutputSink): Promise<void> {
  if (stream === null) return;
  try {
    for await (const chunk of stream) await sink(name, chunk as Uint8Array);
  } catch {
    // The container ended, and with it whatever held the pipe.
  }
}
