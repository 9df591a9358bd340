import type { KubeObject } from "../../../contract/index.ts";
import { createKubeClient } from "../../../kube/createKubeClient.ts";
import type { KubeClient } from "../../../kube/KubeClient.ts";
import { isConflict, isNotFound } from "../../../kube/KubeError.ts";
import type { KubeRequest, KubeResponse, Transport } from "../../../kube/Transport.ts";
import { createApiServer, type ApiServer } from "../../api/index.ts";
import type { Folders } from "../volumes/folders.ts";
import { startControllers, type StartOptions } from "../startControllers.ts";
import type { RunningControllers } from "../runtime/runControllers.ts";
import { drivenClock, type DrivenClock } from "../../drivenClock.ts";
import { simulatedNode, type SimulatedNode } from "./simulatedNode.ts";

export interface TestCluster {
  readonly api: ApiServer;
  /** The user's; what controllers and node write goes through their own. */
  readonly client: KubeClient;
  readonly clock: DrivenClock;
  readonly node: SimulatedNode;
  /** Folders that would be on disk. */
  readonly folders: ReadonlySet<string>;
  /** Writes of controllers so far, `METHOD path`, in their order; events are left out. */
  readonly writes: string[];
  /** Lets everything happen that happens without time passing. */
  settle(): Promise<void>;
  /** Lets time pass in steps, and everything happen that happens meanwhile. */
  pass(seconds: number): Promise<void>;
  /** As a kill: from now on no request of these controllers reaches the server. Then others take over. */
  restart(): Promise<void>;
  /** Kills the controllers at their nth write from now, and lets others take over; the write itself still reaches the server, or does not. */
  killAtWrite(nth: number, reaches?: boolean): void;
  /** From now on the controllers' requests that meet this are refused, 403 with the words "exceeded quota". */
  refuse(which: (request: KubeRequest) => boolean): void;
  /** How often controllers were killed. */
  kills(): number;
  get<T extends KubeObject>(kind: string, name: string, namespace?: string): Promise<T>;
  list<T extends KubeObject>(kind: string, namespace?: string): Promise<T[]>;
  /** Changes an object as a user would, again if somebody was faster. */
  edit<T extends KubeObject>(kind: string, name: string, change: (object: T) => void): Promise<T>;
  /** `REASON xCOUNT MESSAGE` of the events on an object, in the order of their names. */
  events(name: string): Promise<string[]>;
  stop(): Promise<void>;
}

const apiVersions: Record<string, string> = {
  CronJob: "batch/v1",
  ControllerRevision: "apps/v1",
  DaemonSet: "apps/v1",
  Deployment: "apps/v1",
  EndpointSlice: "discovery.k8s.io/v1",
  Gateway: "gateway.networking.k8s.io/v1",
  HTTPRoute: "gateway.networking.k8s.io/v1",
  HorizontalPodAutoscaler: "autoscaling/v2",
  Ingress: "networking.k8s.io/v1",
  Job: "batch/v1",
  PodDisruptionBudget: "policy/v1",
  ReplicaSet: "apps/v1",
  Route: "route.openshift.io/v1",
  StatefulSet: "apps/v1",
  StorageClass: "storage.k8s.io/v1",
};
const clusterWide = new Set(["Namespace", "Node", "PersistentVolume", "StorageClass"]);

const kindOf = (kind: string): { apiVersion: string; kind: string } => ({
  apiVersion: apiVersions[kind] ?? "v1",
  kind,
});

/** Chance that is the same in each run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export async function testCluster(
  options: Partial<StartOptions> & { readonly node?: boolean } = {},
): Promise<TestCluster> {
  const clock = drivenClock();
  const random = seeded(1);
  const api = createApiServer({ clock, random });
  const client = createKubeClient(api.transport(), { clock, random });
  const writes: string[] = [];
  const folders = new Set<string>();
  const fake: Folders = {
    make: async (path) => void folders.add(path),
    remove: async (path) => void folders.delete(path),
  };
  let refused: (request: KubeRequest) => boolean = () => false;
  let killAt = 0;
  let killReaches = true;
  let killed = 0;
  let restarting: Promise<void> = Promise.resolve();
  let stop = new AbortController();
  let running: RunningControllers;
  let dead = { is: false };

  function start(): Promise<void> {
    const life = { is: false };
    dead = life;
    const signal = (stop = new AbortController()).signal;
    const inner = api.transport();
    const transport: Transport = {
      ...inner,
      async send(request) {
        if (life.is) return new Promise(() => undefined);
        if (refused(request)) return forbidden;
        const isWrite = request.method !== "GET" && !request.path.includes("/events");
        if (isWrite) writes.push(describe(request));
        if (!isWrite || killAt === 0 || --killAt > 0) return inner.send(request);
        life.is = true;
        killed += 1;
        if (killReaches) await inner.send(request);
        restarting = restart();
        return new Promise(() => undefined);
      },
    };
    const own = createKubeClient(transport, { clock, random });
    running = startControllers(own, {
      volumesDir: "/volumes",
      folders: fake,
      clock,
      random,
      ...options,
      signal,
    });
    return running.ready;
  }

  async function restart(): Promise<void> {
    dead.is = true;
    stop.abort();
    await start();
  }

  async function settle(): Promise<void> {
    for (let quiet = 0, revision = -1; quiet < 8;) {
      await turn();
      await restarting;
      const is = api.store.revision;
      quiet = is === revision && running.idle() ? quiet + 1 : 0;
      revision = is;
    }
  }

  await start();
  const own = createKubeClient(api.transport(), { clock, random });
  const node = await simulatedNode(own, clock, options.node ?? true);
  await settle();

  const get = <T extends KubeObject>(kind: string, name: string, namespace = "default"): Promise<T> =>
    client.get<T>({ ...kindOf(kind), name, namespace: clusterWide.has(kind) ? undefined : namespace });
  return {
    api,
    client,
    clock,
    node,
    folders,
    writes,
    settle,
    async pass(seconds) {
      const until = clock.now() + seconds * 1000;
      await settle();
      while (clock.now() < until) {
        const due = Math.max(clock.now() + 1, clock.next() ?? until);
        clock.advance(Math.min(due, until) - clock.now());
        await settle();
      }
    },
    restart: async () => {
      await restart();
      await settle();
    },
    killAtWrite(nth, reaches = true) {
      killAt = nth;
      killReaches = reaches;
    },
    kills: () => killed,
    refuse: (which) => void (refused = which),
    get,
    list: async <T extends KubeObject>(kind: string, namespace = "default") => {
      const { items } = await client.list<T>(kindOf(kind), clusterWide.has(kind) ? {} : { namespace });
      return items.toSorted((a, b) => (a.metadata.name! < b.metadata.name! ? -1 : 1));
    },
    async edit<T extends KubeObject>(kind: string, name: string, change: (object: T) => void) {
      for (;;) {
        const object = await get<T>(kind, name);
        change(object);
        try {
          return await client.replace(object);
        } catch (error) {
          if (!isConflict(error)) throw error;
        }
      }
    },
    async events(name) {
      const { items } = await client.list({ apiVersion: "v1", kind: "Event" });
      return items
        .filter((event) => (event["involvedObject"] as { name?: string }).name === name)
        .map((event) => `${String(event["reason"])} x${String(event["count"])} ${String(event["message"])}`)
        .toSorted();
    },
    async stop() {
      node.stop();
      dead.is = true;
      stop.abort();
      await api.close();
    },
  };
}

const describe = ({ method, path }: KubeRequest): string => `${method} ${path}`;

const refusal = {
  kind: "Status",
  apiVersion: "v1",
  status: "Failure",
  reason: "Forbidden",
  message: "exceeded quota",
  code: 403,
};
const forbidden: KubeResponse = {
  status: 403,
  headers: { "content-type": "application/json" },
  json: async () => refusal,
  text: async () => JSON.stringify(refusal),
  lines: () => [] as unknown as AsyncIterable<string>,
  chunks: () => [] as unknown as AsyncIterable<Uint8Array>,
};

/** Whether an object is no longer there. */
export const isGone = (wanted: Promise<KubeObject>): Promise<boolean> =>
  wanted.then(
    () => false,
    (error: unknown) => {
      if (isNotFound(error)) return true;
      throw error;
    },
  );
