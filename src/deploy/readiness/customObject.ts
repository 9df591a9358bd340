import { conditionsOf, failed, numberOf, ready, statusOf, waiting, type ReadinessRule } from "./Readiness.ts";

/**
 * Kinds that nobody wrote a rule for, by the conventions of conditions (kstatus): an old `observedGeneration` counts as nothing; `Stalled=True` has failed; `Reconciling=True` goes on; `Ready`,
 * or else `Available` or `Established`, decides. Without any of these it is ready once it is there.
 */
export const customReadiness: ReadinessRule = (object) => {
  const observed = statusOf(object)["observedGeneration"];
  if (observed !== undefined && numberOf(observed) < (object.metadata.generation ?? 0)) {
    return waiting("not yet seen by its controller");
  }
  const conditions = conditionsOf(object).filter(
    (one) =>
      one.observedGeneration === undefined || one.observedGeneration >= (object.metadata.generation ?? 0),
  );
  const find = (type: string) => conditions.find((one) => one.type === type);
  const stalled = find("Stalled");
  if (stalled?.status === "True")
    return failed(stalled.reason ?? "Stalled", stalled.message ?? "its controller gave up");
  const reconciling = find("Reconciling");
  if (reconciling?.status === "True")
    return waiting(reconciling.message ?? reconciling.reason ?? "being reconciled");
  const decisive = find("Ready") ?? find("Available") ?? find("Established");
  if (decisive === undefined || decisive.status === "True") return ready;
  return waiting(decisive.message || decisive.reason || `${decisive.type} is ${decisive.status}`);
};
