import type { Pod } from "../objects/Pod.ts";
import { isEqual } from "../objects/hash.ts";
import type { Job, JobStatus } from "../objects/workloads.ts";
import type { ControllerContext } from "../runtime/Controller.ts";
import { formatIndexes, indexOf, parseIndexes } from "./indexes.ts";
import {
  failureCountOf,
  hasFailed,
  hasSucceeded,
  isIndexed,
  isTracked,
  trackingFinalizer,
} from "./jobPods.ts";

/**
 * Counts each pod's end exactly once, whenever it is interrupted: first its uid is noted in the status, then its finalizer is removed, then the number goes up and
 * the note goes (as Kubernetes does). Returns the job with its counts as far as they are known now.
 */
export async function countEnds(
  job: Job,
  pods: readonly Pod[],
  write: (job: Job, status: JobStatus) => Promise<Job>,
  context: ControllerContext,
  ends: { readonly all?: boolean; readonly ignored?: (pod: Pod) => boolean } = {},
): Promise<Job> {
  const before = job.status?.uncountedTerminatedPods ?? {};
  const succeeded = new Set(before.succeeded);
  const failed = new Set(before.failed);
  const completed = parseIndexes(job.status?.completedIndexes);
  const failedIndexes = parseIndexes(job.status?.failedIndexes);
  const tracked = pods.filter(isTracked);
  const over: Pod[] = [];
  for (const pod of tracked) {
    const uid = pod.metadata.uid!;
    const index = indexOf(pod);
    if (succeeded.has(uid) || failed.has(uid)) over.push(pod);
    else if (hasSucceeded(pod)) {
      over.push(pod);
      if (!isIndexed(job)) succeeded.add(uid);
      else if (index !== undefined && index < (job.spec.completions ?? 0)) completed.add(index);
    } else if (hasFailed(pod, job) || ends.all) {
      over.push(pod);
      if (ends.ignored?.(pod)) continue;
      failed.add(uid);
      const limit = job.spec.backoffLimitPerIndex;
      if (limit !== undefined && index !== undefined && failureCountOf(pod) >= limit)
        failedIndexes.add(index);
    }
  }
  const noted: JobStatus = {
    ...job.status,
    uncountedTerminatedPods: listed(succeeded, failed),
    ...(isIndexed(job)
      ? {
          completedIndexes: formatIndexes(completed),
          succeeded: completed.size,
          ...(job.spec.backoffLimitPerIndex === undefined
            ? {}
            : { failedIndexes: formatIndexes(failedIndexes) }),
        }
      : {}),
  };
  if (
    !isEqual(noted, {
      ...job.status,
      uncountedTerminatedPods: listed(new Set(before.succeeded), new Set(before.failed)),
    })
  )
    job = await write(job, noted);
  for (const pod of over) await letGo(pod, context);
  if (succeeded.size === 0 && failed.size === 0) return job;
  return write(job, {
    ...job.status,
    uncountedTerminatedPods: {},
    ...(isIndexed(job) || succeeded.size === 0
      ? {}
      : { succeeded: (job.status?.succeeded ?? 0) + succeeded.size }),
    ...(failed.size === 0 ? {} : { failed: (job.status?.failed ?? 0) + failed.size }),
  });
}

const listed = (succeeded: Set<string>, failed: Set<string>): JobStatus["uncountedTerminatedPods"] => ({
  ...(succeeded.size > 0 ? { succeeded: [...succeeded] } : {}),
  ...(failed.size > 0 ? { failed: [...failed] } : {}),
});

/** Removes our finalizer, so that the pod can be deleted. */
export async function letGo(pod: Pod, context: ControllerContext): Promise<void> {
  if (!isTracked(pod)) return;
  const finalizers = pod.metadata.finalizers!.filter((entry) => entry !== trackingFinalizer);
  const { uid, resourceVersion } = pod.metadata;
  await context.write.patchIfThere(pod, "merge", { metadata: { uid, resourceVersion, finalizers } });
}
