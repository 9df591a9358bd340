import { isActive, isFinished, type Pod } from "../objects/Pod.ts";
import type { Job } from "../objects/workloads.ts";
import type { ControllerContext } from "../runtime/Controller.ts";
import { indexOf, parseIndexes } from "./indexes.ts";
import { failureCountOf, finishedAt, hasFailed, hasSucceeded, isIndexed, isTracked } from "./jobPods.ts";

/** As many pods at a time as Kubernetes makes in one pass. */
const burst = 500;

/** How many pods a job should have now. */
function wantedOf(job: Job, active: number): number {
  const { parallelism = 1, completions } = job.spec;
  const succeeded = job.status?.succeeded ?? 0;
  // Without a number of completions one success means that the work is done: those that run may end.
  if (completions === undefined) return succeeded > 0 ? Math.min(active, parallelism) : parallelism;
  return Math.max(0, Math.min(completions - succeeded, parallelism));
}

/** Pods that are too many, or whose index is done. */
export function surplusOf(job: Job, pods: readonly Pod[]): Pod[] {
  const active = pods.filter(isActive);
  const wanted = wantedOf(job, active.length);
  if (!isIndexed(job))
    return active.length > wanted ? active.toSorted(byReadiness).slice(0, active.length - wanted) : [];
  const done = new Set([
    ...parseIndexes(job.status?.completedIndexes),
    ...parseIndexes(job.status?.failedIndexes),
  ]);
  const taken = new Set<number>();
  const surplus: Pod[] = [];
  for (const pod of active.toSorted((a, b) => (indexOf(a) ?? -1) - (indexOf(b) ?? -1))) {
    const index = indexOf(pod);
    if (
      index === undefined ||
      index >= (job.spec.completions ?? 0) ||
      done.has(index) ||
      taken.has(index) ||
      taken.size >= wanted
    )
      surplus.push(pod);
    else taken.add(index);
  }
  return surplus;
}

const byReadiness = (a: Pod, b: Pod): number =>
  Number(a.status?.phase === "Running") - Number(b.status?.phase === "Running");

/** What is missing: for an indexed job which indexes, with how often each failed. */
export function podsToMake(job: Job, pods: readonly Pod[]): { index?: number; failures: number }[] {
  const active = pods.filter(isActive);
  const there = pods.filter((pod) => isActive(pod) || stillCounts(job, pod));
  const missing = Math.min(burst, wantedOf(job, active.length) - there.length);
  if (missing <= 0) return [];
  if (!isIndexed(job)) return Array.from({ length: missing }, () => ({ failures: 0 }));
  const busy = new Set(there.map(indexOf));
  const done = new Set([
    ...parseIndexes(job.status?.completedIndexes),
    ...parseIndexes(job.status?.failedIndexes),
  ]);
  const wanted: { index: number; failures: number }[] = [];
  for (let index = 0; index < (job.spec.completions ?? 0) && wanted.length < missing; index += 1)
    if (!busy.has(index) && !done.has(index)) wanted.push({ index, failures: failuresOf(job, index, pods) });
  return wanted;
}

/** Whether a pod that runs no more keeps its place: its end is not counted yet, or it has not ended and the job minds two at once. */
const stillCounts = (job: Job, pod: Pod): boolean =>
  isFinished(pod) ? isTracked(pod) : job.spec.podReplacementPolicy === "Failed";

function failuresOf(job: Job, index: number, pods: readonly Pod[]): number {
  const failed = pods.filter((pod) => indexOf(pod) === index && hasFailed(pod, job));
  return failed.length === 0 ? 0 : Math.max(...failed.map(failureCountOf)) + 1;
}

/** Milliseconds before the next pod may be made: failures in a row, since the last success, make it longer. */
export function backoffOf(pods: readonly Pod[], context: ControllerContext): number {
  const { initial, max } = context.options.jobBackoff ?? { initial: 10_000, max: 600_000 };
  const success = Math.max(0, ...pods.filter(hasSucceeded).map(finishedAt));
  // Only pods that failed by themselves, not those that somebody deleted.
  const failures = pods
    .filter((pod) => pod.status?.phase === "Failed")
    .map(finishedAt)
    .filter((time) => time > success);
  if (failures.length === 0) return 0;
  const delay = Math.min(max, initial * 2 ** Math.min(30, failures.length - 1));
  return Math.max(0, Math.max(...failures) + delay - context.clock.now());
}
