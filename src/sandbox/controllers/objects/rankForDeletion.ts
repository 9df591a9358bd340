import { isReady, type Pod } from "./Pod.ts";

const phases: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 };
const cost = (pod: Pod): number =>
  Number(pod.metadata.annotations?.["controller.kubernetes.io/pod-deletion-cost"] ?? 0) || 0;
const restarts = (pod: Pod): number =>
  (pod.status?.containerStatuses ?? []).reduce((sum, status) => sum + (status.restartCount ?? 0), 0);
const readySince = (pod: Pod): string =>
  pod.status?.conditions?.find((entry) => entry.type === "Ready")?.lastTransitionTime ?? "";

/** The pod that is missed least comes first: the order of Kubernetes' `ActivePodsWithRanks`, without its spreading over nodes. */
export function rankForDeletion(pods: readonly Pod[]): Pod[] {
  return pods.toSorted(
    (a, b) =>
      Number(a.spec.nodeName !== undefined) - Number(b.spec.nodeName !== undefined) ||
      (phases[a.status?.phase ?? "Pending"] ?? 0) - (phases[b.status?.phase ?? "Pending"] ?? 0) ||
      Number(isReady(a)) - Number(isReady(b)) ||
      cost(a) - cost(b) ||
      newerFirst(readySince(a), readySince(b)) ||
      restarts(b) - restarts(a) ||
      newerFirst(a.metadata.creationTimestamp ?? "", b.metadata.creationTimestamp ?? "") ||
      (a.metadata.name! < b.metadata.name! ? -1 : 1),
  );
}

const newerFirst = (a: string, b: string): number => (a === b ? 0 : a > b ? -1 : 1);
