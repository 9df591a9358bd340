import type { KubeObject } from "../../contract/index.ts";
import { jobState } from "../plan/jobState.ts";
import { podsOf } from "./Pod.ts";
import {
  conditionOf,
  failed,
  numberOf,
  ready,
  specOf,
  statusOf,
  waiting,
  type ReadinessRule,
} from "./Readiness.ts";

/** Complete, or Failed with its reason. A pod that can never start fails it too; one that crashes counts against the job's own limit. */
export const jobReadiness: ReadinessRule = (object, { pods }) => {
  const state = jobState(object);
  if (state === "complete") return ready;
  if (state === "failed") {
    const condition = conditionOf(object, "Failed") ?? conditionOf(object, "FailureTarget");
    const last = pods.findLast((pod) => statusOf(pod)["phase"] === "Failed") ?? pods.at(-1);
    return failed(condition?.reason ?? "Failed", condition?.message ?? "the job failed", last);
  }
  if (specOf(object)["suspend"] === true) return waiting("the job is suspended");
  const verdict = podsOf(pods, { crashes: false });
  if (verdict.failure !== undefined) return verdict.failure;
  const succeeded = numberOf(statusOf(object)["succeeded"]);
  const wanted = numberOf(specOf(object)["completions"], 1);
  const failures = numberOf(statusOf(object)["failed"]);
  const parts = [
    wanted === 1 ? "" : `${succeeded} of ${wanted} completed`,
    failures === 0 ? "" : failures === 1 ? "1 try failed" : `${failures} tries failed`,
    isRunning(pods) ? "the job runs" : verdict.message.replace(/^; /, "") || "its pod is awaited",
  ];
  return waiting(parts.filter((part) => part !== "").join("; "));
};

const isRunning = (pods: readonly KubeObject[]): boolean =>
  pods.some((pod) => {
    const status = statusOf(pod);
    const containers = (status["containerStatuses"] as { state?: { running?: unknown } }[] | undefined) ?? [];
    return status["phase"] === "Running" && containers.some(({ state }) => state?.running !== undefined);
  });
