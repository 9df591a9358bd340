import type { KubeObject } from "../../contract/index.ts";
import type { Context } from "../DeployContext.ts";

interface EventObject extends KubeObject {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTimestamp?: string;
  readonly eventTime?: string;
  readonly involvedObject?: { readonly uid?: string };
}

/** Milliseconds for which a pod may start before it is asked why. */
const patience = 3000;
const refreshEvery = 3000;

/**
 * Why pods that start take so long: a pod's status says no more than `ContainerCreating`, its events say which image is pulled or which volume is missing. One list of a namespace for all who wait,
 * every three seconds, and only while a pod has been starting for that long. Where events may not be read, nothing is told.
 */
export class PodEvents {
  readonly #context: Context;
  readonly #since = new Map<string, number>();
  readonly #known = new Map<string, { at: number; reading: Promise<ReadonlyMap<string, EventObject>> }>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** `pulling registry.example.org/web:1`, `FailedMount: secret "db" not found`; undefined when nothing is known, or the pod has begun just now. */
  async why(pod: KubeObject): Promise<string | undefined> {
    const uid = pod.metadata.uid ?? "";
    const now = this.#context.clock.now();
    const since = this.#since.get(uid) ?? now;
    this.#since.set(uid, since);
    if (now - since < patience) return undefined;
    const event = (await this.#latest(pod.metadata.namespace ?? "")).get(uid);
    return event === undefined ? undefined : eventText(event);
  }

  #latest(namespace: string): Promise<ReadonlyMap<string, EventObject>> {
    const now = this.#context.clock.now();
    const known = this.#known.get(namespace);
    if (known !== undefined && now - known.at < refreshEvery) return known.reading;
    const reading = this.#read(namespace);
    this.#known.set(namespace, { at: now, reading });
    return reading;
  }

  async #read(namespace: string): Promise<ReadonlyMap<string, EventObject>> {
    const { client, signal } = this.#context;
    const latest = new Map<string, EventObject>();
    const time = (event: EventObject): string => event.lastTimestamp ?? event.eventTime ?? "";
    try {
      const { items } = await client.list<EventObject>(
        { apiVersion: "v1", kind: "Event" },
        { namespace, fieldSelector: "involvedObject.kind=Pod", signal },
      );
      for (const event of items) {
        const uid = event.involvedObject?.uid ?? "";
        const before = latest.get(uid);
        if (before === undefined || time(before) <= time(event)) latest.set(uid, event);
      }
    } catch {
      // It only explains: whatever stands in the way here, the waiting itself meets it and says so.
    }
    return latest;
  }
}

/** Of the events of a pod that starts, what explains why it has not started. */
export function eventText({ type, reason = "", message = "" }: EventObject): string | undefined {
  const image = /Pulling image "([^"]+)"/.exec(message)?.[1];
  if (reason === "Pulling") return image === undefined ? "pulling its image" : `pulling ${image}`;
  if (type !== "Warning") return undefined;
  const [, volume, cause] = /^MountVolume\.\w+ failed for volume "([^"]+)" ?: (.*)$/s.exec(message) ?? [];
  return volume === undefined ? `${reason}: ${message}` : `${reason}: ${cause} (volume ${volume})`;
}
