import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KubeObject } from "../../src/contract/index.ts";
import {
  clusterConnection,
  createKubeClient,
  httpTransport,
  loadKubeconfig,
  systemClock,
} from "../../src/kube/index.ts";
import type { LockOptions } from "../../src/deploy/index.ts";
import type { Clock, KubeClient, Transport } from "../../src/kube/index.ts";
import { startCluster, type Cluster } from "../cluster/startCluster.ts";
import { deployOnce, loadVersion, Trial } from "./FaultWorld.ts";

/** Time that passes so many times as fast: sleeps are short, and what is measured is long. */
const hasty = (haste: number): Clock => ({
  now: () => systemClock.now() * haste,
  sleep: (milliseconds, signal) => systemClock.sleep(milliseconds / haste, signal),
});

/** A dead holder's lease of 15 s is over in 0.75 s; and the two minutes in which a server has to establish a definition are six seconds, which a busy machine may need. */
const trialClock = hasty(20);
/** Of a deploy in that time: a pause of this machine must not cost it its lock. */
const patientLock: LockOptions = { duration: 1_800_000 };

/** Three minutes, in that time: what a server does in a moment a busy machine may put off. */
const timeoutSeconds = 3600;

const leisurely = hasty(5);

/** Trials on a real kube-apiserver, each in a namespace of its own. Nobody runs pods there: what controllers would say is said at once. */
export class RealTrials {
  readonly #folder = realpathSync(mkdtempSync(join(tmpdir(), "moorage-faults-")));
  readonly #cluster: Cluster;
  readonly #transport: Transport;
  readonly #client: KubeClient;
  readonly #stop = new AbortController();
  readonly #standIns: Promise<unknown>;
  #count = 0;

  private constructor(cluster: Cluster, transport: Transport) {
    this.#cluster = cluster;
    this.#transport = transport;
    this.#client = createKubeClient(transport);
    this.#standIns = Promise.all([
      this.#answer({ apiVersion: "apps/v1", kind: "Deployment" }, ({ spec, metadata }) => {
        const { replicas = 1 } = spec as { replicas?: number };
        return {
          observedGeneration: metadata.generation,
          replicas,
          updatedReplicas: replicas,
          readyReplicas: replicas,
          availableReplicas: replicas,
        };
      }),
      this.#answer({ apiVersion: "batch/v1", kind: "Job" }, () => {
        const time = `${new Date().toISOString().slice(0, 19)}Z`;
        const condition = { status: "True", lastTransitionTime: time, lastProbeTime: time };
        return {
          startTime: time,
          completionTime: time,
          succeeded: 1,
          uncountedTerminatedPods: {},
          conditions: [
            { ...condition, type: "SuccessCriteriaMet" },
            { ...condition, type: "Complete" },
          ],
        };
      }),
      this.#answer({ apiVersion: "networking.k8s.io/v1", kind: "Ingress" }, () => ({
        loadBalancer: { ingress: [{ ip: "192.0.2.1" }] },
      })),
    ]);
  }

  static async start(): Promise<RealTrials> {
    const cluster = await startCluster({
      components: ["kube-apiserver"],
      flags: { "kube-apiserver": { "disable-admission-plugins": "ServiceAccount" } },
    });
    const env = {};
    const config = loadKubeconfig({ path: cluster.kubeconfig, env, home: tmpdir() });
    const transport = httpTransport(clusterConnection(config, { env, clock: systemClock }), {
      connections: 32,
    });
    return new RealTrials(cluster, transport);
  }

  /** The administrator's. */
  get client(): KubeClient {
    return this.#client;
  }

  /** Time that is fast, and in which a deploy keeps its lock without asking for a longer one. */
  get clock(): Clock {
    return leisurely;
  }

  /** As whoever a bearer token stands for. */
  as(token: string): Transport {
    const env = {};
    const config = loadKubeconfig({ path: this.#cluster.kubeconfig, env, home: tmpdir() });
    const connection = clusterConnection(config, { env, clock: systemClock });
    const credentials = async (): Promise<{ headers: Record<string, string> }> => ({
      headers: { authorization: `Bearer ${token}` },
    });
    return httpTransport({ ...connection, credentials, forgetCredentials: () => false });
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#standIns;
    await this.#transport.close();
    await this.#cluster.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** A namespace with the first version in it, and the folder with the file of the second. */
  async open(): Promise<Trial & { readonly folder: string }> {
    const id = `t${this.#count++}`;
    const place = { namespace: `${id}-mice`, group: `${id}.mice.example.org`, claims: false };
    const client = this.#client;
    await client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: place.namespace } });
    const folder = join(this.#folder, id);
    mkdirSync(folder);
    const run = <T>(work: Promise<T>): Promise<T> => work;
    const first = { client, clock: trialClock, lock: patientLock, timeoutSeconds, run };
    await deployOnce(first, await loadVersion(folder, 1, place));
    const cluster = {
      transport: this.#transport,
      clock: trialClock,
      lock: patientLock,
      timeoutSeconds,
      run,
      settle: async () => {},
      // A definition belongs to the whole server, and what that serves is read by each deploy.
      close: async () =>
        await client
          .delete({
            apiVersion: "apiextensions.k8s.io/v1",
            kind: "CustomResourceDefinition",
            name: `shapes.${place.group}`,
          })
          .then(() => {}),
      place,
    };
    return Object.assign(new Trial(cluster, await loadVersion(folder, 2, place)), { folder });
  }

  /** Says, of each object of a kind, that it is as it should be. */
  async #answer(
    kind: { apiVersion: string; kind: string },
    status: (object: KubeObject) => object,
  ): Promise<void> {
    const { signal } = this.#stop;
    const said = new Map<string, number>();
    for await (const event of this.#client.follow(kind, { signal })) {
      if (event.type === "SYNCED" || event.type === "DELETED") continue;
      const { uid = "", generation = 0, name = "", namespace } = event.object.metadata;
      if ((said.get(uid) ?? -1) >= generation) continue;
      said.set(uid, generation);
      const ref = { ...kind, name, namespace };
      await this.#client
        .patch(ref, "merge", { metadata: { uid }, status: status(event.object) }, { subresource: "status" })
        .catch((error: unknown) => {
          // Deleted meanwhile, or changed: its next event comes.
          if (!signal.aborted && !/not found|modified|Precondition/i.test(String(error))) throw error;
        });
    }
  }
}
