import { conditionOf, withCondition, type Condition } from "../objects/Condition.ts";
import { withoutZeros } from "../objects/withoutZeros.ts";
import type { Deployment, DeploymentStatus, ReplicaSet } from "../objects/workloads.ts";
import { surgeOf } from "./revisions.ts";

/** A progress deadline of this many seconds means none. */
const noDeadline = 2_147_483_647;

const deadlineOf = (deployment: Deployment): number | undefined => {
  const seconds = deployment.spec.progressDeadlineSeconds ?? 600;
  return seconds === noDeadline ? undefined : seconds * 1000;
};

/** Whether the rollout is done, as `kubectl rollout status` means it. */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const { replicas = 1 } = deployment.spec;
  return (
    (status.updatedReplicas ?? 0) === replicas &&
    (status.replicas ?? 0) === replicas &&
    (status.availableReplicas ?? 0) === replicas &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

/** What a reconcile noticed of the new ReplicaSet, for the Progressing condition. */
export type Progress =
  | { reason: "NewReplicaSetCreated" | "FoundNewReplicaSet" }
  | { reason: "FailedCreate"; message: string };

/** The status of a Deployment from its ReplicaSets; `rolling` is false while it is paused or only scaled. */
export function statusOf(
  deployment: Deployment,
  newSet: ReplicaSet | undefined,
  oldSets: readonly ReplicaSet[],
  options: { now: number; time: string; progress?: Progress },
): DeploymentStatus {
  const { now, time, progress } = options;
  const before = deployment.status ?? {};
  const sets = newSet ? [newSet, ...oldSets] : oldSets;
  const count = (field: "replicas" | "readyReplicas" | "availableReplicas" | "terminatingReplicas"): number =>
    sets.reduce((sum, set) => sum + (set.status?.[field] ?? 0), 0);
  const replicas = count("replicas");
  const availableReplicas = count("availableReplicas");
  const wantedBySets = sets.reduce((sum, { spec }) => sum + (spec.replicas ?? 1), 0);
  const status: DeploymentStatus = {
    observedGeneration: deployment.metadata.generation,
    replicas,
    updatedReplicas: newSet?.status?.replicas ?? 0,
    readyReplicas: count("readyReplicas"),
    availableReplicas,
    // Of all that its sets want, also what could not be made.
    unavailableReplicas: Math.max(0, wantedBySets - availableReplicas),
    terminatingReplicas: count("terminatingReplicas"),
    ...(before.collisionCount === undefined ? {} : { collisionCount: before.collisionCount }),
  };
  let conditions = before.conditions ?? [];
  const set = (condition: Condition, touched = true): void => {
    const old = conditionOf(conditions, condition.type);
    const same = old?.status === condition.status && old.reason === condition.reason;
    if (same && !touched) return;
    // What was written last comes last.
    const updated = withCondition(conditions, { ...condition, lastUpdateTime: time }, time);
    const isOther = ({ type }: Condition): boolean => type !== condition.type;
    conditions = [...updated.filter(isOther), ...updated.filter((entry) => !isOther(entry))];
  };
  const { replicas: wanted = 1 } = deployment.spec;
  const enough = availableReplicas >= wanted - surgeOf(deployment).maxUnavailable;
  set(
    {
      type: "Available",
      status: enough ? "True" : "False",
      reason: enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
      message: enough
        ? "Deployment has minimum availability."
        : "Deployment does not have minimum availability.",
    },
    false,
  );
  const progressing = progressOf(deployment, { ...status, conditions }, newSet, progress, now);
  if (progressing === "none") conditions = conditions.filter((entry) => entry.type !== "Progressing");
  else if (progressing) set(progressing);
  const failure = [newSet, ...oldSets]
    .map((entry) => conditionOf(entry?.status?.conditions, "ReplicaFailure"))
    .find((entry) => entry?.status === "True");
  if (failure)
    set({ type: "ReplicaFailure", status: "True", reason: failure.reason, message: failure.message }, false);
  else conditions = conditions.filter((entry) => entry.type !== "ReplicaFailure");
  return { ...withoutZeros(status, ["terminatingReplicas"]), conditions };
}

function progressOf(
  deployment: Deployment,
  status: DeploymentStatus,
  newSet: ReplicaSet | undefined,
  progress: Progress | undefined,
  now: number,
): Condition | "none" | undefined {
  const deadline = deadlineOf(deployment);
  if (deadline === undefined) return "none";
  const current = conditionOf(status.conditions, "Progressing");
  if (deployment.spec.paused)
    return current?.reason === "DeploymentPaused"
      ? undefined
      : {
          type: "Progressing",
          status: "Unknown",
          reason: "DeploymentPaused",
          message: "Deployment is paused",
        };
  if (current?.reason === "DeploymentPaused")
    return {
      type: "Progressing",
      status: "Unknown",
      reason: "DeploymentResumed",
      message: "Deployment is resumed",
    };
  if (progress?.reason === "FailedCreate")
    return current?.reason === "FailedCreate" && current.message === progress.message
      ? undefined
      : { type: "Progressing", status: "False", reason: progress.reason, message: progress.message };
  const name = newSet ? `ReplicaSet "${newSet.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  if (status.replicas === status.updatedReplicas && current?.reason === "NewReplicaSetAvailable" && !progress)
    return undefined;
  if (isComplete(deployment, status))
    return current?.reason === "NewReplicaSetAvailable" && current.message?.startsWith(name)
      ? undefined
      : {
          type: "Progressing",
          status: "True",
          reason: "NewReplicaSetAvailable",
          message: `${name} has successfully progressed.`,
        };
  if (progress)
    return {
      type: "Progressing",
      status: "True",
      reason: progress.reason,
      message: `${progress.reason === "FoundNewReplicaSet" ? "Found" : "Created"} new replica set "${newSet?.metadata.name}"`,
    };
  const before = deployment.status ?? {};
  const more = (field: "updatedReplicas" | "readyReplicas" | "availableReplicas"): boolean =>
    (status[field] ?? 0) > (before[field] ?? 0);
  const old = (of: DeploymentStatus): number => (of.replicas ?? 0) - (of.updatedReplicas ?? 0);
  if (
    more("updatedReplicas") ||
    more("readyReplicas") ||
    more("availableReplicas") ||
    old(status) < old(before)
  )
    return {
      type: "Progressing",
      status: "True",
      reason: "ReplicaSetUpdated",
      message: `${name} is progressing.`,
    };
  if (
    current &&
    current.reason !== "NewReplicaSetAvailable" &&
    current.reason !== "ProgressDeadlineExceeded" &&
    now >= Date.parse(current.lastUpdateTime ?? current.lastTransitionTime ?? "") + deadline
  )
    return {
      type: "Progressing",
      status: "False",
      reason: "ProgressDeadlineExceeded",
      message: `${name} has timed out progressing.`,
    };
  return undefined;
}

/** Milliseconds until the progress deadline may pass, while a rollout runs. */
export function untilDeadline(
  deployment: Deployment,
  status: DeploymentStatus,
  now: number,
): number | undefined {
  const deadline = deadlineOf(deployment);
  const current = conditionOf(status.conditions, "Progressing");
  if (deadline === undefined || !current || deployment.spec.paused || isComplete(deployment, status))
    return undefined;
  if (current.reason === "ProgressDeadlineExceeded" || current.reason === "NewReplicaSetAvailable")
    return undefined;
  return Math.max(0, Date.parse(current.lastUpdateTime ?? "") + deadline - now) + 1000;
}
