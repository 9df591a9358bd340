import type { KubeObject } from "../../contract/index.ts";
import { withCondition, type Condition } from "./objects/Condition.ts";
import { controllerOf, keyOf } from "./objects/controllerRef.ts";
import { isEqual } from "./objects/hash.ts";
import { selects, type LabelSelector } from "../LabelSelector.ts";
import { isReady, isTerminating, type Pod } from "./objects/Pod.ts";
import { scaledValue, type Deployment, type ReplicaSet, type StatefulSet } from "./objects/workloads.ts";
import type { Controller, ControllerContext } from "./runtime/Controller.ts";

interface DisruptionBudget extends KubeObject {
  spec: { selector?: LabelSelector; minAvailable?: number | string; maxUnavailable?: number | string };
  status?: {
    observedGeneration?: number;
    disruptedPods?: Record<string, string>;
    disruptionsAllowed: number;
    currentHealthy: number;
    desiredHealthy: number;
    expectedPods: number;
    conditions?: Condition[];
  };
}

/** Milliseconds in which a pod that was evicted has to be marked as going; after that it counts again. */
const deletionTimeout = 2 * 60_000;

const budgets = (context: ControllerContext) =>
  context.store<DisruptionBudget>("policy/v1", "PodDisruptionBudget");
const inNamespaceOf = (object: KubeObject, context: ControllerContext): string[] =>
  budgets(context).list(object.metadata.namespace).map(keyOf);

/** Says how many pods may be taken away now. (pkg/controller/disruption) */
export const disruptionBudgetController: Controller = {
  name: "disruption-controller",
  eventSource: "controllermanager",
  watches: [
    { apiVersion: "policy/v1", kind: "PodDisruptionBudget" },
    { apiVersion: "v1", kind: "Pod", keys: inNamespaceOf },
    { apiVersion: "apps/v1", kind: "Deployment", keys: inNamespaceOf },
    { apiVersion: "apps/v1", kind: "ReplicaSet", keys: inNamespaceOf },
    { apiVersion: "apps/v1", kind: "StatefulSet", keys: inNamespaceOf },
  ],
  async reconcile(key, context) {
    const budget = budgets(context).get(key);
    if (budget === undefined || isTerminating(budget)) return undefined;
    const pods = context
      .store<Pod>("v1", "Pod")
      .list(budget.metadata.namespace)
      .filter((pod) => selects(budget.spec.selector, pod.metadata.labels));
    if (pods.length === 0) context.events.normal(budget, "NoPods", "No matching pods found");
    const wanted = await wantedBy(budget, pods, context);
    if ("problem" in wanted) {
      context.events.warning(
        budget,
        "CalculateExpectedPodCountFailed",
        `Failed to calculate the number of expected pods: ${wanted.problem}`,
      );
      return failSafe(budget, wanted.problem, context);
    }
    const { expectedPods, desiredHealthy } = wanted;
    const { disruptedPods, recheck } = stillDisrupted(budget, pods, context);
    const currentHealthy = pods.filter(
      (pod) => !isTerminating(pod) && disruptedPods[pod.metadata.name!] === undefined && isReady(pod),
    ).length;
    const disruptionsAllowed = expectedPods > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0;
    const { generation } = budget.metadata;
    const condition: Condition = {
      type: "DisruptionAllowed",
      status: disruptionsAllowed > 0 ? "True" : "False",
      reason: disruptionsAllowed > 0 ? "SufficientPods" : "InsufficientPods",
      message: "",
      observedGeneration: generation,
    };
    const status = {
      ...(Object.keys(disruptedPods).length > 0 ? { disruptedPods } : {}),
      observedGeneration: generation,
      disruptionsAllowed,
      currentHealthy,
      desiredHealthy,
      expectedPods,
      conditions: withCondition(budget.status?.conditions, condition, context.now()),
    };
    if (!isEqual(status, budget.status)) await context.write.replaceStatus(budget, status);
    return recheck;
  },
};

/** Evicted pods that are not marked as going yet; one that never is counts again after a while. */
function stillDisrupted(
  budget: DisruptionBudget,
  pods: readonly Pod[],
  context: ControllerContext,
): { disruptedPods: Record<string, string>; recheck: number | undefined } {
  const disruptedPods: Record<string, string> = {};
  const left: number[] = [];
  for (const pod of pods) {
    const since = budget.status?.disruptedPods?.[pod.metadata.name!];
    if (since === undefined || isTerminating(pod)) continue;
    const due = Date.parse(since) + deletionTimeout - context.clock.now();
    if (due < 0) {
      const { namespace } = budget.metadata;
      context.events.warning(
        pod,
        "NotDeleted",
        `Pod was expected by PDB ${namespace}/${namespace} to be deleted but it wasn't`,
      );
      continue;
    }
    disruptedPods[pod.metadata.name!] = since;
    left.push(due + 1);
  }
  return { disruptedPods, recheck: left.length > 0 ? Math.min(...left) : undefined };
}

type Wanted = { expectedPods: number; desiredHealthy: number } | { problem: string };

async function wantedBy(
  { spec: { minAvailable, maxUnavailable } }: DisruptionBudget,
  pods: readonly Pod[],
  context: ControllerContext,
): Promise<Wanted> {
  // A plain number of pods that must be there says nothing of how many there should be.
  if (maxUnavailable === undefined && typeof minAvailable === "number")
    return { expectedPods: pods.length, desiredHealthy: minAvailable };
  if (maxUnavailable === undefined && minAvailable === undefined)
    return { expectedPods: 0, desiredHealthy: 0 };
  const scale = await scaleBehind(pods, context);
  if (typeof scale === "string") return { problem: scale };
  const desiredHealthy =
    maxUnavailable === undefined
      ? scaledValue(minAvailable, scale, true)
      : Math.max(0, scale - scaledValue(maxUnavailable, scale, true));
  return { expectedPods: scale, desiredHealthy };
}

/** How many pods those who made these want, each once; a pod of nobody does not count. Or what is in the way. */
async function scaleBehind(pods: readonly Pod[], context: ControllerContext): Promise<number | string> {
  const wanted = new Map<string, number>();
  const known = new Set<string>();
  for (const pod of pods) {
    const owner = controllerOf(pod);
    if (owner === undefined || known.has(owner.uid)) continue;
    known.add(owner.uid);
    const found = await scaleOf(owner, pod.metadata.namespace!, context);
    if (found === undefined) return `found no controllers for pod ${JSON.stringify(pod.metadata.name)}`;
    if (typeof found === "string") return found;
    wanted.set(found.uid, found.replicas);
  }
  return [...wanted.values()].reduce((sum, count) => sum + count, 0);
}

interface Scale {
  readonly uid: string;
  readonly replicas: number;
}

async function scaleOf(
  owner: { apiVersion: string; kind: string; name: string; uid: string },
  namespace: string,
  context: ControllerContext,
): Promise<Scale | string | undefined> {
  const key = `${namespace}/${owner.name}`;
  const set =
    owner.kind === "ReplicaSet"
      ? context.store<ReplicaSet>("apps/v1", "ReplicaSet").get(key)
      : owner.kind === "StatefulSet"
        ? context.store<StatefulSet>("apps/v1", "StatefulSet").get(key)
        : undefined;
  if (set === undefined) return scaleAsked(owner, namespace, context);
  const above = controllerOf(set);
  const deployment =
    above?.kind === "Deployment"
      ? context.store<Deployment>("apps/v1", "Deployment").get(`${namespace}/${above.name}`)
      : undefined;
  const workload = deployment ?? set;
  return { uid: workload.metadata.uid!, replicas: workload.spec.replicas ?? 1 };
}

/** Of a custom kind, by its scale subresource. */
async function scaleAsked(
  { apiVersion, kind, name, uid }: { apiVersion: string; kind: string; name: string; uid: string },
  namespace: string,
  { client }: ControllerContext,
): Promise<Scale | string | undefined> {
  const { group, plural, version } = await client.kindOf({ apiVersion, kind });
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const response = await client.transport.send({
    method: "GET",
    path: `${root}/namespaces/${namespace}/${plural}/${name}/scale`,
  });
  const text = await response.text();
  if (response.status === 404 && (await client.find({ apiVersion, kind, name, namespace })) !== undefined)
    return `${group === "" ? plural : `${plural}.${group}`} does not implement the scale subresource`;
  if (response.status !== 200) return undefined;
  const scale = JSON.parse(text) as KubeObject & { spec?: { replicas?: number } };
  return scale.metadata.uid === uid ? { uid, replicas: scale.spec?.replicas ?? 0 } : undefined;
}

/** Without knowing how many there should be, none may go. */
async function failSafe(
  budget: DisruptionBudget,
  message: string,
  context: ControllerContext,
): Promise<void> {
  const condition: Condition = {
    type: "DisruptionAllowed",
    status: "False",
    reason: "SyncFailed",
    message,
    observedGeneration: budget.status?.observedGeneration,
  };
  const status = {
    currentHealthy: 0,
    desiredHealthy: 0,
    expectedPods: 0,
    ...budget.status,
    disruptionsAllowed: 0,
    conditions: withCondition(budget.status?.conditions, condition, context.now()),
  };
  if (!isEqual(status, budget.status)) await context.write.replaceStatus(budget, status);
}
