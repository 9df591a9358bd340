import type { KubeObject } from "../../contract/index.ts";

interface Condition {
  readonly type: string;
  readonly status: string;
}

/** How a Job stands, by its conditions (batch/v1 JobStatus). */
export function jobState(job: KubeObject): "complete" | "failed" | "running" {
  const conditions = ((job["status"] ?? {}) as { conditions?: Condition[] }).conditions ?? [];
  const is = (type: string): boolean =>
    conditions.some((condition) => condition.type === type && condition.status === "True");
  if (is("Complete") || is("SuccessCriteriaMet")) return "complete";
  // FailureTarget comes first, while pods are still being ended.
  return is("Failed") || is("FailureTarget") ? "failed" : "running";
}
