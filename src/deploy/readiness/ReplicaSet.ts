import { podsOf } from "./Pod.ts";
import {
  conditionOf,
  failed,
  isObserved,
  numberOf,
  ready,
  specOf,
  statusOf,
  waiting,
  type ReadinessRule,
} from "./Readiness.ts";

/** Generation observed; available = replicas. */
export const replicaSetReadiness: ReadinessRule = (object, { pods, crashRestarts }) => {
  if (!isObserved(object)) return waiting("not yet seen by the controller");
  const verdict = podsOf(pods, { crashRestarts });
  if (verdict.failure !== undefined) return verdict.failure;
  const refused = conditionOf(object, "ReplicaFailure");
  if (refused?.status === "True")
    return failed(refused.reason ?? "ReplicaFailure", refused.message ?? "no pod can be made");
  const wanted = numberOf(specOf(object)["replicas"], 1);
  const available = numberOf(statusOf(object)["availableReplicas"]);
  return available < wanted
    ? waiting(`${available} of ${wanted} replicas available${verdict.message}`)
    : ready;
};
