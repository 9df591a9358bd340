import { isActive, isReady, isTerminating, type Pod } from "../objects/Pod.ts";
import type { Job, PodFailureRule } from "../objects/workloads.ts";
import { indexOf, parseIndexes } from "./indexes.ts";

/** What a Job's pods amount to. */
export interface JobTally {
  readonly active: readonly Pod[];
  readonly terminating: number;
  readonly ready: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly completedIndexes: ReadonlySet<number>;
  readonly failedIndexes: ReadonlySet<number>;
}

export type Verdict =
  | { readonly type: "runs" }
  | { readonly type: "succeeds"; readonly reason: string; readonly message: string }
  | { readonly type: "fails"; readonly reason: string; readonly message: string };

export const isIndexed = (job: Job): boolean => job.spec.completionMode === "Indexed";

export function tallyOf(job: Job, pods: readonly Pod[]): JobTally {
  const succeededPods = pods.filter((pod) => pod.status?.phase === "Succeeded");
  const failedPods = pods.filter((pod) => pod.status?.phase === "Failed");
  const counted = failedPods.filter((pod) => ruleFor(job, pod)?.action !== "Ignore");
  const completedIndexes = new Set([
    ...parseIndexes(job.status?.completedIndexes),
    ...succeededPods
      .map(indexOf)
      .filter((index) => index !== undefined && index < (job.spec.completions ?? 1)),
  ] as number[]);
  const active = pods.filter(isActive);
  return {
    active,
    terminating: pods.filter(
      (pod) => isTerminating(pod) && !succeededPods.includes(pod) && !failedPods.includes(pod),
    ).length,
    ready: active.filter(isReady).length,
    // Pods that somebody deleted after they were counted stay counted.
    succeeded: isIndexed(job)
      ? completedIndexes.size
      : Math.max(succeededPods.length, job.status?.succeeded ?? 0),
    failed: Math.max(counted.length, job.status?.failed ?? 0),
    completedIndexes,
    failedIndexes: failedIndexesOf(job, counted, completedIndexes),
  };
}

function failedIndexesOf(job: Job, failed: readonly Pod[], completed: ReadonlySet<number>): Set<number> {
  const limit = job.spec.backoffLimitPerIndex;
  const result = parseIndexes(job.status?.failedIndexes);
  if (limit === undefined) return result;
  const counts = new Map<number, number>();
  for (const pod of failed) {
    const index = indexOf(pod);
    if (index === undefined || completed.has(index)) continue;
    const count = (counts.get(index) ?? 0) + 1;
    counts.set(index, count);
    if (count > limit || ruleFor(job, pod)?.action === "FailIndex") result.add(index);
  }
  return result;
}

/** Whether the Job is over, and how. The wording is Kubernetes'. */
export function judge(job: Job, pods: readonly Pod[], tally: JobTally, now: number): Verdict {
  const {
    completions,
    backoffLimit = 6,
    activeDeadlineSeconds,
    backoffLimitPerIndex,
    maxFailedIndexes,
  } = job.spec;
  const broken = pods.find(
    (pod) => pod.status?.phase === "Failed" && ruleFor(job, pod)?.action === "FailJob",
  );
  if (broken)
    return {
      type: "fails",
      reason: "PodFailurePolicy",
      message: `Pod ${broken.metadata.namespace}/${broken.metadata.name} failed matching a FailJob rule`,
    };
  const restarts = tally.active
    .flatMap((pod) => pod.status?.containerStatuses ?? [])
    .reduce((sum, status) => sum + (status.restartCount ?? 0), 0);
  const restarted =
    job.spec.template.spec.restartPolicy === "OnFailure" &&
    (backoffLimit === 0 ? restarts > 0 : restarts >= backoffLimit);
  if (backoffLimitPerIndex === undefined && (tally.failed > backoffLimit || restarted))
    return {
      type: "fails",
      reason: "BackoffLimitExceeded",
      message: "Job has reached the specified backoff limit",
    };
  const started = Date.parse(job.status?.startTime ?? "");
  if (
    activeDeadlineSeconds !== undefined &&
    !job.spec.suspend &&
    now >= started + activeDeadlineSeconds * 1000
  )
    return {
      type: "fails",
      reason: "DeadlineExceeded",
      message: "Job was active longer than specified deadline",
    };
  if (maxFailedIndexes !== undefined && tally.failedIndexes.size > maxFailedIndexes)
    return {
      type: "fails",
      reason: "MaxFailedIndexesExceeded",
      message: "Job has exceeded the specified maximal number of failed indexes",
    };
  if (
    tally.failedIndexes.size > 0 &&
    tally.failedIndexes.size + tally.completedIndexes.size >= (completions ?? 1)
  )
    return { type: "fails", reason: "FailedIndexes", message: "Job has failed indexes" };
  const complete =
    completions === undefined || completions === null
      ? tally.succeeded > 0 && tally.active.length === 0
      : tally.succeeded >= completions;
  if (complete)
    return {
      type: "succeeds",
      reason: "CompletionsReached",
      message: "Reached expected number of succeeded pods",
    };
  return { type: "runs" };
}

function ruleFor(job: Job, pod: Pod): PodFailureRule | undefined {
  return job.spec.podFailurePolicy?.rules.find((rule) => {
    if (rule.onExitCodes) {
      const { containerName, operator, values } = rule.onExitCodes;
      return (pod.status?.containerStatuses ?? []).some((status) => {
        const code = status.state?.terminated?.exitCode;
        if (code === undefined || code === 0 || (containerName && containerName !== status.name))
          return false;
        return operator === "In" ? values.includes(code) : !values.includes(code);
      });
    }
    return (rule.onPodConditions ?? []).some((wanted) =>
      pod.status?.conditions?.some(
        (entry) => entry.type === wanted.type && entry.status === (wanted.status ?? "True"),
      ),
    );
  });
}

/** Milliseconds until the next pod may be made: 10 s after a first failure, doubled by each further one, at most ten minutes. */
export function backoffOf(pods: readonly Pod[], now: number): number {
  const finishedAt = (pod: Pod): number =>
    Math.max(
      0,
      ...(pod.status?.containerStatuses ?? []).map(
        (status) => Date.parse(status.state?.terminated?.finishedAt ?? "") || 0,
      ),
    ) ||
    Date.parse(pod.metadata.creationTimestamp ?? "") ||
    0;
  const lastSuccess = Math.max(0, ...pods.filter((pod) => pod.status?.phase === "Succeeded").map(finishedAt));
  const failures = pods
    .filter((pod) => pod.status?.phase === "Failed")
    .map(finishedAt)
    .filter((time) => time > lastSuccess);
  if (failures.length === 0) return 0;
  const delay = Math.min(600_000, 10_000 * 2 ** (failures.length - 1));
  return Math.max(0, Math.max(...failures) + delay - now);
}
