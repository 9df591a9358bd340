import { connect, type Socket } from "node:net";
import type { StreamCall } from "../../api/NodeBackend.ts";
import { joinProgram } from "./joinProgram.ts";
import type { RunningContainer } from "./RunningContainer.ts";
import { startSession, type SessionContext } from "./startSession.ts";
import type { Refusal, StreamTarget } from "./StreamTarget.ts";
import { loadTerminals } from "./startWithTerminal.ts";

/** A pod of this node, as far as its streams need it. */
export interface StreamPod {
  /** `namespace/name`. */
  readonly key: string;
  /** Undefined while the container's program does not run. */
  running(container: string): RunningContainer | undefined;
  /** The loopback port for a container port; undefined once the pod is gone: somebody else may listen there then. */
  port(containerPort: number): number | undefined;
}

/** What a pod of this node offers. */
export function podTarget(pod: StreamPod, context: Omit<SessionContext, "what">): StreamTarget {
  const runningOf = (container: string): RunningContainer => {
    const found = pod.running(container);
    if (found === undefined) throw new Error(notFound(container));
    return found;
  };
  return {
    name: pod.key,
    clock: context.clock,
    async refusal(call) {
      return refusalOf(call, pod) ?? (await noTerminal(call));
    },
    exec: (call, sink) =>
      startSession(runningOf(call.container), call, sink, {
        ...context,
        what: `${pod.key}/${call.container}`,
      }),
    attach: async (call, sink) => joinProgram(runningOf(call.container), call, sink),
    async connect(port) {
      const local = pod.port(port);
      if (local === undefined) throw new Error(`pod not found (${JSON.stringify(pod.key)})`);
      return await open(local);
    },
  };
}

const notFound = (container: string): string => `container not found (${JSON.stringify(container)})`;

function refusalOf(call: StreamCall, pod: StreamPod): Refusal | undefined {
  if (call.kind === "portforward")
    return pod.port(1) === undefined ? { status: 404, message: "pod not found" } : undefined;
  if (!call.stdin && !call.stdout && !call.stderr)
    return { status: 400, message: "you must specify at least 1 of stdin, stdout, stderr" };
  if (pod.running(call.container) === undefined) return { status: 500, message: notFound(call.container) };
  if (call.kind === "exec" && call.command.length === 0)
    return { status: 400, message: "you must specify at least one command for the container" };
  return undefined;
}

async function noTerminal(call: StreamCall): Promise<Refusal | undefined> {
  if (call.kind !== "exec" || !call.tty) return undefined;
  try {
    await loadTerminals();
    return undefined;
  } catch (error) {
    return { status: 501, message: (error as Error).message };
  }
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
    const refused = ({ code, message }: NodeJS.ErrnoException): void =>
      reject(
        new Error(
          `dial tcp 127.0.0.1:${port}: ${code === "ECONNREFUSED" ? "connect: connection refused" : message}`,
        ),
      );
    socket.once("error", refused);
    socket.once("connect", () => {
      socket.off("error", refused);
      socket.setNoDelay(true);
      resolve(socket);
    });
  });
}
