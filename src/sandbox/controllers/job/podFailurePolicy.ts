import { conditionOf } from "../objects/Condition.ts";
import type { Pod } from "../objects/Pod.ts";
import type { Job, PodFailureRule } from "../objects/workloads.ts";

/** What says that the whole job fails: the pod that a `FailJob` rule meets, as Kubernetes words it. */
export function failingPodOf(job: Job, pods: readonly Pod[]): string | undefined {
  for (const pod of pods) {
    const match = pod.status?.phase === "Failed" ? ruleFor(job, pod) : undefined;
    if (match?.rule.action === "FailJob") return `${match.why} matching FailJob rule at index ${match.index}`;
  }
  return undefined;
}

/** Whether a failed pod does not count against the back-off limit. */
export const isIgnored = (job: Job, pod: Pod): boolean =>
  pod.status?.phase === "Failed" && ruleFor(job, pod)?.rule.action === "Ignore";

/** The first rule of the job's `podFailurePolicy` that a failed pod meets. */
function ruleFor(job: Job, pod: Pod): { rule: PodFailureRule; index: number; why: string } | undefined {
  for (const [index, rule] of (job.spec.podFailurePolicy?.rules ?? []).entries()) {
    const why = whyItMeets(rule, pod);
    if (why !== undefined) return { rule, index, why };
  }
  return undefined;
}

function whyItMeets(rule: PodFailureRule, pod: Pod): string | undefined {
  const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
  const { onExitCodes: codes, onPodConditions: wanted } = rule;
  for (const { type, status = "True" } of wanted ?? [])
    if (conditionOf(pod.status?.conditions, type)?.status === status)
      return `Pod ${name} has condition ${type}`;
  if (codes === undefined) return undefined;
  for (const container of [
    ...(pod.status?.containerStatuses ?? []),
    ...(pod.status?.initContainerStatuses ?? []),
  ]) {
    const exitCode = container.state?.terminated?.exitCode ?? 0;
    if (exitCode === 0 || (codes.containerName !== undefined && codes.containerName !== container.name))
      continue;
    if (codes.values.includes(exitCode) === (codes.operator === "In"))
      return `Container ${container.name} for pod ${name} failed with exit code ${exitCode}`;
  }
  return undefined;
}
