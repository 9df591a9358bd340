import { isFinished, isTerminating, type Pod } from "../objects/Pod.ts";
import { podOf } from "../objects/podOf.ts";
import type { Job } from "../objects/workloads.ts";
import { indexAnnotation } from "./indexes.ts";

/** Keeps a pod until its end has been counted. */
export const trackingFinalizer = "batch.kubernetes.io/job-tracking";
const failureCountAnnotation = "batch.kubernetes.io/job-index-failure-count";

export const isIndexed = (job: Job): boolean => job.spec.completionMode === "Indexed";

export const isTracked = (pod: Pod): boolean => pod.metadata.finalizers?.includes(trackingFinalizer) ?? false;

/** How often pods of this one's index had failed when it was made. */
export const failureCountOf = (pod: Pod): number =>
  Number(pod.metadata.annotations?.[failureCountAnnotation] ?? 0) || 0;

export const hasSucceeded = (pod: Pod): boolean => pod.status?.phase === "Succeeded";

/** A pod on its way out counts as failed at once, unless only failed pods are to be replaced. */
export const hasFailed = (pod: Pod, job: Job): boolean =>
  pod.status?.phase === "Failed" ||
  (job.spec.podReplacementPolicy !== "Failed" && isTerminating(pod) && !isFinished(pod));

/** When the last container of a finished pod ended, in milliseconds. */
export function finishedAt(pod: Pod): number {
  const ends = (pod.status?.containerStatuses ?? [])
    .map((status) => Date.parse(status.state?.terminated?.finishedAt ?? ""))
    .filter((time) => !Number.isNaN(time));
  if (ends.length > 0) return Math.max(...ends);
  const ready = pod.status?.conditions?.find((entry) => entry.type === "Ready")?.lastTransitionTime;
  return Date.parse(pod.metadata.deletionTimestamp ?? ready ?? pod.metadata.creationTimestamp ?? "") || 0;
}

/** Shortened so that the five letters that the server adds have room in 63. */
function generateNameOf(name: string, index: number): string {
  const end = `-${index}-`;
  return `${name.slice(0, 58 - end.length)}${end}`;
}

/** The pod of a job, or of one index of an indexed one. */
export function podOfJob(job: Job, index: number | undefined, failures: number): Pod {
  const name = job.metadata.name!;
  const pod = podOf(job.spec.template, job, {
    ...(index === undefined ? {} : { generateName: generateNameOf(name, index) }),
    labels: index === undefined ? {} : { [indexAnnotation]: String(index) },
  });
  pod.metadata.finalizers = [...new Set([...(pod.metadata.finalizers ?? []), trackingFinalizer])];
  if (index === undefined) return pod;
  pod.metadata.annotations = { ...pod.metadata.annotations, [indexAnnotation]: String(index) };
  if (job.spec.backoffLimitPerIndex !== undefined)
    pod.metadata.annotations[failureCountAnnotation] = String(failures);
  pod.spec.hostname ??= `${name}-${index}`;
  const variable = {
    name: "JOB_COMPLETION_INDEX",
    valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: `metadata.labels['${indexAnnotation}']` } },
  };
  for (const container of [...pod.spec.containers, ...(pod.spec.initContainers ?? [])])
    if (!container.env?.some((entry) => entry.name === variable.name))
      container.env = [...(container.env ?? []), variable];
  return pod;
}
