import { conditionOf, failed, ready, waiting, type ReadinessRule } from "./Readiness.ts";

/** Established, and its names accepted. */
export const definitionReadiness: ReadinessRule = (object) => {
  const names = conditionOf(object, "NamesAccepted");
  if (names?.status === "False")
    return failed(names.reason ?? "NamesNotAccepted", names.message ?? "its names are taken");
  return conditionOf(object, "Established")?.status === "True" ? ready : waiting("not yet established");
};
