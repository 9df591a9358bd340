import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KubeObject } from "../../src/contract/index.ts";
import {
  deploy,
  loadEnvironment,
  prepareDeploy,
  type DeployContext,
  type DeployOptions,
  type DeployResult,
  type DeploySource,
  type LockOptions,
} from "../../src/deploy/index.ts";
import { apiVersionOf } from "../../src/kube/KindInfo.ts";
import {
  createKubeClient,
  retrying,
  type Clock,
  type KubeClient,
  type KubeRequest,
  type Transport,
} from "../../src/kube/index.ts";
import { startSimulatedSandbox, type SimulatedSandbox } from "../../src/sandbox/index.ts";
import { FaultyTransport, type Fault } from "./FaultyTransport.ts";

const service = (name: string, level: string): string => `
  ${name}:
    kind: service
    image: api
    command: [node, ${name}.js]
    runAs: 1000
    after: [migrate, shapes]
    config: { LEVEL: ${level} }
    env: { PASSWORD: "\${secret.db.PASSWORD}" }
    expose: { host: ${name}.example.org, public: true }`;

/** Where a trial happens: its namespace, and a group of its own for what is cluster-wide. */
export interface Place {
  readonly namespace: string;
  readonly group: string;
  /** Whether somebody there binds claims. */
  readonly claims: boolean;
}

/** Some thirty objects; the second version changes programs, configuration and the job, adds a definition with an object of it, and leaves a service out. */
const platformFile = (version: 1 | 2, { namespace, claims }: Place): string => `
name: mice
images:
  api: { ref: registry.example.org/mice/api, tag: "1.${version}.0" }
secrets:
  db: { keys: { PASSWORD: { from: generated, shape: hex } } }
environments:
  prod: { target: { context: okd }, namespace: ${namespace} }
components:
  ${claims ? "data: { kind: volume.claim, size: 1Gi, path: /var/lib/mice }" : "# nobody binds claims"}
  migrate: { kind: job, image: api, command: [node, migrate.js], on: deploy, runAs: 1000 }
  shapes: { kind: manifests, files: [shapes-${version}.yaml] }
${service("api", version === 1 ? "info" : "debug")}
${service("web", "info")}
${service("stats", "info")}
${service("search", version === 1 ? "info" : "warn")}
${version === 1 ? service("legacy", "info") : service("modern", "info")}
`;

const shapes = (version: 1 | 2, { group }: Place): string =>
  version === 1
    ? `
apiVersion: v1
kind: ConfigMap
metadata: { name: shapes }
data: { square: "4" }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: colours }
data: { red: "1" }
`
    : `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: shapes.${group} }
spec:
  group: ${group}
  scope: Namespaced
  names: { kind: Shape, plural: shapes, singular: shape, listKind: ShapeList }
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties: { spec: { type: object, properties: { edges: { type: integer } } } }
---
apiVersion: ${group}/v1
kind: Shape
metadata: { name: square }
spec: { edges: 4 }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: shapes }
data: { square: "four" }
`;

/** A version of the platform, loaded from files in `folder`. */
export async function loadVersion(folder: string, version: 1 | 2, place: Place): Promise<DeploySource> {
  writeFileSync(join(folder, `shapes-${version}.yaml`), shapes(version, place));
  writeFileSync(join(folder, "moorage.yaml"), platformFile(version, place));
  return { evaluated: await loadEnvironment({ cwd: folder, environment: "prod" }), processEnvironment: {} };
}

const place: Place = { namespace: "mice", group: "mice.example.org", claims: true };

/** How often an object was made and deleted by deploys. */
export type Counts = Readonly<Record<string, { readonly creates: number; readonly deletes: number }>>;

/** What a trial ended with: equal for all trials that ended well. */
export interface Outcome {
  readonly state: readonly string[];
  readonly counts: Counts;
}

/** A deploy that nothing happened to: its requests in order, and what it ended with. */
export type CleanRun = Outcome & { readonly requests: readonly KubeRequest[] };

/** The platform in both versions, and clusters in which the first is deployed. */
export class FaultWorld {
  readonly #folder: string;
  readonly #next: DeploySource;
  readonly #snapshot: readonly KubeObject[];

  private constructor(folder: string, next: DeploySource, snapshot: readonly KubeObject[]) {
    this.#folder = folder;
    this.#next = next;
    this.#snapshot = snapshot;
  }

  static async make(): Promise<FaultWorld> {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "moorage-faults-")));
    const source = (version: 1 | 2): Promise<DeploySource> => loadVersion(folder, version, place);
    const sandbox = await startSimulatedSandbox({ random: seeded(1) });
    await deployOnce(sandbox, await source(1));
    // Controllers have nothing left to do.
    await sandbox.pass(60_000);
    const snapshot = await everything(sandbox.client);
    await sandbox.stop();
    return new FaultWorld(folder, await source(2), snapshot);
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** A cluster with the first version in it, made anew. */
  async open(): Promise<Trial> {
    const sandbox = await startSimulatedSandbox({ random: seeded(2) });
    await sandbox.restore(this.#snapshot);
    return new Trial(
      {
        transport: sandbox.client.transport,
        clock: sandbox.clock,
        run: (work) => sandbox.run(work),
        settle: () => sandbox.pass(60_000),
        close: () => sandbox.stop(),
        place,
      },
      this.#next,
    );
  }

  async clean(): Promise<CleanRun> {
    return await cleanRun(await this.open());
  }
}

/** A deploy that nothing happens to. */
export async function cleanRun(trial: Trial): Promise<CleanRun> {
  try {
    const run = trial.deploy();
    await trial.cluster.run(run.work);
    return { ...(await trial.outcome()), requests: run.transport.requests };
  } finally {
    await trial.cluster.close();
  }
}

/** A cluster that a trial has for itself. */
export interface TrialCluster {
  readonly transport: Transport;
  readonly clock: Clock;
  /** Waits for work, and lets time pass meanwhile. */
  run<T>(work: Promise<T>): Promise<T>;
  /** Waits until nothing changes any more. */
  settle(): Promise<void>;
  close(): Promise<void>;
  readonly place: Place;
  /** How deploys hold the lock, unless said otherwise. */
  readonly lock?: LockOptions;
  /** How long deploys wait for what they made. */
  readonly timeoutSeconds?: number;
}

export interface Run {
  readonly work: Promise<DeployResult>;
  readonly transport: FaultyTransport;
  readonly notes: readonly string[];
}

/** One cluster, and deploys of the second version into it. */
export class Trial {
  readonly cluster: TrialCluster;
  readonly #source: DeploySource;
  readonly #counts: Record<string, { creates: number; deletes: number }> = {};

  constructor(cluster: TrialCluster, source: DeploySource) {
    this.cluster = cluster;
    this.#source = source;
  }

  /** Begins a deploy; give its work to `cluster.run`. */
  deploy(
    fault?: { readonly at: number; readonly is: Fault },
    options: DeployOptions & { readonly who?: string; readonly clock?: Clock } = {},
  ): Run {
    const { clock = this.cluster.clock } = options;
    const transport = new FaultyTransport(this.counted, clock, fault);
    const random = seeded(3);
    const client = createKubeClient(retrying(transport, { clock, random }), { clock, random });
    const notes: string[] = [];
    const context: DeployContext = {
      client,
      clock,
      who: options.who ?? "ada",
      onEvent: (event) => notes.push(event.type),
      signal: transport.interrupted,
    };
    const work = (async () => {
      const { rendering, plan, redact } = await prepareDeploy(this.#source, context, { forDeploy: true });
      return await deploy(
        rendering,
        plan,
        { ...context, redact },
        { lock: this.cluster.lock ?? {}, timeoutSeconds: this.cluster.timeoutSeconds, ...options },
      );
    })();
    // Whoever waits for it hears of its end; a killed one is waited for by nobody.
    work.catch(() => {});
    return { work, transport, notes };
  }

  /** What the cluster is like now. */
  async outcome(): Promise<Outcome> {
    const { place: where, transport } = this.cluster;
    await this.cluster.settle();
    const objects = await everything(createKubeClient(transport), where);
    const anywhere = (text: string): string =>
      text.replaceAll(where.group, place.group).replaceAll(where.namespace, place.namespace);
    const state = objects
      .filter(
        ({ metadata }) =>
          metadata.labels?.["moorage.dev/state"] === undefined &&
          (metadata.namespace === where.namespace || metadata.name?.endsWith(`.${where.group}`) === true),
      )
      .map((object) => anywhere(normalised(object)))
      .toSorted();
    const counts = Object.fromEntries(
      Object.entries(this.#counts)
        .map(([path, count]) => [anywhere(path), count] as const)
        .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    );
    return { state, counts };
  }

  /** The cluster's transport; counts what those who use it made and deleted. */
  get counted(): Transport {
    const inner = this.cluster.transport;
    return {
      close: async () => {},
      send: async (request) => {
        const response = await inner.send(request);
        if (
          request.query?.["dryRun"] === undefined &&
          !request.path.includes("/moorage-mice-prod") &&
          !request.path.endsWith("/leases")
        ) {
          const count = (this.#counts[request.path] ??= { creates: 0, deletes: 0 });
          if (response.status === 201) count.creates++;
          if (request.method === "DELETE" && response.status < 300) count.deletes++;
          if (count.creates + count.deletes === 0) delete this.#counts[request.path];
        }
        return response;
      },
    };
  }
}

/** Deploys, with nothing that goes wrong. */
export async function deployOnce(
  cluster: Pick<SimulatedSandbox, "client" | "clock" | "run"> & Pick<TrialCluster, "lock" | "timeoutSeconds">,
  source: DeploySource,
): Promise<void> {
  // The same secrets and keys in each trial.
  const random = (bytes: number): Uint8Array => Uint8Array.from({ length: bytes }, (_, index) => index * 7);
  const context = { client: cluster.client, clock: cluster.clock, who: "ada", random };
  await cluster.run(
    (async () => {
      const { rendering, plan, redact } = await prepareDeploy(source, context);
      const { lock = {}, timeoutSeconds } = cluster;
      await deploy(rendering, plan, { ...context, redact }, { lock, timeoutSeconds });
    })(),
  );
}

const kindsCompared = new Set([
  "ConfigMap",
  "Secret",
  "Service",
  "PersistentVolumeClaim",
  "Deployment",
  "Job",
  "Ingress",
  "CustomResourceDefinition",
  "Shape",
  "ServiceAccount",
]);

/** Lists, of every kind that is served; with a place, of what is compared and there. */
async function everything(client: KubeClient, at?: Place): Promise<KubeObject[]> {
  client.forgetDiscovery();
  const kinds = (await client.kinds()).filter(
    ({ verbs, kind, group }) =>
      verbs.includes("list") &&
      !leftOut.has(kind) &&
      (at === undefined || (kindsCompared.has(kind) && (kind !== "Shape" || group === at.group))),
  );
  const lists = await Promise.all(
    kinds.map(async (info) => {
      const apiVersion = apiVersionOf(info);
      const within = at === undefined || !info.namespaced ? {} : { namespace: at.namespace };
      const { items } = await client.list({ apiVersion, kind: info.kind }, within);
      return items.map((item) => ({ ...item, apiVersion, kind: info.kind }));
    }),
  );
  return lists.flat();
}

/** What each cluster has by itself, and what says the same twice. */
const leftOut = new Set([
  "Event",
  "Node",
  "Lease",
  "Endpoints",
  "CSINode",
  "APIService",
  "ClusterRole",
  "ClusterRoleBinding",
]);

/** Without what differs from run to run: identities, versions, times, addresses that were given out. */
function normalised(object: KubeObject): string {
  const { metadata, ...rest } = structuredClone(object);
  delete metadata.uid;
  delete metadata.resourceVersion;
  delete metadata.creationTimestamp;
  delete metadata.generation;
  for (const entry of metadata.managedFields ?? []) delete (entry as { time?: string }).time;
  const fields = JSON.stringify(
    (metadata.managedFields ?? []).filter(({ manager }) => manager?.startsWith("moorage:")),
  );
  delete metadata.managedFields;
  delete rest["status"];
  return `${object.kind} ${metadata.name} ${JSON.stringify({ metadata, ...rest })} ${fields}`
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "UID")
    .replaceAll(/\d+\.\d+\.\d+\.\d+/g, "ADDRESS");
}

/** Chance that is the same in each run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
