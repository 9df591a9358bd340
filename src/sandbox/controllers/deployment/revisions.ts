import { isEqual } from "../objects/hash.ts";
import type { PodTemplate } from "../objects/Pod.ts";
import { scaledValue, type Deployment, type ReplicaSet } from "../objects/workloads.ts";

export const hashLabel = "pod-template-hash";
export const revisionAnnotation = "deployment.kubernetes.io/revision";
const historyAnnotation = "deployment.kubernetes.io/revision-history";
export const desiredAnnotation = "deployment.kubernetes.io/desired-replicas";
export const maxAnnotation = "deployment.kubernetes.io/max-replicas";

/** Annotations of a Deployment that its ReplicaSets don't get. */
const ownAnnotations = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  revisionAnnotation,
  historyAnnotation,
  desiredAnnotation,
  maxAnnotation,
  "deprecated.deployment.rollback.to",
]);

export const revisionOf = (set: ReplicaSet): number =>
  Number(set.metadata.annotations?.[revisionAnnotation] ?? 0) || 0;

const byAge = (a: ReplicaSet, b: ReplicaSet): number =>
  a.metadata.creationTimestamp === b.metadata.creationTimestamp
    ? a.metadata.name! < b.metadata.name!
      ? -1
      : 1
    : a.metadata.creationTimestamp! < b.metadata.creationTimestamp!
      ? -1
      : 1;

export const oldestFirst = (sets: readonly ReplicaSet[]): ReplicaSet[] => sets.toSorted(byAge);

/** The ReplicaSet of the template of today: the oldest, should there be two. */
export const newSetOf = (deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined =>
  oldestFirst(sets).find((set) =>
    isEqual(withoutHash(set.spec.template), withoutHash(deployment.spec.template)),
  );

function withoutHash(template: PodTemplate): unknown {
  const { [hashLabel]: _hash, ...labels } = template.metadata?.labels ?? {};
  const metadata = { ...template.metadata, labels, creationTimestamp: undefined };
  return { ...template, metadata };
}

export function surgeOf(deployment: Deployment): { maxSurge: number; maxUnavailable: number } {
  const { replicas = 1, strategy } = deployment.spec;
  if (strategy?.type === "Recreate") return { maxSurge: 0, maxUnavailable: 0 };
  const rolling = strategy?.rollingUpdate ?? {};
  const maxSurge = scaledValue(rolling.maxSurge ?? "25%", replicas, true);
  let maxUnavailable = scaledValue(rolling.maxUnavailable ?? "25%", replicas, false);
  // Both zero would never move: percentages of few replicas can come to that.
  if (maxSurge === 0 && maxUnavailable === 0) maxUnavailable = 1;
  return { maxSurge, maxUnavailable: Math.min(maxUnavailable, replicas) };
}

/** The annotations that a ReplicaSet of a Deployment should have; `revision` only for the new one. */
export function annotationsFor(
  deployment: Deployment,
  set: ReplicaSet | undefined,
  revision?: number,
): Record<string, string> {
  const result: Record<string, string> = { ...set?.metadata.annotations };
  const { replicas = 1 } = deployment.spec;
  if (revision !== undefined) {
    for (const [name, value] of Object.entries(deployment.metadata.annotations ?? {}))
      if (!ownAnnotations.has(name)) result[name] = value;
    const before = result[revisionAnnotation];
    if (before === undefined || Number(before) < revision) {
      result[revisionAnnotation] = String(revision);
      // Kept for `kubectl rollout history`: under which numbers this template ran before.
      if (before !== undefined)
        result[historyAnnotation] = [result[historyAnnotation], before].filter(Boolean).join(",");
    }
  }
  if (revision !== undefined || (set?.spec.replicas ?? 0) > 0) {
    result[desiredAnnotation] = String(replicas);
    result[maxAnnotation] = String(replicas + surgeOf(deployment).maxSurge);
  }
  return result;
}
