import { podsOf } from "./Pod.ts";
import { isObserved, numberOf, ready, specOf, statusOf, waiting, type ReadinessRule } from "./Readiness.ts";

/** Generation observed; updated and available on every node that is wanted. Source: `kubectl rollout status`. */
export const daemonSetReadiness: ReadinessRule = (object, { pods, crashRestarts }) => {
  if (!isObserved(object)) return waiting("not yet seen by the controller");
  const generation = String(object.metadata.generation ?? "");
  const current = pods.filter((pod) => {
    const made = pod.metadata.labels?.["pod-template-generation"];
    return made === undefined || made === generation;
  });
  const verdict = podsOf(current, { crashRestarts });
  if (verdict.failure !== undefined) return verdict.failure;
  const status = statusOf(object);
  const wanted = numberOf(status["desiredNumberScheduled"]);
  const updated = numberOf(status["updatedNumberScheduled"]);
  const available = numberOf(status["numberAvailable"]);
  const strategy = (specOf(object)["updateStrategy"] ?? {}) as { type?: string };
  if (strategy.type !== "OnDelete" && updated < wanted)
    return waiting(`updated on ${updated} of ${wanted} nodes`);
  if (available < wanted) return waiting(`available on ${available} of ${wanted} nodes${verdict.message}`);
  return ready;
};
