import type { KubeObject } from "../contract/index.ts";
import type { KubeClient } from "../kube/index.ts";

/** A time in which a Service had no ready pod, though it had had one. */
export interface Outage {
  /** Its name. */
  readonly service: string;
  /** Milliseconds since watching began. */
  readonly from: number;
  /** Undefined: it still had none at the end. */
  readonly to?: number;
  /** Whether the Service itself went. */
  readonly removed: boolean;
}

interface Slice extends KubeObject {
  readonly endpoints?: readonly { readonly conditions?: { readonly ready?: boolean } }[] | null;
}

const serviceLabel = "kubernetes.io/service-name";

/** Watches the endpoints of a namespace: how many ready pods stand behind each Service, over time. */
export class Outages {
  readonly #now: () => number;
  /** Ready endpoints by slice, and the Service of each. */
  readonly #slices = new Map<string, { service: string; ready: number }>();
  readonly #served = new Set<string>();
  readonly #open = new Map<string, number>();
  readonly #ended: Outage[] = [];
  readonly #removed = new Set<string>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Runs until the signal fires. */
  async watch(client: KubeClient, namespace: string, signal: AbortSignal): Promise<void> {
    const services = this.#watchServices(client, namespace, signal);
    const kind = { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice" };
    try {
      for await (const event of client.follow<Slice>(kind, { namespace, signal })) {
        if (event.type !== "SYNCED") this.take(event.type, event.object);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    await services;
  }

  async #watchServices(client: KubeClient, namespace: string, signal: AbortSignal): Promise<void> {
    const kind = { apiVersion: "v1", kind: "Service" };
    try {
      for await (const event of client.follow(kind, { namespace, signal })) {
        if (event.type === "SYNCED") continue;
        const name = event.object.metadata.name ?? "";
        if (event.type === "DELETED") this.#removed.add(name);
        else this.#removed.delete(name);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** One change of a slice. */
  take(type: "ADDED" | "MODIFIED" | "DELETED", slice: Slice): void {
    const service = slice.metadata.labels?.[serviceLabel];
    if (service === undefined) return;
    const name = slice.metadata.name ?? "";
    const ready = (slice.endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false).length;
    if (type === "DELETED") this.#slices.delete(name);
    else this.#slices.set(name, { service, ready });
    let all = 0;
    for (const one of this.#slices.values()) if (one.service === service) all += one.ready;
    const since = this.#open.get(service);
    if (all > 0) {
      this.#served.add(service);
      if (since !== undefined) {
        this.#open.delete(service);
        const to = this.#now();
        if (to > since) this.#ended.push({ service, from: since, to, removed: false });
      }
    } else if (this.#served.has(service) && since === undefined) {
      this.#open.set(service, this.#now());
    }
  }

  /** All so far, in the order of their beginnings. */
  list(): Outage[] {
    const open = [...this.#open].map(([service, from]): Outage => ({
      service,
      from,
      removed: this.#removed.has(service),
    }));
    return [...this.#ended, ...open].toSorted((a, b) => a.from - b.from);
  }
}
