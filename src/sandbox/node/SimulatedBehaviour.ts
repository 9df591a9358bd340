import { timeOf } from "../Clock.ts";
import type { ContainerStatus, Pod } from "./Pod.ts";

/** What a simulated pod does, step by step; the last step lasts. */
export type SimulatedBehaviour = (pod: Pod) => Iterable<SimulatedStep>;

/** From when on a simulated pod is in which state. */
export interface SimulatedStep {
  /** Milliseconds after the step before; the first one's after the pod was bound to the node. */
  readonly after: number;
  /** Of all its containers. */
  readonly state:
    | { readonly is: "waiting"; readonly reason: string; readonly message?: string }
    | { readonly is: "running"; readonly ready: boolean }
    | { readonly is: "ended"; readonly exitCode: number };
}

/** Milliseconds that a pod takes to start, or a job to complete, unless somebody says otherwise. */
const startsAfter = 20;

/** Whether a pod's containers are meant to end. */
export const runsOnce = (pod: Pod): boolean =>
  pod.spec.restartPolicy === "Never" || pod.spec.restartPolicy === "OnFailure";

/** Ready after a moment; complete when it is to run once. */
export const wellBehaved: SimulatedBehaviour = (pod) => [
  {
    after: startsAfter,
    state: runsOnce(pod) ? { is: "ended", exitCode: 0 } : { is: "running", ready: true },
  },
];

/** The status of a container that has come to a step. */
export function simulatedContainer(
  container: { readonly name: string; readonly image?: string },
  { state }: SimulatedStep,
  before: ContainerStatus | undefined,
  now: number,
): ContainerStatus {
  const time = timeOf(now);
  const ended = before?.state.terminated;
  const lastState = ended === undefined ? (before?.lastState ?? {}) : { terminated: ended };
  // What starts after an end is started again.
  const starts = state.is !== "waiting" && before?.state.running === undefined;
  const restarts = (before?.restartCount ?? 0) + (starts && lastState.terminated !== undefined ? 1 : 0);
  const shared = {
    name: container.name,
    lastState,
    restartCount: restarts,
    image: container.image ?? "",
    imageID: "",
  };
  switch (state.is) {
    case "waiting": {
      const { reason, message } = state;
      const waiting = message === undefined ? { reason } : { reason, message };
      return { ...shared, state: { waiting }, ready: false, started: false };
    }
    case "running": {
      const startedAt = before?.state.running?.startedAt ?? time;
      return { ...shared, state: { running: { startedAt } }, ready: state.ready, started: true };
    }
    default: {
      const startedAt = before?.state.running?.startedAt ?? time;
      const reason = state.exitCode === 0 ? "Completed" : "Error";
      const terminated = { exitCode: state.exitCode, reason, startedAt, finishedAt: time };
      return { ...shared, state: { terminated }, ready: false, started: false };
    }
  }
}
