import { isFinished, isTerminating, type Pod } from "../objects/Pod.ts";
import type { Job } from "../objects/workloads.ts";
import { parseIndexes } from "./indexes.ts";
import { isIndexed } from "./jobPods.ts";
import { failingPodOf } from "./podFailurePolicy.ts";

/** Why a job is to end, in the words of Kubernetes. */
export interface Outcome {
  readonly kind: "succeeds" | "fails";
  readonly reason: string;
  readonly message: string;
}

/** What the counts, the pods and the time say: the job's end, or `undefined` while it goes on. */
export function outcomeOf(job: Job, pods: readonly Pod[], now: number): Outcome | undefined {
  const { spec, status = {} } = job;
  const active = pods.filter((pod) => !isFinished(pod) && !isTerminating(pod));
  const culprit = failingPodOf(job, pods);
  if (culprit) return fails("PodFailurePolicy", culprit);
  const completed = parseIndexes(status.completedIndexes);
  const failedIndexes = parseIndexes(status.failedIndexes);
  if (isIndexed(job) && completed.size < (spec.completions ?? 0)) {
    if (spec.maxFailedIndexes !== undefined && failedIndexes.size > spec.maxFailedIndexes)
      return fails(
        "MaxFailedIndexesExceeded",
        "Job has exceeded the specified maximal number of failed indexes",
      );
    if (failedIndexes.size > 0 && completed.size + failedIndexes.size >= (spec.completions ?? 0))
      return fails("FailedIndexes", "Job has failed indexes");
  }
  const succeeded = status.succeeded ?? 0;
  const complete =
    spec.completions === undefined ? succeeded > 0 && active.length === 0 : succeeded >= spec.completions;
  if (!complete || (succeeded === 0 && spec.completions !== 0)) {
    if ((status.failed ?? 0) > backoffLimitOf(job) || restartsExceed(job, active))
      return fails("BackoffLimitExceeded", "Job has reached the specified backoff limit");
    const deadline = deadlineOf(job);
    if (deadline !== undefined && now >= deadline)
      return fails("DeadlineExceeded", "Job was active longer than specified deadline");
  }
  return complete
    ? { kind: "succeeds", reason: "CompletionsReached", message: "Reached expected number of succeeded pods" }
    : undefined;
}

/** When an active job is over, in milliseconds since the epoch. */
export function deadlineOf({ spec, status }: Job): number | undefined {
  if (spec.activeDeadlineSeconds === undefined || status?.startTime === undefined || spec.suspend)
    return undefined;
  return Date.parse(status.startTime) + spec.activeDeadlineSeconds * 1000;
}

const fails = (reason: string, message: string): Outcome => ({ kind: "fails", reason, message });

const backoffLimitOf = ({ spec }: Job): number =>
  spec.backoffLimit ?? (spec.backoffLimitPerIndex === undefined ? 6 : Number.MAX_SAFE_INTEGER);

/** With restartPolicy OnFailure it is the containers' restarts that count. */
function restartsExceed(job: Job, active: readonly Pod[]): boolean {
  if (job.spec.template.spec.restartPolicy !== "OnFailure") return false;
  const limit = backoffLimitOf(job);
  const restarts = active
    .flatMap(({ status = {} }) => [
      ...(status.containerStatuses ?? []),
      ...(status.initContainerStatuses ?? []),
    ])
    .reduce((sum, status) => sum + (status.restartCount ?? 0), 0);
  return limit === 0 ? restarts > 0 : restarts >= limit;
}
