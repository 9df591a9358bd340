import type { Pod } from "./Pod.ts";
import { hasStableName } from "./ports.ts";

/**
 * Milliseconds that the object of a pod stays at least after its deletion was asked for, when another of the same name follows at once.
 * `kubectl delete --wait` asks once whether the pod is gone, and only then begins to watch: a successor that came in between makes it wait
 * until its timeout. A kubelet takes longer than that to end a pod; processes don't.
 */
export const shortestEnd = (pod: Pod): number =>
  hasStableName(pod) && (pod.metadata.deletionGracePeriodSeconds ?? 30) > 0 ? 1000 : 0;
