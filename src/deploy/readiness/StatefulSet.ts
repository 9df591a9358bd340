import { podsOf } from "./Pod.ts";
import { isObserved, numberOf, ready, specOf, statusOf, waiting, type ReadinessRule } from "./Readiness.ts";

/** Pods carry the revision of the template that they were made from. */
export const revisionLabel = "controller-revision-hash";

/** Generation observed; ready = replicas; those at or above the partition updated, and without partition both revisions equal. Source: `kubectl rollout status`. */
export const statefulSetReadiness: ReadinessRule = (object, { pods, crashRestarts }) => {
  if (!isObserved(object)) return waiting("not yet seen by the controller");
  const status = statusOf(object);
  const spec = specOf(object);
  const wanted = numberOf(spec["replicas"], 1);
  const strategy = (spec["updateStrategy"] ?? {}) as {
    type?: string;
    rollingUpdate?: { partition?: number };
  };
  const update = status["updateRevision"];
  const current = pods.filter(
    (pod) => update === undefined || pod.metadata.labels?.[revisionLabel] === update,
  );
  const verdict = podsOf(current, { crashRestarts });
  if (verdict.failure !== undefined) return verdict.failure;
  const readyCount = numberOf(status["readyReplicas"]);
  if (readyCount < wanted) return waiting(`${readyCount} of ${wanted} replicas ready${verdict.message}`);
  const available = numberOf(status["availableReplicas"], readyCount);
  if (available < wanted) return waiting(`${available} of ${wanted} replicas available`);
  // Pods are changed by whoever deletes them.
  if (strategy.type === "OnDelete") return ready;
  const partition = strategy.rollingUpdate?.partition ?? 0;
  const updated = numberOf(status["updatedReplicas"]);
  if (updated < wanted - partition) return waiting(`${updated} of ${wanted - partition} replicas updated`);
  if (partition === 0 && update !== undefined && status["currentRevision"] !== update) {
    return waiting(`${updated} of ${wanted} replicas updated`);
  }
  return ready;
};
