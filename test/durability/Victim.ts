import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import {
  clusterConnection,
  createKubeClient,
  httpTransport,
  loadKubeconfig,
  systemClock,
  type ClusterConnection,
  type KubeClient,
} from "../../src/kube/index.ts";

/** A program that keeps objects in a folder, to be killed. */
export class Victim {
  readonly child: ChildProcess;
  readonly #connection: Promise<ClusterConnection | undefined>;
  readonly #clients: KubeClient[] = [];

  private constructor(args: readonly string[], read: (line: string) => ClusterConnection | undefined) {
    const flags = ["--disable-warning=ExperimentalWarning", ...args];
    this.child = spawn(process.execPath, flags, { stdio: ["pipe", "pipe", "inherit"] });
    const { stdout } = this.child;
    this.#connection = new Promise((done, fail) => {
      if (stdout === null) return fail(new Error("no pipe"));
      createInterface({ input: stdout }).on("line", (line) => {
        try {
          const connection = read(line);
          if (connection !== undefined) done(connection);
        } catch (error) {
          fail(error);
        }
      });
      this.child.once("exit", () => done(undefined));
    });
    this.#connection.catch(() => {});
  }

  /** The journal, the store and the API server by themselves. */
  static small(folder: string, credentials: { file: string; authority: string }): Victim {
    const program = resolve(import.meta.dirname, "serveStore.ts");
    return new Victim([program, folder, credentials.file], (port) => ({
      server: `https://127.0.0.1:${port}`,
      description: "the store",
      ca: credentials.authority,
      credentials: async () => ({ headers: { authorization: "Bearer test" } }),
      forgetCredentials: () => false,
    }));
  }

  /** The whole sandbox; with `--simulate` its pods only pretend. */
  static whole(folder: string, flags: readonly string[]): Victim {
    const program = resolve(import.meta.dirname, "..", "tools", "startCli.ts");
    const args = [program, "sandbox", ...flags, "--supervised", "--state", join(folder, "state")];
    return new Victim(args, (line) => {
      const message = JSON.parse(line) as { type: string; message?: string; record?: { kubeconfig: string } };
      if (message.type === "failed") throw new Error(message.message);
      if (message.record === undefined) return undefined;
      const path = message.record.kubeconfig;
      return clusterConnection(loadKubeconfig({ path, env: {}, home: folder }), { env: {} });
    });
  }

  /** Resolves when it serves. */
  async ready(): Promise<void> {
    if ((await this.#connection) === undefined) throw new Error("it ended before it served");
  }

  /** A client with connections of its own, which tries nothing twice. */
  async connect(): Promise<KubeClient> {
    const connection = await this.#connection;
    if (connection === undefined) throw new Error("it ended before it served");
    const client = createKubeClient(httpTransport(connection), { clock: systemClock, random: Math.random });
    this.#clients.push(client);
    return client;
  }

  /** SIGTERM, as `sandbox stop` sends it; resolves when it is gone. */
  async stop(): Promise<void> {
    const exited = once(this.child, "exit");
    this.child.kill("SIGTERM");
    await exited;
    await this.kill();
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const exited = once(this.child, "exit");
      this.child.kill("SIGKILL");
      await exited;
    }
    await Promise.all(this.#clients.map((client) => client.close()));
  }
}
