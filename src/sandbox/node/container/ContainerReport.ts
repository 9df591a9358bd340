import type { EventRecorder } from "../../controllers/runtime/EventRecorder.ts";
import type { ContainerState, Pod } from "../Pod.ts";
import type { ContainerRecord } from "./ContainerRecord.ts";

/** What is told of one container: its facts, for the pod's status, and events. */
export class ContainerReport {
  readonly record: ContainerRecord;
  readonly #pod: Pod;
  readonly #events: EventRecorder;
  readonly #changed: () => void;

  /** @param changed is called when the pod's status is to be written anew */
  constructor(record: ContainerRecord, pod: Pod, events: EventRecorder, changed: () => void) {
    this.record = record;
    this.#pod = pod;
    this.#events = events;
    this.#changed = changed;
  }

  setState(state: ContainerState): void {
    this.record.state = state;
    this.#changed();
  }

  setReady(ready: boolean): void {
    if (this.record.ready === ready) return;
    this.record.ready = ready;
    this.#changed();
  }

  /** In the sense of its startup probe. */
  setStarted(): void {
    this.record.started = true;
    this.#changed();
  }

  /** Ended, and will not be started again. */
  setFinished(): void {
    this.record.finished = true;
    this.#changed();
  }

  event(reason: string, message: string): void {
    this.#events.normal(this.#pod, reason, message);
  }

  warning(reason: string, message: string): void {
    this.#events.warning(this.#pod, reason, message);
  }
}
