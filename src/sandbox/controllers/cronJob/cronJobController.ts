import { isAlreadyExists, isNamespaceTerminating, isNotFound } from "../../../kube/KubeError.ts";
import { timeOf } from "../../Clock.ts";
import { isTrue } from "../objects/Condition.ts";
import { controllerKeyOf, controllerReference, isControlledBy, keyOf } from "../objects/controllerRef.ts";
import { isEqual } from "../objects/hash.ts";
import { isTerminating } from "../objects/Pod.ts";
import type { CronJob, Job } from "../objects/workloads.ts";
import type { Controller, ControllerContext } from "../runtime/Controller.ts";
import { dueTimes, isTimeZone, type DueTimes } from "./schedule.ts";

/** Makes a Job each time a schedule is due. The job's name is made of that time: none is made twice. */
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
    const current = await keepStatus(cronJob, jobs, context);
    await forgetOldJobs(current, jobs, context);
    return current.spec.suspend ? undefined : startWhatIsDue(current, context);
  },
};

type Status = NonNullable<CronJob["status"]>;

const endOf = (job: Job): "Complete" | "Failed" | undefined =>
  isTrue(job.status?.conditions, "Complete")
    ? "Complete"
    : isTrue(job.status?.conditions, "Failed")
      ? "Failed"
      : undefined;

/** What runs, and when a job last succeeded: read off the jobs, so that one made just before a crash is known. */
async function keepStatus(
  cronJob: CronJob,
  jobs: readonly Job[],
  context: ControllerContext,
): Promise<CronJob> {
  for (const entry of cronJob.status?.active ?? []) {
    const job = jobs.find((one) => one.metadata.uid === entry["uid"]);
    const end = job && endOf(job);
    if (job === undefined)
      context.events.normal(cronJob, "MissingJob", `Active job went missing: ${String(entry["name"])}`);
    else if (end)
      context.events.normal(
        cronJob,
        "SawCompletedJob",
        `Saw completed job: ${job.metadata.name}, condition: ${end}`,
      );
  }
  const active = runningOf(jobs);
  const times = jobs.map((job) => job.status?.completionTime).filter((time) => time !== undefined);
  const lastSuccessfulTime = [cronJob.status?.lastSuccessfulTime, ...times]
    .filter((time) => time !== undefined)
    .sort()
    .at(-1);
  return writeStatus(cronJob, { ...cronJob.status, active, lastSuccessfulTime }, context);
}

const runningOf = (jobs: readonly Job[]): Record<string, unknown>[] =>
  jobs
    .filter((job) => endOf(job) === undefined && !isTerminating(job))
    .toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
    .map(refTo);

/** Without versions, which would make every change of a job one of the CronJob. */
const refTo = (job: Job): Record<string, unknown> => ({
  apiVersion: job.apiVersion,
  kind: job.kind,
  name: job.metadata.name,
  namespace: job.metadata.namespace,
  uid: job.metadata.uid,
});

async function writeStatus(cronJob: CronJob, status: Status, context: ControllerContext): Promise<CronJob> {
  const { active, ...rest } = status;
  const next: Status = { ...(active && active.length > 0 ? { active } : {}), ...rest };
  return isEqual(next, cronJob.status ?? {}) ? cronJob : context.write.replaceStatus(cronJob, next);
}

async function forgetOldJobs(
  cronJob: CronJob,
  jobs: readonly Job[],
  context: ControllerContext,
): Promise<void> {
  const { successfulJobsHistoryLimit = 3, failedJobsHistoryLimit = 1 } = cronJob.spec;
  for (const [end, limit] of [
    ["Complete", successfulJobsHistoryLimit],
    ["Failed", failedJobsHistoryLimit],
  ] as const) {
    const finished = jobs.filter((job) => endOf(job) === end && !isTerminating(job)).toSorted(byStart);
    for (const job of finished.slice(0, Math.max(0, finished.length - limit)))
      await removeJob(cronJob, job, context);
  }
}

const startOf = (job: Job): string => job.status?.startTime ?? job.metadata.creationTimestamp ?? "";
const byStart = (a: Job, b: Job): number =>
  startOf(a) === startOf(b) ? (keyOf(a) < keyOf(b) ? -1 : 1) : startOf(a) < startOf(b) ? -1 : 1;

async function removeJob(cronJob: CronJob, job: Job, context: ControllerContext): Promise<void> {
  await context.write.delete(job);
  context.events.normal(cronJob, "SuccessfulDelete", `Deleted job ${job.metadata.name}`);
}

async function startWhatIsDue(cronJob: CronJob, context: ControllerContext): Promise<number | undefined> {
  const { spec, status } = cronJob;
  const now = context.clock.now();
  if (spec.timeZone !== undefined && !isTimeZone(spec.timeZone)) {
    context.events.warning(
      cronJob,
      "UnknownTimeZone",
      `invalid timeZone: ${JSON.stringify(spec.timeZone)}: unknown time zone ${spec.timeZone}`,
    );
    return undefined;
  }
  const deadline =
    spec.startingDeadlineSeconds === undefined ? undefined : spec.startingDeadlineSeconds * 1000;
  const since = Date.parse(status?.lastScheduleTime ?? cronJob.metadata.creationTimestamp ?? "");
  let due: DueTimes;
  try {
    due = dueTimes(
      spec.schedule,
      spec.timeZone,
      deadline === undefined ? since : Math.max(since, now - deadline),
      now,
    );
  } catch (error) {
    context.events.warning(
      cronJob,
      "UnparseableSchedule",
      `unparseable schedule: ${spec.schedule} : ${(error as Error).message}`,
    );
    return undefined;
  }
  const again = due.next === undefined ? undefined : due.next - now;
  if (due.missed > 100)
    context.events.warning(
      cronJob,
      "TooManyMissedTimes",
      "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew",
    );
  if (due.last !== undefined) await start(cronJob, due.last, context);
  return again;
}

async function start(cronJob: CronJob, at: number, context: ControllerContext): Promise<void> {
  const active = cronJob.status?.active ?? [];
  const name = `${cronJob.metadata.name}-${Math.floor(at / 60_000)}`;
  const policy = cronJob.spec.concurrencyPolicy ?? "Allow";
  const store = context.store<Job>("batch/v1", "Job");
  const ref = { apiVersion: "batch/v1", kind: "Job", name, namespace: cronJob.metadata.namespace };
  let job = store.get(`${ref.namespace}/${name}`);
  if (job === undefined) {
    if (policy === "Forbid" && active.length > 0) {
      context.events.normal(
        cronJob,
        "JobAlreadyActive",
        "Not starting job because prior execution is running and concurrency policy is Forbid",
      );
      return;
    }
    if (policy === "Replace")
      for (const entry of active) {
        const running = store.get(`${ref.namespace}/${String(entry["name"])}`);
        if (running) await removeJob(cronJob, running, context);
      }
    try {
      job = await context.write.create(jobFor(cronJob, name, at));
      context.events.normal(cronJob, "SuccessfulCreate", `Created job ${name}`);
    } catch (error) {
      if (isNamespaceTerminating(error)) return;
      if (!isAlreadyExists(error)) {
        context.events.warning(cronJob, "FailedCreate", `Error creating job: ${(error as Error).message}`);
        throw error;
      }
      job = await context.client.find<Job>(ref);
    }
  }
  if (job && !isControlledBy(job, cronJob)) {
    context.events.warning(
      cronJob,
      "FailedCreate",
      `Error creating job: jobs.batch "${name}" already exists`,
    );
  }
  const latest = context.store<CronJob>("batch/v1", "CronJob").get(keyOf(cronJob)) ?? cronJob;
  const running = runningOf(store.controlledBy(cronJob.metadata.uid!));
  const status = { ...latest.status, active: running, lastScheduleTime: timeOf(at) };
  await writeStatus(latest, status, context).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
}

function jobFor(cronJob: CronJob, name: string, at: number): Job {
  const { metadata, spec } = cronJob.spec.jobTemplate;
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name,
      namespace: cronJob.metadata.namespace,
      labels: { ...metadata?.labels },
      annotations: {
        ...metadata?.annotations,
        "batch.kubernetes.io/cronjob-scheduled-timestamp": timeOf(at),
      },
      ownerReferences: [controllerReference(cronJob)],
    },
    spec: structuredClone(spec),
  };
}
