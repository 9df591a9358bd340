import type { KubeObject } from "../../contract/index.ts";
import type { KubeClient } from "../../kube/KubeClient.ts";
import type { Clock } from "../Clock.ts";
import { ObjectStore } from "../controllers/runtime/ObjectStore.ts";
import type { Pod } from "../controllers/objects/Pod.ts";
import type { Cluster, EndpointSlice, Service } from "./backends.ts";
import { hostsOf, type Hosts } from "./hostsOf.ts";

const exposing = [
  { apiVersion: "networking.k8s.io/v1", kind: "Ingress" },
  { apiVersion: "gateway.networking.k8s.io/v1", kind: "HTTPRoute" },
  { apiVersion: "route.openshift.io/v1", kind: "Route" },
] as const;

const lookAgain = 2000;

/** What the door knows of the cluster, kept up to date by watches. */
export class ClusterView implements Cluster {
  readonly #services = new ObjectStore<Service>();
  readonly #slices = new ObjectStore<EndpointSlice>();
  readonly #pods = new ObjectStore<Pod>();
  readonly #exposing = exposing.map(() => new ObjectStore<KubeObject>());
  readonly #platform: string;
  readonly #waiting = new Set<() => void>();
  #hosts: Hosts | undefined;
  /** Resolves once everything there is has been read. */
  readonly ready: Promise<void>;

  constructor(options: {
    client: KubeClient;
    platform: string;
    clock: Clock;
    signal: AbortSignal;
    log: (message: string) => void;
  }) {
    this.#platform = options.platform;
    const feed = <T extends KubeObject>(
      apiVersion: string,
      kind: string,
      store: ObjectStore<T>,
    ): Promise<void> => {
      store.onChange(() => this.#changed());
      return new Promise((resolve) => void follow(options, { apiVersion, kind }, store, resolve));
    };
    this.ready = Promise.all([
      feed("v1", "Service", this.#services),
      feed("v1", "Pod", this.#pods),
      feed("discovery.k8s.io/v1", "EndpointSlice", this.#slices),
      ...exposing.map(({ apiVersion, kind }, index) => feed(apiVersion, kind, this.#exposing[index]!)),
    ]).then(() => undefined);
  }

  get hosts(): Hosts {
    this.#hosts ??= hostsOf(
      [...this.#exposing.flatMap((store) => store.list()), ...this.#services.list()],
      this.#platform,
    );
    return this.#hosts;
  }

  service(namespace: string, name: string): Service | undefined {
    return this.#services.get(`${namespace}/${name}`);
  }
  slices(namespace: string, service: string): EndpointSlice[] {
    return this.#slices
      .list(namespace)
      .filter((slice) => slice.metadata.labels?.["kubernetes.io/service-name"] === service);
  }
  pod(namespace: string, name: string): Pod | undefined {
    return this.#pods.get(`${namespace}/${name}`);
  }
  pods(namespace: string): Pod[] {
    return this.#pods.list(namespace);
  }

  /** Resolves at the next change of anything, or when `until` does. */
  async nextChange(until: Promise<void>): Promise<void> {
    let wake = (): void => undefined;
    const changed = new Promise<void>((resolve) => this.#waiting.add((wake = resolve)));
    await Promise.race([changed, until]);
    this.#waiting.delete(wake);
  }

  #changed(): void {
    this.#hosts = undefined;
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}

async function follow<T extends KubeObject>(
  {
    client,
    clock,
    signal,
    log,
  }: { client: KubeClient; clock: Clock; signal: AbortSignal; log: (message: string) => void },
  ref: { apiVersion: string; kind: string },
  store: ObjectStore<T>,
  synced: () => void,
): Promise<void> {
  while (!signal.aborted)
    try {
      await client.kindOf(ref);
      for await (const change of client.follow<T>(ref, { signal })) {
        if (change.type === "SYNCED") synced();
        else if (change.type === "DELETED") store.gone(change.object);
        else store.saw({ ...change.object, ...ref });
      }
    } catch (error) {
      // A server without Routes or HTTPRoutes has none; others are tried again and told of.
      if (ref.apiVersion.includes(".io/") && (error as { code?: string }).code === "Unsupported") synced();
      else if (!signal.aborted) log(`watch of ${ref.kind}: ${String(error)}`);
      await clock.sleep(lookAgain, signal).catch(() => undefined);
    }
  synced();
}
