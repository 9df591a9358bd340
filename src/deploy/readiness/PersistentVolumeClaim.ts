import { conditionOf, failed, ready, statusOf, waiting, type ReadinessRule } from "./Readiness.ts";

/**
 * Bound. Under `WaitForFirstConsumer` a claim stays Pending until a pod wants it, and no pod comes before its claim; so a Pending claim is no obstacle here, and its pod tells
 * when it cannot be bound.
 */
export const claimReadiness: ReadinessRule = (object) => {
  const phase = statusOf(object)["phase"];
  if (phase === "Lost") return failed("Lost", "its volume is gone");
  const resizing = conditionOf(object, "FileSystemResizePending");
  if (resizing?.status === "True") return ready;
  if (phase === "Bound" || phase === "Pending") return ready;
  return waiting("not yet seen by the controller");
};
