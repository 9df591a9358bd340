import type { Deployment, ReplicaSet } from "../objects/workloads.ts";
import { oldestFirst, surgeOf } from "./revisions.ts";

export interface Scaling {
  readonly set: ReplicaSet;
  readonly to: number;
}

const wantedOf = (set: ReplicaSet): number => set.spec.replicas ?? 1;
const availableOf = (set: ReplicaSet): number => set.status?.availableReplicas ?? 0;
const sum = (sets: readonly ReplicaSet[], count: (set: ReplicaSet) => number): number =>
  sets.reduce((total, set) => total + count(set), 0);

/** Replicas that a new ReplicaSet may have beside what the old ones have, as far as the surge allows. */
export function newReplicas(deployment: Deployment, newWanted: number, allWanted: number): number {
  const { replicas = 1, strategy } = deployment.spec;
  if (strategy?.type === "Recreate" || newWanted >= replicas) return replicas;
  const free = replicas + surgeOf(deployment).maxSurge - allWanted;
  return free <= 0 ? newWanted : newWanted + Math.min(free, replicas - newWanted);
}

/**
 * The next step of a rolling update (`reconcileNewReplicaSet`, then `reconcileOldReplicaSets` of Kubernetes' deployment controller): never fewer
 * available than replicas - maxUnavailable, never more pods than replicas + maxSurge.
 */
export function rollingStep(
  deployment: Deployment,
  newSet: ReplicaSet,
  oldSets: readonly ReplicaSet[],
): Scaling[] {
  const { replicas = 1 } = deployment.spec;
  const all = [newSet, ...oldSets];
  const up = newReplicas(deployment, wantedOf(newSet), sum(all, wantedOf));
  if (up !== wantedOf(newSet)) return [{ set: newSet, to: up }];

  const minAvailable = replicas - surgeOf(deployment).maxUnavailable;
  const newUnavailable = wantedOf(newSet) - availableOf(newSet);
  let mayGo = sum(all, wantedOf) - minAvailable - newUnavailable;
  if (sum(oldSets, wantedOf) === 0 || mayGo <= 0) return [];
  const left = new Map(oldSets.map((set) => [set, wantedOf(set)]));
  // Old pods that aren't available serve nobody: first.
  for (const set of oldestFirst(oldSets)) {
    const unhealthy = Math.min(mayGo, Math.max(0, left.get(set)! - availableOf(set)));
    left.set(set, left.get(set)! - unhealthy);
    mayGo -= unhealthy;
  }
  let spare = sum(all, availableOf) - minAvailable;
  for (const set of oldestFirst(oldSets)) {
    const healthy = Math.max(0, Math.min(spare, left.get(set)!));
    left.set(set, left.get(set)! - healthy);
    spare -= healthy;
  }
  return [...left].filter(([set, to]) => to !== wantedOf(set)).map(([set, to]) => ({ set, to }));
}
