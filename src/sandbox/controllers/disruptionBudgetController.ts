import type { KubeObject } from "../../contract/index.ts";
import { withCondition, type Condition } from "./objects/Condition.ts";
import { controllerOf, keyOf } from "./objects/controllerRef.ts";
import { isEqual } from "./objects/hash.ts";
import { selects, type LabelSelector } from "./objects/LabelSelector.ts";
import { isFinished, isReady, isTerminating, type Pod } from "./objects/Pod.ts";
import { scaledValue, type Deployment, type ReplicaSet, type StatefulSet } from "./objects/workloads.ts";
import type { Controller, ControllerContext } from "./runtime/Controller.ts";

interface DisruptionBudget extends KubeObject {
  spec: { selector?: LabelSelector; minAvailable?: number | string; maxUnavailable?: number | string };
  status?: {
    observedGeneration?: number;
    disruptionsAllowed: number;
    currentHealthy: number;
    desiredHealthy: number;
    expectedPods: number;
    conditions?: Condition[];
  };
}

const budgets = (context: ControllerContext) =>
  context.store<DisruptionBudget>("policy/v1", "PodDisruptionBudget");
const inNamespaceOf = (object: KubeObject, context: ControllerContext): string[] =>
  budgets(context).list(object.metadata.namespace).map(keyOf);

/** Says how many pods may be taken away now. */
export const disruptionBudgetController: Controller = {
  name: "disruption-controller",
  watches: [
    { apiVersion: "policy/v1", kind: "PodDisruptionBudget" },
    { apiVersion: "v1", kind: "Pod", keys: inNamespaceOf },
    { apiVersion: "apps/v1", kind: "Deployment", keys: inNamespaceOf },
    { apiVersion: "apps/v1", kind: "ReplicaSet", keys: inNamespaceOf },
    { apiVersion: "apps/v1", kind: "StatefulSet", keys: inNamespaceOf },
  ],
  async reconcile(key, context) {
    const budget = budgets(context).get(key);
    if (budget === undefined || isTerminating(budget)) return;
    const { selector, minAvailable, maxUnavailable } = budget.spec;
    const pods = context
      .store<Pod>("v1", "Pod")
      .list(budget.metadata.namespace)
      .filter((pod) => selects(selector, pod.metadata.labels) && !isFinished(pod));
    const currentHealthy = pods.filter((pod) => isReady(pod) && !isTerminating(pod)).length;
    // A plain number of pods that must be there says nothing of how many there should be.
    const expectedPods = typeof minAvailable === "number" ? pods.length : wantedBehind(pods, context);
    const desiredHealthy =
      maxUnavailable === undefined
        ? scaledValue(minAvailable, expectedPods, true)
        : Math.max(0, expectedPods - scaledValue(maxUnavailable, expectedPods, true));
    const disruptionsAllowed = expectedPods > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0;
    const condition: Condition = {
      type: "DisruptionAllowed",
      status: disruptionsAllowed > 0 ? "True" : "False",
      reason: disruptionsAllowed > 0 ? "SufficientPods" : "InsufficientPods",
      message: "",
      observedGeneration: budget.metadata.generation,
    };
    const status = {
      ...budget.status,
      observedGeneration: budget.metadata.generation,
      disruptionsAllowed,
      currentHealthy,
      desiredHealthy,
      expectedPods,
      conditions: withCondition(budget.status?.conditions, condition, context.now()),
    };
    if (!isEqual(status, budget.status)) await context.write.replaceStatus(budget, status);
  },
};

/** How many pods those who made these want: each workload counts once; a pod of nobody counts itself. */
function wantedBehind(pods: readonly Pod[], context: ControllerContext): number {
  const wanted = new Map<string, number>();
  for (const pod of pods) {
    const owner = controllerOf(pod);
    const key = `${pod.metadata.namespace}/${owner?.name}`;
    const set =
      owner?.kind === "ReplicaSet"
        ? context.store<ReplicaSet>("apps/v1", "ReplicaSet").get(key)
        : owner?.kind === "StatefulSet"
          ? context.store<StatefulSet>("apps/v1", "StatefulSet").get(key)
          : undefined;
    const above = set && controllerOf(set);
    const deployment =
      above?.kind === "Deployment"
        ? context.store<Deployment>("apps/v1", "Deployment").get(`${pod.metadata.namespace}/${above.name}`)
        : undefined;
    const workload = deployment ?? set;
    if (workload) wanted.set(workload.metadata.uid!, workload.spec.replicas ?? 1);
    else wanted.set(pod.metadata.uid!, 1);
  }
  return [...wanted.values()].reduce((sum, count) => sum + count, 0);
}
