import { setTimeout as sleep } from "node:timers/promises";
import { tmpdir } from "node:os";
import { deploy, loadEnvironment, prepareDeploy } from "../src/deploy/index.ts";
import {
  clusterConnection,
  createKubeClient,
  httpTransport,
  loadKubeconfig,
  systemClock,
  type KubeClient,
} from "../src/kube/index.ts";
import { startNode } from "../src/sandbox/node/index.ts";
import { clusterMissing, startCluster } from "../test/cluster/startCluster.ts";
import { median, percentile, type Row } from "./Row.ts";
import { residentMegabytes, root, startSandboxProcess } from "./sandboxProcess.ts";

/** One of the two servers, asked the same things through the same client. */
interface Side {
  /** Milliseconds from the start until ready. */
  readonly startedIn: number;
  readonly client: KubeClient;
  /** Resident memory of all its processes, MB. */
  memory(): number;
  stop(): Promise<void>;
}

interface Figures {
  readonly startedIn: number;
  readonly memory: number;
  /** With controllers and scheduler beside the server, as the sandbox always has them. */
  readonly wholeMemory: number;
  /** A second: by what is done, and through how many clients. */
  readonly rates: Readonly<Record<string, number>>;
  /** Events that arrived, of those sent, and milliseconds each took. */
  readonly watched: { readonly arrived: number; readonly sent: number; readonly late: number };
  /** Seconds until 2,000 pods were ready, and until they were again after a rollout. */
  readonly pods: { readonly first: number; readonly rolled: number };
}

const secret = { apiVersion: "v1", kind: "Secret" };

/** The sandbox and kube-apiserver with etcd (with controller manager and scheduler where pods are concerned), one after the other, through one load generator. */
export async function sideBySide(): Promise<Row[]> {
  const missing = clusterMissing();
  if (missing !== undefined) {
    console.error(`sandbox: ${missing}`);
    return [];
  }
  const ours = await measure("sandbox", startOurs);
  const real = await measure("real", startReal);
  const s = (value: number): string => value.toFixed(2);
  const rates = Object.keys(ours.rates).map((what): Row => {
    const ratio = (ours.rates[what] ?? 0) / (real.rates[what] ?? 1);
    return {
      what: `sandbox against the real server: ${what}`,
      measured: `${s(ratio)}x (${ours.rates[what]?.toFixed(0)} to ${real.rates[what]?.toFixed(0)} a second)`,
      mustReach: "1.0x",
      reached: ratio >= 1,
    };
  });
  return [
    {
      what: "sandbox against kube-apiserver with etcd: start to ready",
      measured: `${s(real.startedIn / ours.startedIn)}x faster (${ours.startedIn.toFixed(0)} to ${real.startedIn.toFixed(0)} ms)`,
      mustReach: "10x",
      reached: real.startedIn / ours.startedIn >= 10,
    },
    {
      what: "the same: resident memory with the example deployed",
      measured: `${s(ours.memory / real.memory)}x (${ours.memory.toFixed(0)} to ${real.memory.toFixed(0)} MB)`,
      mustReach: "at most 0.25x",
      reached: ours.memory / real.memory <= 0.25,
    },
    {
      what: "the same, with its controller manager and scheduler (whose work the sandbox's process does too)",
      measured: `${s(ours.wholeMemory / real.wholeMemory)}x (${ours.wholeMemory.toFixed(0)} to ${real.wholeMemory.toFixed(0)} MB)`,
      mustReach: "",
    },
    ...rates,
    {
      what: "the same: 50 watchers while 300 objects a second change",
      measured: `${ours.watched.arrived} of ${ours.watched.sent} events, p99 ${s(ours.watched.late)} ms (real: ${real.watched.arrived} of ${real.watched.sent}, ${s(real.watched.late)} ms)`,
      mustReach: "every event, p99 at most the real server's",
      reached: ours.watched.arrived === ours.watched.sent && ours.watched.late <= real.watched.late,
    },
    {
      what: "the same: 2,000 simulated pods in 200 Deployments made, and rolled (the real controllers without their limit of 20 requests a second)",
      measured: `${s(ours.pods.first)} s, ${s(ours.pods.rolled)} s (real: ${s(real.pods.first)} s, ${s(real.pods.rolled)} s)`,
      mustReach: "no later than the real one",
      reached: ours.pods.rolled <= real.pods.rolled && ours.pods.first <= real.pods.first,
    },
  ];
}

function clientOf(kubeconfig: string): { client: KubeClient; close: () => Promise<void> } {
  const config = loadKubeconfig({ path: kubeconfig, env: {}, home: tmpdir() });
  const connection = clusterConnection(config, { env: {}, clock: systemClock });
  const transport = httpTransport(connection, { connections: 16 });
  return { client: createKubeClient(transport), close: () => transport.close() };
}

async function startOurs(pods: boolean): Promise<Side> {
  const running = await startSandboxProcess(pods ? ["--simulate"] : []);
  const { client, close } = clientOf(running.kubeconfig);
  return {
    startedIn: running.startedIn,
    client,
    memory: () => residentMegabytes(running.pid),
    async stop() {
      await close();
      await running.stop();
    },
  };
}

/** As they come, the real controllers send at most 20 requests a second: that would be measured, and nothing else. */
const unthrottled = {
  "kube-controller-manager": {
    "kube-api-qps": "1000",
    "kube-api-burst": "2000",
    "concurrent-deployment-syncs": "20",
    "concurrent-replicaset-syncs": "20",
  },
  "kube-scheduler": { "kube-api-qps": "1000", "kube-api-burst": "2000" },
};

async function startReal(pods: boolean): Promise<Side> {
  const started = performance.now();
  const cluster = await startCluster(pods ? { flags: unthrottled } : { components: ["kube-apiserver"] });
  const startedIn = performance.now() - started;
  const { client, close } = clientOf(cluster.kubeconfig);
  const node = pods
    ? await startNode(client, {
        stateDir: "/",
        clock: systemClock,
        random: Math.random,
        environment: {},
        simulate: true,
      })
    : undefined;
  return {
    startedIn,
    client,
    memory: () => Object.values(cluster.pids).reduce((sum, pid) => sum + residentMegabytes(pid), 0),
    async stop() {
      await node?.stop();
      await close();
      await cluster.stop();
    },
  };
}

async function measure(name: string, start: (pods: boolean) => Promise<Side>): Promise<Figures> {
  const starts: number[] = [];
  for (let i = 0; i < 3; i += 1) {
    const side = await start(false);
    starts.push(side.startedIn);
    await side.stop();
  }
  const side = await start(false);
  try {
    await deployExample(side.client);
    await sleep(2_000);
    const memory = side.memory();
    const rates = { ...(await ratesThrough(side.client, 1)), ...(await ratesThrough(side.client, 16)) };
    const watched = await watching(side.client);
    console.error(`sandbox: ${name}: rates and watchers measured`);
    await side.stop();
    const withPods = await start(true);
    try {
      await deployExample(withPods.client);
      await sleep(2_000);
      const wholeMemory = withPods.memory();
      const pods = await manyPods(withPods.client);
      return { startedIn: median(starts), memory, wholeMemory, rates, watched, pods };
    } finally {
      await withPods.stop();
    }
  } catch (error) {
    await side.stop().catch(() => {});
    throw error;
  }
}

/** Not waited for: without controllers nothing becomes ready. */
async function deployExample(client: KubeClient): Promise<void> {
  const evaluated = await loadEnvironment({
    file: `${root}/examples/epidemiology/moorage.config.ts`,
    environment: "prod",
  });
  const { rendering, plan } = await prepareDeploy({ evaluated, processEnvironment: {} }, { client });
  // Nothing waits for anything: no component has to be ready before another.
  const components = rendering.components.map((component) => ({ ...component, after: [] }));
  await deploy({ ...rendering, components }, plan, { client }, { wait: false });
}

/** What one operation after the other takes, so many at a time. */
async function perSecond(
  clients: number,
  count: number,
  work: (index: number) => Promise<unknown>,
): Promise<number> {
  const started = performance.now();
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      await work(index);
    }
  };
  await Promise.all(Array.from({ length: clients }, lane));
  return count / ((performance.now() - started) / 1_000);
}

async function ratesThrough(client: KubeClient, clients: number): Promise<Record<string, number>> {
  const through = clients === 1 ? "through one client" : `through ${clients}`;
  const namespace = `load-${clients}`;
  await client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  // A real server makes it a moment later, and refuses pods before.
  await client
    .create({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace } })
    .catch(() => {});
  const configMap = (index: number): object => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: `c-${index}`, namespace },
    data: { text: "x", more: "y".repeat(100) },
  });
  type Given = Parameters<KubeClient["create"]>[0];
  const create = (index: number): Promise<unknown> => client.create(configMap(index) as Given);
  await perSecond(clients, 200, (index) => create(100_000 + index));
  const creates = await perSecond(clients, 3_000, create);
  const reads = await perSecond(clients, 3_000, (index) =>
    client.get({ apiVersion: "v1", kind: "ConfigMap", name: `c-${index}`, namespace }),
  );
  const applies = await perSecond(clients, 1_500, (index) =>
    client.apply(
      { ...(configMap(index) as Given), ["data"]: { text: "applied" } },
      { fieldManager: "bench", force: true },
    ),
  );
  const pod = (index: number): object => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `p-${index}`, namespace, labels: { app: "bench" } },
    spec: {
      // No node: nobody runs it.
      nodeSelector: { nobody: "here" },
      schedulerName: "nobody",
      containers: [{ name: "main", image: "registry.example.org/bench:1" }],
    },
  });
  await perSecond(16, 5_000, (index) => client.create(pod(index) as Given));
  const lists = await perSecond(clients, clients === 1 ? 6 : 16, () =>
    client.list({ apiVersion: "v1", kind: "Pod" }, { namespace }),
  );
  return {
    [`creates ${through}`]: creates,
    [`reads ${through}`]: reads,
    [`server-side applies ${through}`]: applies,
    [`lists of 5,000 pods ${through}`]: lists,
  };
}

async function watching(client: KubeClient): Promise<Figures["watched"]> {
  const watchers = 50;
  const changes = 3_000;
  const stop = new AbortController();
  const sent = new Map<string, number>();
  const late: number[] = [];
  const { metadata } = await client.list(secret, { namespace: "default" });
  const follows = Array.from({ length: watchers }, async () => {
    const options = { namespace: "default", resourceVersion: metadata.resourceVersion, signal: stop.signal };
    for await (const event of client.watch(secret, options)) {
      const at = sent.get(event.object.metadata.name ?? "");
      if (event.type === "ADDED" && at !== undefined) late.push(performance.now() - at);
    }
  });
  const ended = Promise.allSettled(follows);
  await sleep(1_000);
  const started = performance.now();
  const writes: Promise<unknown>[] = [];
  for (let index = 0; index < changes; index += 1) {
    const due = started + (index * 1_000) / 300;
    if (performance.now() < due) await sleep(due - performance.now());
    const name = `w-${index}`;
    sent.set(name, performance.now());
    writes.push(client.create({ ...secret, metadata: { name, namespace: "default" } }));
  }
  await Promise.all(writes);
  for (let waited = 0; late.length < watchers * changes && waited < 100; waited += 1) await sleep(100);
  stop.abort();
  await ended;
  return { arrived: late.length, sent: watchers * changes, late: percentile(late, 0.99) };
}

async function manyPods(client: KubeClient): Promise<Figures["pods"]> {
  const count = 200;
  const replicas = 10;
  const namespace = "default";
  const deployment = (index: number, edition: string): Parameters<KubeClient["create"]>[0] => {
    const labels = { app: `d-${index}` };
    return {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: `d-${index}`, namespace },
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels, annotations: { edition } },
          spec: {
            terminationGracePeriodSeconds: 0,
            tolerations: [{ operator: "Exists" }],
            containers: [{ name: "main", image: "registry.example.org/bench:1" }],
          },
        },
      },
    };
  };
  const round = async (edition: string): Promise<number> => {
    const started = performance.now();
    await perSecond(8, count, (index) =>
      client.apply(deployment(index, edition), { fieldManager: "bench", force: true }),
    );
    for (;;) {
      const { items } = await client.list<{
        apiVersion: string;
        kind: string;
        metadata: { generation?: number };
        status?: {
          observedGeneration?: number;
          updatedReplicas?: number;
          availableReplicas?: number;
          replicas?: number;
        };
      }>({ apiVersion: "apps/v1", kind: "Deployment" }, { namespace });
      const done = items.filter(
        ({ status, metadata }) =>
          status?.observedGeneration === metadata.generation &&
          status?.updatedReplicas === replicas &&
          status.replicas === replicas &&
          status.availableReplicas === replicas,
      );
      if (done.length === count) return (performance.now() - started) / 1_000;
      if (performance.now() - started > 240_000) return Number.POSITIVE_INFINITY;
      await sleep(250);
    }
  };
  return { first: await round("1"), rolled: await round("2") };
}
