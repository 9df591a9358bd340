import { isNamespaceTerminating } from "../../../kube/KubeError.ts";
import { claim } from "../objects/claim.ts";
import { conditionOf, isTrue, withCondition, type Condition } from "../objects/Condition.ts";
import { controllerKeyOf } from "../objects/controllerRef.ts";
import { createInBatches } from "../objects/createInBatches.ts";
import { isEqual } from "../objects/hash.ts";
import { isActive, isFinished, isReady, isTerminating, type Pod } from "../objects/Pod.ts";
import { rankForDeletion } from "../objects/rankForDeletion.ts";
import { watchClaimed } from "../objects/watchClaimed.ts";
import type { Job, JobStatus } from "../objects/workloads.ts";
import type { Controller, ControllerContext } from "../runtime/Controller.ts";
import { countEnds, letGo } from "./countEnds.ts";
import { podOfJob } from "./jobPods.ts";
import { deadlineOf, outcomeOf, type Outcome } from "./outcome.ts";
import { isIgnored } from "./podFailurePolicy.ts";
import { backoffOf, podsToMake, surplusOf } from "./podsToMake.ts";

/** Runs pods until enough have succeeded. */
export const jobController: Controller = {
  name: "job-controller",
  watches: [
    { apiVersion: "batch/v1", kind: "Job" },
    watchClaimed({ apiVersion: "v1", kind: "Pod" }, { apiVersion: "batch/v1", kind: "Job" }),
  ],
  async reconcile(key, context) {
    const job = context.store<Job>("batch/v1", "Job").get(key);
    if (job === undefined) {
      await letGoOrphans(key, context);
      return undefined;
    }
    if (job.spec.selector === undefined || (job.spec.managedBy ?? ours) !== ours) return undefined;
    return isTerminating(job) ? letGoAll(job, context) : sync(job, context);
  },
};

const ours = "kubernetes.io/job-controller";

async function sync(job: Job, context: ControllerContext): Promise<number | undefined> {
  const store = context.store<Pod>("v1", "Pod");
  const pods = await claim(job, job.spec.selector, store, context);
  if (isOver(job)) return clearAway(job, pods, context);
  const write = (of: Job, status: JobStatus): Promise<Job> =>
    isEqual(of.status ?? {}, status) ? Promise.resolve(of) : context.write.replaceStatus(of, status);

  if (!job.spec.suspend && job.status?.startTime === undefined)
    job = await write(job, { ...job.status, startTime: context.now() });
  job = await countEnds(job, pods, write, context, { ignored: (pod) => isIgnored(job, pod) });

  const live = (): Pod[] => store.controlledBy(job.metadata.uid!);
  const decided = decisionOf(job) ?? outcomeOf(job, live(), context.clock.now());
  let again: number | undefined;
  let failure: unknown;
  if (decided) {
    job = await announce(job, decided, write, context);
    await remove(job, live().filter(isActive), context);
  } else if (job.spec.suspend) {
    await remove(job, live().filter(isActive), context);
  } else {
    await remove(job, surplusOf(job, live()), context);
    const backoff = backoffOf(live(), context);
    if (backoff > 0 && podsToMake(job, live()).length > 0) again = backoff;
    else failure = await makePods(job, podsToMake(job, live()), context);
  }
  // What was just deleted counts as failed already when it is replaced; nothing of a job that ends is replaced.
  job = await countEnds(job, live(), write, context, {
    ignored: (pod) => isIgnored(job, pod) || decided !== undefined,
  });
  job = await write(job, finalStatus(job, live(), decided, context));
  if (isOver(job) && decided)
    if (decided.kind === "succeeds") context.events.normal(job, "Completed", "Job completed");
    else context.events.warning(job, decided.reason, decided.message);
  if (failure !== undefined && !isNamespaceTerminating(failure)) throw failure;
  if (isOver(job)) return clearAway(job, live(), context);
  const deadline = deadlineOf(job);
  const waits = [again, deadline === undefined ? undefined : Math.max(0, deadline - context.clock.now())];
  return waits.reduce(
    (least, wait) => (wait === undefined || (least ?? Infinity) < wait ? least : wait),
    undefined,
  );
}

const isOver = ({ status }: Job): boolean =>
  isTrue(status?.conditions, "Complete") || isTrue(status?.conditions, "Failed");

/** What was decided before: it holds, whatever the pods do then. */
function decisionOf({ status }: Job): Outcome | undefined {
  for (const [type, kind] of [
    ["FailureTarget", "fails"],
    ["SuccessCriteriaMet", "succeeds"],
  ] as const) {
    const condition = conditionOf(status?.conditions, type);
    if (condition?.status === "True")
      return { kind, reason: condition.reason ?? "", message: condition.message ?? "" };
  }
  return undefined;
}

/** Tells the decision before anything is deleted for it. */
async function announce(
  job: Job,
  outcome: Outcome,
  write: (job: Job, status: JobStatus) => Promise<Job>,
  context: ControllerContext,
): Promise<Job> {
  if (decisionOf(job)) return job;
  const type = outcome.kind === "fails" ? "FailureTarget" : "SuccessCriteriaMet";
  return write(job, { ...job.status, conditions: conditionsWith(job, type, outcome, context) });
}

function conditionsWith(
  job: Job,
  type: string,
  { reason, message, status = "True" }: { reason: string; message: string; status?: Condition["status"] },
  context: ControllerContext,
): Condition[] {
  const now = context.now();
  const before = conditionOf(job.status?.conditions, type);
  if (before?.status === status) return job.status!.conditions!;
  return withCondition(job.status?.conditions, { type, status, reason, message, lastProbeTime: now }, now);
}

function finalStatus(
  job: Job,
  pods: readonly Pod[],
  decided: Outcome | undefined,
  context: ControllerContext,
): JobStatus {
  const active = pods.filter(isActive);
  const terminating = pods.filter((pod) => isTerminating(pod) && !isFinished(pod)).length;
  const status: JobStatus = {
    ...job.status,
    uncountedTerminatedPods: job.status?.uncountedTerminatedPods ?? {},
    active: active.length > 0 ? active.length : undefined,
    ready: active.filter(isReady).length,
    terminating,
  };
  // The end is told when the last pod has ended: who waits for it may start what needs the same files.
  if (decided && active.length === 0 && terminating === 0) {
    const type = decided.kind === "fails" ? "Failed" : "Complete";
    const conditions = conditionsWith(job, type, decided, context);
    return { ...status, conditions, ...(type === "Complete" ? { completionTime: context.now() } : {}) };
  }
  const suspended = isTrue(job.status?.conditions, "Suspended");
  if (job.spec.suspend && !suspended && !decided) {
    context.events.normal(job, "Suspended", "Job suspended");
    const why = { reason: "JobSuspended", message: "Job suspended" };
    return { ...status, startTime: undefined, conditions: conditionsWith(job, "Suspended", why, context) };
  }
  if (!job.spec.suspend && suspended) {
    context.events.normal(job, "Resumed", "Job resumed");
    const why = { reason: "JobResumed", message: "Job resumed", status: "False" as const };
    return {
      ...status,
      startTime: context.now(),
      conditions: conditionsWith(job, "Suspended", why, context),
    };
  }
  return status;
}

async function makePods(
  job: Job,
  wanted: readonly { index?: number; failures: number }[],
  context: ControllerContext,
): Promise<unknown> {
  const { error } = await createInBatches(wanted.length, async (position) => {
    const { index, failures } = wanted[position]!;
    const pod = await context.write.create(podOfJob(job, index, failures));
    context.events.normal(job, "SuccessfulCreate", `Created pod: ${pod.metadata.name}`);
  });
  if (error !== undefined && !isNamespaceTerminating(error))
    context.events.warning(job, "FailedCreate", `Error creating: ${(error as Error).message}`);
  return error;
}

async function remove(job: Job, pods: readonly Pod[], context: ControllerContext): Promise<void> {
  for (const pod of rankForDeletion(pods)) {
    await context.write.delete(pod);
    context.events.normal(job, "SuccessfulDelete", `Deleted pod: ${pod.metadata.name}`);
  }
}

/** A finished job keeps its pods until it goes itself, some time after its end when it says so. */
async function clearAway(
  job: Job,
  pods: readonly Pod[],
  context: ControllerContext,
): Promise<number | undefined> {
  await remove(job, pods.filter(isActive), context);
  for (const pod of pods) await letGo(pod, context);
  const ttl = job.spec.ttlSecondsAfterFinished;
  if (ttl === undefined) return undefined;
  const end = (job.status?.conditions ?? []).find(
    (entry) => (entry.type === "Complete" || entry.type === "Failed") && entry.status === "True",
  );
  const wait = Date.parse(end?.lastTransitionTime ?? "") + ttl * 1000 - context.clock.now();
  if (wait > 0) return wait;
  await context.write.delete(job, { propagation: "Foreground" });
  return undefined;
}

async function letGoAll(job: Job, context: ControllerContext): Promise<undefined> {
  for (const pod of context.store<Pod>("v1", "Pod").controlledBy(job.metadata.uid!))
    await letGo(pod, context);
}

/** Pods that outlived their job (it was deleted while nobody looked) are not to be kept by our finalizer. */
async function letGoOrphans(key: string, context: ControllerContext): Promise<void> {
  const [namespace] = key.split("/");
  for (const pod of context.store<Pod>("v1", "Pod").list(namespace))
    if (controllerKeyOf(pod, "Job").includes(key)) await letGo(pod, context);
}
