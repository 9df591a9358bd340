import { Writable } from "node:stream";
import type { AttachCall } from "../../api/NodeBackend.ts";
import type { OutputSink, ProcessExit } from "../process/startProcess.ts";
import type { RunningContainer } from "./RunningContainer.ts";
import type { Session } from "./StreamTarget.ts";

/**
 * Connects a client with a container's program: what it says from now on, and its input if the pod has given it one. How the program ends is
 * not told.
 */
export function joinProgram(container: RunningContainer, call: AttachCall, sink: OutputSink): Session {
  const letGo = container.output.attach(sink);
  const stdin = call.stdin ? inputOf(container) : undefined;
  const { promise, resolve } = Promise.withResolvers<ProcessExit>();
  const over = (): void => {
    container.ended.removeEventListener("abort", over);
    letGo();
    stdin?.end();
    resolve({ exitCode: 0 });
  };
  container.ended.addEventListener("abort", over, { once: true });
  if (container.ended.aborted) over();
  return { stdin, ended: promise, resize: (size) => container.resize?.(size), hangUp: over };
}

/** The end of one client's input is the end of the program's with `stdinOnce` only; else the next client goes on. */
function inputOf({ stdin, stdinOnce }: RunningContainer): Writable | undefined {
  if (stdin === undefined || !stdin.writable) return undefined;
  return new Writable({
    write(chunk: Buffer, _encoding, written) {
      if (stdin.writable) stdin.write(chunk, () => written());
      else written();
    },
    final(ended) {
      if (stdinOnce === true) stdin.end();
      ended();
    },
  });
}
