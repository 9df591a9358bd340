import type { Container, ContainerState, ContainerStatus, RestartPolicy, TerminatedState } from "../Pod.ts";

export interface RecordOptions {
  readonly container: Container;
  readonly policy: RestartPolicy;
  /** What waits before the pod comes to this container. */
  readonly waiting: string;
  /** What an earlier node left in the pod's status. */
  readonly before?: ContainerStatus | undefined;
  /** As in a status. */
  readonly now: string;
}

/** What is known of a container: the facts that its status shows. */
export class ContainerRecord {
  readonly #container: Container;
  readonly #policy: RestartPolicy;
  state: ContainerState;
  lastState: ContainerState;
  ready = false;
  started = false;
  restarts: number;
  /** The start that `lastState` tells of, counted as `restarts`. */
  lastRun: number;
  containerID: string | undefined;
  /** Ended, and will not be started again. */
  finished = false;

  constructor({ container, policy, waiting, before, now }: RecordOptions) {
    this.#container = container;
    this.#policy = policy;
    this.restarts = before?.restartCount ?? 0;
    this.lastRun = this.restarts - 1;
    this.state = { waiting: { reason: waiting } };
    this.lastState = before?.lastState ?? {};
    this.containerID = before?.containerID;
    const ended = before?.state?.terminated;
    if (ended !== undefined && !this.restartsAfter(ended.exitCode)) this.#endedForGood(ended);
    else if (before?.state?.running !== undefined || ended !== undefined) {
      const terminated: TerminatedState = ended ?? {
        exitCode: 137,
        reason: "ContainerStatusUnknown",
        message: "The sandbox was stopped while the container ran.",
        startedAt: before?.state.running?.startedAt ?? now,
        finishedAt: now,
      };
      if (ended === undefined && policy === "Never") this.#endedForGood(terminated);
      else {
        this.lastState = { terminated };
        this.lastRun = this.restarts;
        this.restarts++;
      }
    }
  }

  get status(): ContainerStatus {
    return {
      name: this.#container.name,
      state: this.state,
      lastState: this.lastState,
      ready: this.ready && this.state.running !== undefined,
      started: this.started,
      restartCount: this.restarts,
      image: this.#container.image ?? "",
      imageID: "",
      ...(this.containerID === undefined ? {} : { containerID: this.containerID }),
    };
  }

  restartsAfter(exitCode: number): boolean {
    return this.#policy === "Always" || (this.#policy === "OnFailure" && exitCode !== 0);
  }

  #endedForGood(terminated: TerminatedState): void {
    this.state = { terminated };
    this.finished = true;
  }
}
