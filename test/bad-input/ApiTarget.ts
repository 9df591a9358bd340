import "reflect-metadata";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { join } from "node:path";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { clusterConnection, loadKubeconfig } from "../../src/kube/index.ts";
import { startCluster } from "../cluster/startCluster.ts";
import { readAnswer, type RawAnswer } from "./readAnswer.ts";

/** An API server that is sent bytes, right or wrong, and what it makes of them. */
export interface ApiTarget {
  readonly port: number;
  /** Who asks, as a line of the request; empty where the connection's certificate says it. */
  readonly authorization: string;
  /** A connection of its own, as the administrator. */
  connect(options?: ConnectionOptions): Promise<TLSSocket>;
  stop(): Promise<void>;
}

/** What the sandbox's process says of itself. */
export interface Condition {
  /** Bytes on the heap and beside it, after a collection. */
  readonly held: number;
  readonly rss: number;
  /** Names of what was added to the prototype of every object. */
  readonly polluted: readonly string[];
  /** Requests that failed by the server's own fault. */
  readonly faults: readonly string[];
}

export interface SandboxTarget extends ApiTarget {
  readonly child: ChildProcess;
  condition(): Promise<Condition>;
}

/** Sends the bytes on a connection of their own and reads the one answer. `half`: says that nothing more comes, and still reads. */
export async function exchange(
  target: ApiTarget,
  bytes: Uint8Array | string,
  { half = false }: { half?: boolean } = {},
): Promise<RawAnswer> {
  const socket = await target.connect();
  const answer = readAnswer(socket);
  // A server may answer and close before it has read everything.
  socket.on("error", () => {});
  if (half) socket.end(bytes);
  else socket.write(bytes);
  try {
    return await answer;
  } finally {
    socket.destroy();
  }
}

async function connectTo(port: number, options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true, ...options } as ConnectionOptions);
  await once(socket, "secureConnect");
  return socket;
}

/** The sandbox's API server as a child process. */
export async function startSandboxTarget(limits: { headersTimeout?: number } = {}): Promise<SandboxTarget> {
  const program = join(import.meta.dirname, "serveApi.ts");
  const child = spawn(process.execPath, ["--expose-gc", program, JSON.stringify(limits)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines: Interface = createInterface({ input: child.stdout });
  const next = async (): Promise<unknown> => {
    const [line] = (await once(lines, "line", { close: ["close"] } as object)) as [string];
    return JSON.parse(line) as unknown;
  };
  const { port, ca } = (await next()) as { port: number; ca: string };
  return {
    port,
    authorization: "Authorization: Bearer test\r\n",
    child,
    connect: async (options) => await connectTo(port, { ca, ...options }),
    async condition() {
      const said = next();
      child.stdin.write("\n");
      return (await said) as Condition;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** A real kube-apiserver; needs `clusterAvailable({ own })`. */
export async function startRealTarget(): Promise<ApiTarget> {
  const cluster = await startCluster({ components: ["kube-apiserver"] });
  const connection = clusterConnection(loadKubeconfig({ path: cluster.kubeconfig, env: {}, home: "/" }), {
    env: {},
  });
  const { headers, ...credentials } = await connection.credentials();
  const { port } = new URL(connection.server);
  return {
    port: Number(port),
    authorization: Object.entries(headers)
      .map(([name, value]) => `${name}: ${String(value)}\r\n`)
      .join(""),
    connect: async (options) =>
      await connectTo(Number(port), { ca: connection.ca, ...credentials, ...options }),
    stop: async () => await cluster.stop(),
  };
}
