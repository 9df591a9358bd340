import { conditionOf, isObserved, ready, waiting, type ReadinessRule } from "./Readiness.ts";

/**
 * HPA: able to scale, where its controller runs at all. Metrics come late by nature (the first needs a ready pod and a minute), so `ScalingActive=False` is told and not waited for.
 */
export const autoscalerReadiness: ReadinessRule = (object) => {
  const able = conditionOf(object, "AbleToScale");
  if (able?.status === "False") return waiting(able.message ?? able.reason ?? "not able to scale");
  return ready;
};

/** PDB: its generation observed, where its controller runs. `DisruptionAllowed=False` is how a single replica looks, and no failure. */
export const disruptionBudgetReadiness: ReadinessRule = (object) => {
  if (object["status"] === undefined || isObserved(object)) return ready;
  const synced = conditionOf(object, "DisruptionAllowed");
  return synced?.reason === "SyncFailed" ? waiting(synced.message ?? "not synced") : ready;
};
