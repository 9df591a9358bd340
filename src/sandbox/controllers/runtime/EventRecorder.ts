import type { KubeObject } from "../../../contract/index.ts";
import type { KubeClient } from "../../../kube/KubeClient.ts";
import { isAlreadyExists } from "../../../kube/KubeError.ts";
import { timeOf, type Clock } from "../../Clock.ts";
import { fnv32 } from "../objects/hash.ts";

interface EventObject extends KubeObject {
  count?: number;
  lastTimestamp?: string;
}

/**
 * Records what happened to an object as a core/v1 Event. The same event again counts up the one there is: its name is made from what it says, so that
 * this holds over restarts. Written in the background, in order; an event that can't be written is let go, as in Kubernetes.
 */
export class EventRecorder {
  readonly #client: KubeClient;
  readonly #component: string;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #log: (message: string) => void;
  #last: Promise<void> = Promise.resolve();

  constructor(options: {
    client: KubeClient;
    component: string;
    clock: Clock;
    signal: AbortSignal;
    log: (message: string) => void;
  }) {
    this.#client = options.client;
    this.#component = options.component;
    this.#clock = options.clock;
    this.#signal = options.signal;
    this.#log = options.log;
  }

  normal(about: KubeObject, reason: string, message: string): void {
    this.#record(about, "Normal", reason, message);
  }

  warning(about: KubeObject, reason: string, message: string): void {
    this.#record(about, "Warning", reason, message);
  }

  /** Resolves when all that was recorded is written. */
  settled(): Promise<void> {
    return this.#last;
  }

  #record(about: KubeObject, type: "Normal" | "Warning", reason: string, message: string): void {
    const at = timeOf(this.#clock.now());
    this.#last = this.#last.then(async () => {
      if (this.#signal.aborted) return;
      await this.#write(about, type, reason, message, at).catch((error: unknown) => {
        if (!this.#signal.aborted) this.#log(`event ${reason} not written: ${String(error)}`);
      });
    });
  }

  async #write(
    about: KubeObject,
    type: "Normal" | "Warning",
    reason: string,
    message: string,
    at: string,
  ): Promise<void> {
    const { name, uid, resourceVersion } = about.metadata;
    const namespace = about.metadata.namespace ?? "default";
    const identity = [uid, type, reason, message, this.#component].join("\n");
    const hash =
      fnv32(identity).toString(16).padStart(8, "0") + fnv32(`${identity}\n`).toString(16).padStart(8, "0");
    const event: EventObject = {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: `${name}.${hash}`, namespace },
      involvedObject: {
        apiVersion: about.apiVersion,
        kind: about.kind,
        name,
        namespace: about.metadata.namespace,
        uid,
        resourceVersion,
      },
      type,
      reason,
      message: message.slice(0, 1024),
      source: { component: this.#component },
      reportingComponent: this.#component,
      reportingInstance: "",
      firstTimestamp: at,
      lastTimestamp: at,
      count: 1,
    };
    try {
      await this.#client.create(event);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const ref = { apiVersion: "v1", kind: "Event", name: event.metadata.name!, namespace };
      const present = await this.#client.find<EventObject>(ref);
      if (present)
        await this.#client.patch(ref, "merge", { count: (present.count ?? 1) + 1, lastTimestamp: at });
    }
  }
}
