import type { Deployment, ReplicaSet } from "../objects/workloads.ts";
import { desiredAnnotation, maxAnnotation, oldestFirst, surgeOf } from "./revisions.ts";
import type { Scaling } from "./rollingStep.ts";

const wantedOf = (set: ReplicaSet): number => set.spec.replicas ?? 1;
const isActive = (set: ReplicaSet): boolean => wantedOf(set) > 0;
const annotationOf = (set: ReplicaSet, name: string): number =>
  Number(set.metadata.annotations?.[name] ?? 0) || 0;

/** Whether the number of replicas was changed since the sets were last sized: then this comes before any rolling. */
export const isScaled = (deployment: Deployment, sets: readonly ReplicaSet[]): boolean =>
  sets.some(
    (set) =>
      isActive(set) &&
      set.metadata.annotations?.[desiredAnnotation] !== undefined &&
      annotationOf(set, desiredAnnotation) !== (deployment.spec.replicas ?? 1),
  );

/**
 * Sizes of the sets for a new number of replicas, without going on with a rollout: all for the only set; in the middle of a rolling update each gets its share
 * ("proportional scaling", https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#proportional-scaling).
 */
export function scalingStep(
  deployment: Deployment,
  newSet: ReplicaSet | undefined,
  oldSets: readonly ReplicaSet[],
): Scaling[] {
  const { replicas = 1, strategy } = deployment.spec;
  const all = newSet ? [newSet, ...oldSets] : oldSets;
  const active = all.filter(isActive);
  const only = active.length > 1 ? undefined : (active[0] ?? newSet ?? oldestFirst(oldSets).at(-1));
  if (active.length <= 1) return only ? [{ set: only, to: replicas }] : [];
  const saturated =
    newSet !== undefined &&
    wantedOf(newSet) === replicas &&
    annotationOf(newSet, desiredAnnotation) === replicas &&
    newSet.status?.availableReplicas === replicas;
  if (saturated) return oldSets.filter(isActive).map((set) => ({ set, to: 0 }));
  if (strategy?.type === "Recreate") return [];
  const { maxSurge } = surgeOf(deployment);
  const allowed = replicas > 0 ? replicas + maxSurge : 0;
  const toAdd = allowed - active.reduce((sum, set) => sum + wantedOf(set), 0);
  // The larger sets first; among equals the new ones gain first, and the old ones lose first.
  const byAge = toAdd > 0 ? oldestFirst(active).toReversed() : oldestFirst(active);
  const ordered = byAge.toSorted((a, b) => wantedOf(b) - wantedOf(a));
  let added = 0;
  const sizes = ordered.map((set) => {
    const share = shareOf(set, deployment, toAdd, added);
    added += share;
    return wantedOf(set) + share;
  });
  return ordered.map((set, index) => ({
    set,
    to: Math.max(0, sizes[index]! + (index === 0 ? toAdd - added : 0)),
  }));
}

function shareOf(set: ReplicaSet, deployment: Deployment, toAdd: number, added: number): number {
  if (toAdd === 0 || toAdd === added) return 0;
  const { replicas = 1 } = deployment.spec;
  const before = annotationOf(set, maxAnnotation) || (deployment.status?.replicas ?? 0);
  const share =
    replicas === 0 || before === 0
      ? -wantedOf(set)
      : Math.round((wantedOf(set) * (replicas + surgeOf(deployment).maxSurge)) / before) - wantedOf(set);
  return toAdd > 0 ? Math.min(share, toAdd - added) : Math.max(share, toAdd - added);
}
