import type { KubeObject } from "../../contract/index.ts";
import { groupKind } from "../objectKey.ts";
import { jobState } from "../plan/jobState.ts";
import { conditionOf, specOf, statusOf } from "../readiness/Readiness.ts";
import type { RunStatus } from "./EnvironmentStatus.ts";

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** How the last run of a job or a schedule went. `jobs` are those of the namespace. Undefined for what does not run to an end. */
export function runOf(object: KubeObject, jobs: readonly KubeObject[]): RunStatus | undefined {
  if (groupKind(object) === "batch/Job") return jobRun(object);
  if (groupKind(object) !== "batch/CronJob") return undefined;
  const spec = specOf(object);
  const more = {
    ...(textOf(spec["schedule"]) === undefined ? {} : { schedule: textOf(spec["schedule"]) }),
    ...(spec["suspend"] === true ? { suspended: true } : {}),
  };
  const last = jobs
    .filter((job) => job.metadata.ownerReferences?.some(({ uid }) => uid === object.metadata.uid))
    .toSorted((a, b) => (startOf(a) < startOf(b) ? 1 : -1))[0];
  if (last !== undefined) return { ...jobRun(last), ...more };
  const at = textOf(statusOf(object)["lastSuccessfulTime"]) ?? textOf(statusOf(object)["lastScheduleTime"]);
  const succeeded = textOf(statusOf(object)["lastSuccessfulTime"]) !== undefined;
  // Jobs that ended are removed after a while; what is left is what the CronJob says.
  if (at === undefined || !succeeded) return { state: "never", ...more };
  return { state: "succeeded", at, ...more };
}

const startOf = (job: KubeObject): string =>
  textOf(statusOf(job)["startTime"]) ?? job.metadata.creationTimestamp ?? "";

function jobRun(job: KubeObject): RunStatus {
  const began = startOf(job);
  const state = jobState(job);
  if (state === "running") return { state, ...(began === "" ? {} : { at: began }) };
  const ended =
    textOf(statusOf(job)["completionTime"]) ??
    textOf((conditionOf(job, "Failed") as { lastTransitionTime?: unknown } | undefined)?.lastTransitionTime);
  const seconds =
    ended === undefined || began === ""
      ? undefined
      : Math.max(0, (Date.parse(ended) - Date.parse(began)) / 1000);
  return {
    state: state === "complete" ? "succeeded" : "failed",
    ...(ended === undefined ? {} : { at: ended }),
    ...(seconds === undefined ? {} : { seconds }),
  };
}
