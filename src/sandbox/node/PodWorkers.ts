import { mkdirSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { FollowEvent } from "../../kube/KubeClient.ts";
import type { NodeContext } from "./NodeContext.ts";
import type { Pod } from "./Pod.ts";
import type { PodAddresses } from "./podAddresses.ts";
import { podFolder, PodWorker } from "./PodWorker.ts";

/** The pods of the node that run as processes, by uid. */
export class PodWorkers {
  readonly #node: NodeContext;
  readonly #addresses: PodAddresses;
  readonly #takes: (pod: Pod) => boolean;
  readonly #signal: AbortSignal;
  readonly #workers = new Map<string, PodWorker>();
  /** First statuses of the pods that were there before this node. */
  #first: Promise<void>[] | undefined = [];

  constructor(
    node: NodeContext,
    options: {
      readonly addresses: PodAddresses;
      readonly takes: (pod: Pod) => boolean;
      readonly signal: AbortSignal;
    },
  ) {
    this.#node = node;
    this.#addresses = options.addresses;
    this.#takes = options.takes;
    this.#signal = options.signal;
  }

  get(uid: string): PodWorker | undefined {
    return this.#workers.get(uid);
  }

  all(): readonly PodWorker[] {
    return [...this.#workers.values()];
  }

  /** Something happened to a pod. */
  async take(event: FollowEvent<Pod>): Promise<void> {
    if (event.type === "SYNCED") return this.#removeStrangers();
    const { object: pod } = event;
    const uid = pod.metadata.uid ?? "";
    const known = this.#workers.get(uid);
    if (event.type === "DELETED") void known?.gone().then(() => this.#forget(uid));
    else if (known !== undefined) known.update(pod);
    else if (pod.spec.nodeName === this.#node.name && this.#takes(pod) && !this.#signal.aborted) {
      const worker = new PodWorker(this.#node, pod, this.#addresses.take(pod.status?.podIP), this.#signal);
      this.#workers.set(uid, worker);
      const started = worker.start();
      this.#first?.push(started);
    }
  }

  /** Resolves when the API server knows how the pods are that were there at the start. */
  async known(): Promise<void> {
    await Promise.all(this.#first ?? []);
    this.#first = undefined;
  }

  #forget(uid: string): void {
    const worker = this.#workers.get(uid);
    if (worker === undefined) return;
    this.#workers.delete(uid);
    this.#addresses.release(worker.podIP);
  }

  /** Folders of pods that were deleted while no node ran. */
  async #removeStrangers(): Promise<void> {
    const { stateDir } = this.#node;
    const folder = join(stateDir, "pods");
    mkdirSync(folder, { recursive: true, mode: 0o711 });
    for (const uid of readdirSync(folder)) {
      if (!this.#workers.has(uid))
        await rm(podFolder(stateDir, uid), { recursive: true, force: true, maxRetries: 3 });
    }
  }
}
