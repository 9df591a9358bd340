import { tmpdir } from "node:os";
import type { KubeObject } from "../../src/contract/index.ts";
import { deploy, planDeploy, type DeployResult, type LockOptions } from "../../src/deploy/index.ts";
import {
  clusterConnection,
  createKubeClient,
  httpTransport,
  loadKubeconfig,
  retrying,
  systemClock,
  type Clock,
  type KubeClient,
  type Transport,
} from "../../src/kube/index.ts";
import { startCluster, type Cluster } from "../cluster/startCluster.ts";
import { withPlayedControllers } from "../deploy/playedControllers.ts";
import type { Outcome } from "./FaultWorld.ts";
import { groupOf, thirtyObjects } from "./thirtyObjects.ts";

const speed = 50;

/** Time that passes fifty times as fast: a dead holder's lease is over in a moment, and the server's own work is still waited for. */
export const fastClock = (): Clock => {
  const from = Date.now();
  return {
    now: () => from + (Date.now() - from) * speed,
    sleep: (milliseconds, signal) => systemClock.sleep(milliseconds / speed, signal),
  };
};

/** Of a deploy in fast time: a pause of this machine must not cost it its lock. */
const patientLock = { duration: 1_800_000 };

/** A transport to the server of a kubeconfig, in which workloads are done as soon as they are written. */
export function transportTo(kubeconfig: string): Transport {
  const env = {};
  const loaded = loadKubeconfig({ path: kubeconfig, env, home: tmpdir() });
  return withPlayedControllers(httpTransport(clusterConnection(loaded, { env, clock: systemClock })));
}

/** A real kube-apiserver, in which each trial has a namespace of its own. */
export class RealWorld {
  readonly kubeconfig: string;
  readonly #cluster: Cluster;
  readonly #transport: Transport;
  readonly #client: KubeClient;

  private constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.kubeconfig = cluster.kubeconfig;
    this.#transport = transportTo(cluster.kubeconfig);
    this.#client = createKubeClient(this.#transport);
  }

  static async start(): Promise<RealWorld> {
    const flags = { "disable-admission-plugins": "StorageObjectInUseProtection,ServiceAccount" };
    return new RealWorld(
      await startCluster({ components: ["kube-apiserver"], flags: { "kube-apiserver": flags } }),
    );
  }

  async stop(): Promise<void> {
    await this.#transport.close();
    await this.#cluster.stop();
  }

  /** A namespace with the first version in it. */
  async open(namespace: string): Promise<RealTrial> {
    await this.#client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
    const trial = new RealTrial(this.#transport, namespace);
    await trial.deployVersion(1, this.#client);
    return trial;
  }
}

export class RealTrial {
  readonly namespace: string;
  readonly #transport: Transport;
  readonly #counts: Record<string, { creates: number; deletes: number }> = {};

  constructor(transport: Transport, namespace: string) {
    this.#transport = transport;
    this.namespace = namespace;
  }

  /** Deploys the second version through a transport that may fail. */
  async deploy(
    wrap: (transport: Transport, clock: Clock) => Transport = (same) => same,
  ): Promise<DeployResult> {
    const clock = fastClock();
    const transport = retrying(wrap(this.counting(), clock), { clock, random: () => 0.5 });
    const client = createKubeClient(transport, { clock, random: () => 0.5 });
    return await this.deployVersion(2, client, clock, patientLock);
  }

  /** The same in the machine's time: what it leaves when it is killed is a lock of fifteen seconds. */
  async die(wrap: (transport: Transport, clock: Clock) => Transport): Promise<DeployResult> {
    const client = createKubeClient(wrap(this.counting(), systemClock));
    return await this.deployVersion(2, client, systemClock, {});
  }

  async deployVersion(
    version: 1 | 2,
    client: KubeClient,
    clock: Clock = systemClock,
    lock: LockOptions = {},
  ): Promise<DeployResult> {
    const rendering = thirtyObjects(version, this.namespace);
    const context = { client, clock, who: "ada" };
    return await deploy(rendering, await planDeploy(rendering, context), context, { lock });
  }

  /** The server's transport, which counts what deploys made and deleted. */
  counting(): Transport {
    return {
      close: async () => {},
      send: async (request) => {
        const response = await this.#transport.send(request);
        const isState = request.path.includes("/moorage-epidemiology-dev");
        if (request.query?.["dryRun"] !== undefined || isState) return response;
        const path = request.path.replaceAll(this.namespace, "NAMESPACE");
        const made = response.status === 201 ? 1 : 0;
        const deleted = request.method === "DELETE" && response.status < 300 ? 1 : 0;
        if (made + deleted > 0) {
          const count = (this.#counts[path] ??= { creates: 0, deletes: 0 });
          count.creates += made;
          count.deletes += deleted;
        }
        return response;
      },
    };
  }

  /** What is there now; takes the definition away, which belongs to the whole cluster. */
  async outcome(): Promise<Outcome> {
    const client = createKubeClient(this.#transport);
    const group = groupOf(this.namespace);
    const kinds = [
      { apiVersion: "v1", kind: "ConfigMap" },
      { apiVersion: "v1", kind: "Secret" },
      { apiVersion: "v1", kind: "Service" },
      { apiVersion: "v1", kind: "ServiceAccount" },
      { apiVersion: "apps/v1", kind: "Deployment" },
      { apiVersion: "batch/v1", kind: "Job" },
      { apiVersion: `${group}/v1`, kind: "Shape" },
    ];
    const lists = await Promise.all(
      kinds.map(async (kind) =>
        (await client.list(kind, { namespace: this.namespace })).items.map((item) => ({ ...item, ...kind })),
      ),
    );
    await client.delete({
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      name: `shapes.${group}`,
    });
    const state = lists
      .flat()
      .filter(({ metadata }) => metadata.labels?.["moorage.dev/state"] === undefined)
      .map((object) => this.#normalised(object))
      .toSorted();
    return {
      state,
      counts: Object.fromEntries(Object.entries(this.#counts).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    };
  }

  /** Without what differs from run to run. */
  #normalised({ apiVersion, kind, metadata, ...rest }: KubeObject): string {
    const { name, labels, annotations } = metadata;
    const managers = (metadata.managedFields ?? [])
      .filter(({ manager }) => manager?.startsWith("moorage:"))
      .map(({ time: _time, ...entry }) => entry);
    delete rest["status"];
    return JSON.stringify({ apiVersion, kind, name, labels, annotations, managers, ...rest })
      .replaceAll(this.namespace, "NAMESPACE")
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "UID")
      .replaceAll(/\d+\.\d+\.\d+\.\d+/g, "ADDRESS");
  }
}
