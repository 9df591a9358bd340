import { isAlreadyExists, isNamespaceTerminating } from "../../../kube/KubeError.ts";
import { timeOf } from "../../Clock.ts";
import { isTrue } from "../objects/Condition.ts";
import { controllerKeyOf, controllerReference, keyOf } from "../objects/controllerRef.ts";
import { isEqual } from "../objects/hash.ts";
import { isTerminating } from "../objects/Pod.ts";
import type { CronJob, Job } from "../objects/workloads.ts";
import type { Controller, ControllerContext } from "../runtime/Controller.ts";
import { scheduledTimes } from "./scheduledTimes.ts";

const succeeded = (job: Job): boolean => isTrue(job.status?.conditions, "Complete");
const failed = (job: Job): boolean => isTrue(job.status?.conditions, "Failed");
const finished = (job: Job): boolean => succeeded(job) || failed(job);
const SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp";
/** Not by somebody else in the CronJob's name: `kubectl create job --from`. */
const scheduled = ({ metadata }: Job): boolean => metadata.annotations?.[SCHEDULED] !== undefined;

/** Starts a Job at each time of a schedule. The Job's name comes from that time: two controllers, or one that was killed, start it once. */
export const cronJobController: Controller = {
  name: "cronjob-controller",
  watches: [
    { apiVersion: "batch/v1", kind: "CronJob" },
    { apiVersion: "batch/v1", kind: "Job", keys: (job) => controllerKeyOf(job, "CronJob") },
  ],
  async reconcile(key, context) {
    const cronJob = context.store<CronJob>("batch/v1", "CronJob").get(key);
    if (cronJob === undefined || isTerminating(cronJob)) return undefined;
    const jobs = context.store<Job>("batch/v1", "Job").controlledBy(cronJob.metadata.uid!);
    await forget(cronJob, jobs, context);
    const now = context.clock.now();
    const schedule = scheduledTimes(cronJob, now);
    let lastScheduleTime = cronJob.status?.lastScheduleTime;
    let again: number | undefined;
    if (schedule.type === "invalid") context.events.warning(cronJob, "UnparseableSchedule", schedule.message);
    else {
      again = schedule.next === undefined ? undefined : Math.max(1, schedule.next - now);
      if (schedule.due !== undefined && !cronJob.spec.suspend) {
        if (schedule.missed > 100)
          context.events.warning(
            cronJob,
            "TooManyMissedTimes",
            "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew",
          );
        if (await start(cronJob, jobs, schedule.due, context)) lastScheduleTime = timeOf(schedule.due);
      }
    }
    await writeStatus(cronJob, lastScheduleTime, context);
    return again;
  },
};

/** Whether the Job of this time was started, now or before. */
async function start(
  cronJob: CronJob,
  jobs: readonly Job[],
  due: number,
  context: ControllerContext,
): Promise<boolean> {
  const { concurrencyPolicy, jobTemplate } = cronJob.spec;
  const active = jobs.filter((job) => scheduled(job) && !finished(job) && !isTerminating(job));
  const name = `${cronJob.metadata.name}-${Math.floor(due / 60_000)}`;
  const own = jobs.some((job) => job.metadata.name === name);
  if (own) return true;
  if (active.length > 0 && concurrencyPolicy === "Forbid") {
    context.events.normal(
      cronJob,
      "JobAlreadyActive",
      "Not starting job because prior execution is running and concurrency policy is Forbid",
    );
    return false;
  }
  if (concurrencyPolicy === "Replace")
    for (const job of active) {
      await context.write.delete(job);
      context.events.normal(cronJob, "SuccessfulDelete", `Deleted job ${job.metadata.name}`);
    }
  const job: Job = {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name,
      namespace: cronJob.metadata.namespace,
      labels: { ...jobTemplate.metadata?.labels },
      annotations: {
        ...jobTemplate.metadata?.annotations,
        [SCHEDULED]: timeOf(due),
      },
      ownerReferences: [controllerReference(cronJob)],
    },
    spec: structuredClone(jobTemplate.spec),
  };
  try {
    await context.write.create(job);
    context.events.normal(cronJob, "SuccessfulCreate", `Created job ${name}`);
  } catch (error) {
    if (isNamespaceTerminating(error)) return false;
    if (!isAlreadyExists(error)) {
      context.events.warning(cronJob, "FailedCreate", `Error creating job: ${(error as Error).message}`);
      throw error;
    }
  }
  return true;
}

async function writeStatus(
  cronJob: CronJob,
  lastScheduleTime: string | undefined,
  context: ControllerContext,
): Promise<void> {
  const jobs = context.store<Job>("batch/v1", "Job").controlledBy(cronJob.metadata.uid!);
  const active = jobs.filter((job) => scheduled(job) && !finished(job));
  for (const job of jobs)
    if (!scheduled(job) && !finished(job))
      context.events.warning(
        cronJob,
        "UnexpectedJob",
        `Saw a job that the controller did not create or forgot: ${job.metadata.name}`,
      );
  const before = new Set((cronJob.status?.active ?? []).map((ref) => ref["uid"]));
  for (const job of jobs)
    if (finished(job) && before.has(job.metadata.uid))
      context.events.normal(
        cronJob,
        "SawCompletedJob",
        `Saw completed job: ${job.metadata.name}, condition: ${succeeded(job) ? "Complete" : "Failed"}`,
      );
  const ends = jobs.filter(succeeded).map((job) => job.status?.completionTime ?? "");
  const status: CronJob["status"] = {
    ...cronJob.status,
    active: active
      .toSorted((a, b) => (a.metadata.name! < b.metadata.name! ? -1 : 1))
      .map(({ metadata: { name, namespace, uid } }) => ({
        apiVersion: "batch/v1",
        kind: "Job",
        name,
        namespace,
        uid,
      })),
    lastScheduleTime,
    lastSuccessfulTime: [cronJob.status?.lastSuccessfulTime ?? "", ...ends].toSorted().at(-1) || undefined,
  };
  if (status.active?.length === 0) delete status.active;
  const latest = context.store<CronJob>("batch/v1", "CronJob").get(keyOf(cronJob)) ?? cronJob;
  if (!isEqual(status, withoutVersions(latest.status))) await context.write.replaceStatus(latest, status);
}

/** References in a status may have come with more fields than ours. */
const withoutVersions = (status: CronJob["status"]): CronJob["status"] => ({
  ...status,
  active: status?.active?.map(({ apiVersion, kind, name, namespace, uid }) => ({
    apiVersion,
    kind,
    name,
    namespace,
    uid,
  })),
});

async function forget(cronJob: CronJob, jobs: readonly Job[], context: ControllerContext): Promise<void> {
  const { successfulJobsHistoryLimit = 3, failedJobsHistoryLimit = 1 } = cronJob.spec;
  for (const [which, limit] of [
    [succeeded, successfulJobsHistoryLimit],
    [failed, failedJobsHistoryLimit],
  ] as const) {
    const ended = jobs.filter((job) => which(job) && !isTerminating(job));
    const oldestFirst = ended.toSorted((a, b) =>
      (a.status?.startTime ?? "") < (b.status?.startTime ?? "") ? -1 : 1,
    );
    for (const job of oldestFirst.slice(0, Math.max(0, ended.length - limit))) {
      await context.write.delete(job);
      context.events.normal(cronJob, "SuccessfulDelete", `Deleted job ${job.metadata.name}`);
    }
  }
}
