import { isConflict, isNotFound } from "../../../kube/KubeError.ts";
import type { KubeClient } from "../../../kube/KubeClient.ts";
import type { Clock } from "../../Clock.ts";
import type { Pod, PodStatus } from "../Pod.ts";

export interface StatusWriterOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly pod: Pod;
  readonly signal: AbortSignal;
  readonly log: (text: string) => void;
  readonly compute: (before: PodStatus | undefined) => PodStatus;
}

/**
 * Keeps a pod's status at the server as the node sees it. Changes that happen while one is written go together with the next; what
 * did not change is not written.
 */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  #before: PodStatus | undefined;
  #written = "";
  #dirty = false;
  #gone = false;
  #loop: Promise<void> | undefined;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
    this.#before = options.pod.status;
  }

  /** Something may have changed. */
  changed(): void {
    this.#dirty = true;
    if (!this.#gone) this.#loop ??= this.#write();
  }

  /** Resolves when what is known is written. */
  async settled(): Promise<void> {
    while (this.#loop !== undefined) await this.#loop;
  }

  /** Nothing is written any more. */
  end(): void {
    this.#gone = true;
  }

  async #write(): Promise<void> {
    const { client, clock, pod, signal, log, compute } = this.#options;
    const { name = "", namespace, uid } = pod.metadata;
    await Promise.resolve();
    while (this.#dirty && !this.#gone && !signal.aborted) {
      this.#dirty = false;
      const status = compute(this.#before);
      const text = JSON.stringify(status);
      if (text === this.#written) continue;
      try {
        await client.patch(
          { apiVersion: "v1", kind: "Pod", name, namespace },
          "strategic",
          { metadata: { uid }, status },
          { subresource: "status", signal },
        );
        this.#before = status;
        this.#written = text;
      } catch (error) {
        if (signal.aborted) break;
        // Gone, or another pod of the same name by now.
        if (isNotFound(error) || isConflict(error)) {
          this.#gone = true;
          break;
        }
        log(`status of pod ${namespace}/${name} not written: ${String(error)}`);
        this.#dirty = true;
        await clock.sleep(500, signal).catch(() => undefined);
      }
    }
    this.#loop = undefined;
  }
}
