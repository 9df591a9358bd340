import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { devAnnotations, type DevContainers } from "../../../contract/index.ts";
import { createKubeClient } from "../../../kube/createKubeClient.ts";
import type { KubeClient } from "../../../kube/KubeClient.ts";
import { createApiServer } from "../../api/createApiServer.ts";
import { systemClock, type Clock } from "../../Clock.ts";
import { startControllers } from "../../controllers/startControllers.ts";
import { startNode, type RunningNode } from "../startNode.ts";
import type { NodeOptions } from "../NodeOptions.ts";
import type { Pod } from "../Pod.ts";

/** An API server and a node with a temporary folder; with `controllers` a whole cluster. */
export interface TestNode {
  readonly client: KubeClient;
  node: RunningNode;
  readonly stateDir: string;
  /** A folder with programs: file name -> text. */
  program(files: Record<string, string>): string;
  /** Creates a pod that is bound to the node. */
  pod(
    name: string,
    spec: Record<string, unknown>,
    dev: DevContainers,
    annotations?: Record<string, string>,
  ): Promise<Pod>;
  getPod(name: string): Promise<Pod | undefined>;
  logs(name: string, options?: Record<string, unknown>): Promise<string>;
  /** Polls until `look` gives something; fails after a minute, and says what was seen last. */
  eventually<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T>;
  /** Stops the node and starts another one on the same state. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function testNode(
  options: Partial<NodeOptions> & { controllers?: boolean; clock?: Clock } = {},
): Promise<TestNode> {
  const folder = mkdtempSync(join(tmpdir(), "moorage-node-"));
  // PostgreSQL runs as another user where the tests run as root.
  chmodSync(folder, 0o711);
  const stateDir = join(folder, "state");
  const clock = options.clock ?? systemClock;
  const api = createApiServer({ clock });
  const client = createKubeClient(api.transport());
  const stopping = new AbortController();
  const controllers =
    options.controllers === true
      ? startControllers(createKubeClient(api.transport()), {
          clock,
          random: Math.random,
          signal: stopping.signal,
          log: () => {},
          volumesDir: join(stateDir, "volumes"),
          rootCa: "certificate",
        })
      : undefined;
  const start = async (): Promise<RunningNode> => {
    const running = await startNode(createKubeClient(api.transport()), {
      stateDir,
      clock,
      random: Math.random,
      environment: { PATH: process.env["PATH"], HOME: folder, SECRET_OF_THE_USER: "x" },
      ...options,
    });
    api.attachNode(running);
    return running;
  };
  let programs = 0;
  const getPod = (name: string): Promise<Pod | undefined> =>
    client.find<Pod>({ apiVersion: "v1", kind: "Pod", name, namespace: "default" });
  const cluster: TestNode = {
    client,
    stateDir,
    node: await start(),
    program(files) {
      const cwd = mkdtempSync(join(folder, `program-${programs++}-`));
      for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
      return cwd;
    },
    pod: (name, spec, dev, annotations = {}) =>
      client.create<Pod>({
        apiVersion: "v1",
        kind: "Pod",
        metadata: {
          name,
          namespace: "default",
          annotations: { [devAnnotations.containers]: JSON.stringify(dev), ...annotations },
        },
        spec: {
          nodeName: cluster.node.name,
          // A program that ends when it is asked to needs none of it, but time to be asked on a busy machine.
          terminationGracePeriodSeconds: 20,
          ...spec,
        } as unknown as Pod["spec"],
      }),
    getPod,
    async logs(name, wanted = {}) {
      let text = "";
      for await (const chunk of client.logs({ namespace: "default", name }, wanted))
        text += Buffer.from(chunk).toString("utf8");
      return text;
    },
    async eventually(what, look) {
      const until = Date.now() + 60_000;
      let last = "";
      while (Date.now() < until) {
        try {
          const found = await look();
          if (found !== undefined && found !== false) return found;
        } catch (error) {
          last = (error as Error).message;
        }
        await systemClock.sleep(20);
      }
      const pods = await client.list<Pod>({ apiVersion: "v1", kind: "Pod" });
      throw new Error(
        `${what}: not in time. ${last} ${JSON.stringify(pods.items.map(({ metadata, status }) => [metadata.name, status]))}`,
      );
    },
    async restart() {
      await cluster.node.stop();
      cluster.node = await start();
    },
    async stop() {
      await cluster.node.stop();
      stopping.abort();
      await controllers?.stopped;
      await api.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return cluster;
}

/** Is ready, by its condition. */
export const isReady = (pod: Pod | undefined): pod is Pod =>
  pod?.status?.conditions?.find(({ type }) => type === "Ready")?.status === "True";
