import { isNamespaceTerminating } from "../../kube/KubeError.ts";
import { claim } from "./objects/claim.ts";
import { controllerKeyOf, keyOf } from "./objects/controllerRef.ts";
import { currentRevision, forgetRevisions, revisionLabel } from "./objects/controllerRevisions.ts";
import { isEqual } from "./objects/hash.ts";
import { refusalByRules, type Node } from "./objects/Node.ts";
import {
  isFinished,
  isReady,
  isTerminating,
  untilAvailable,
  type Pod,
  type Toleration,
} from "./objects/Pod.ts";
import { podOf } from "./objects/podOf.ts";
import { watchClaimed } from "./objects/watchClaimed.ts";
import { withoutZeros } from "./objects/withoutZeros.ts";
import { scaledValue, type ControllerRevision, type DaemonSet } from "./objects/workloads.ts";
import type { Controller, ControllerContext } from "./runtime/Controller.ts";

/** Keeps one pod on each node that can take it. */
export const daemonSetController: Controller = {
  name: "daemonset-controller",
  watches: [
    { apiVersion: "apps/v1", kind: "DaemonSet" },
    {
      apiVersion: "apps/v1",
      kind: "ControllerRevision",
      keys: (revision) => controllerKeyOf(revision, "DaemonSet"),
    },
    { apiVersion: "v1", kind: "Node", keys: (_node, context) => daemonSets(context).list().map(keyOf) },
    watchClaimed({ apiVersion: "v1", kind: "Pod" }, { apiVersion: "apps/v1", kind: "DaemonSet" }),
  ],
  async reconcile(key, context) {
    const set = daemonSets(context).get(key);
    if (set === undefined || isTerminating(set)) return undefined;
    await claim(set, set.spec.selector, context.store<Pod>("v1", "Pod"), context);
    const { update } = await currentRevision(set, context);
    let failure: unknown;
    for (const node of context.store<Node>("v1", "Node").list())
      await keepOnNode(set, node, update, context).catch((error: unknown) => (failure = error));
    if (failure === undefined) await rollOut(set, update, context);
    const again = await writeStatus(set, update, context);
    if (failure !== undefined && !isNamespaceTerminating(failure)) throw failure;
    return again;
  },
};

const daemonSets = (context: ControllerContext) => context.store<DaemonSet>("apps/v1", "DaemonSet");
const podsOf = (set: DaemonSet, context: ControllerContext): Pod[] =>
  context.store<Pod>("v1", "Pod").controlledBy(set.metadata.uid!);
const hashOf = (revision: ControllerRevision): string => revision.metadata.labels![revisionLabel]!;
const isUpdated = (pod: Pod, update: ControllerRevision): boolean =>
  pod.metadata.labels?.[revisionLabel] === hashOf(update);

/** The node that a pod is on, or is meant for. */
const nodeOf = (pod: Pod): string | undefined =>
  pod.spec.nodeName ??
  pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms?.[0]?.matchFields?.find(
    (field) => field.key === "metadata.name",
  )?.values?.[0];

/** Daemons stay through what makes other pods leave, as in Kubernetes. */
const tolerations: Toleration[] = [
  { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/disk-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/memory-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/pid-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/unschedulable", operator: "Exists", effect: "NoSchedule" },
];

const shouldRun = (set: DaemonSet, node: Node): boolean => {
  const { spec } = set.spec.template;
  return (
    refusalByRules(node, { ...spec, tolerations: [...(spec.tolerations ?? []), ...tolerations] }) ===
    undefined
  );
};

async function keepOnNode(
  set: DaemonSet,
  node: Node,
  update: ControllerRevision,
  context: ControllerContext,
): Promise<void> {
  const here = podsOf(set, context).filter(
    (pod) => nodeOf(pod) === node.metadata.name && !isTerminating(pod),
  );
  for (const pod of here.filter(isFinished)) {
    context.events.warning(
      set,
      "FailedDaemonPod",
      `Found failed daemon pod ${keyOf(pod)} on node ${node.metadata.name}, will try to kill it`,
    );
    await remove(set, pod, context);
  }
  const running = here.filter((pod) => !isFinished(pod));
  if (!shouldRun(set, node)) {
    for (const pod of running) await remove(set, pod, context);
    return;
  }
  const surge = surgeOf(set, 1) > 0;
  const current = running.filter((pod) => isUpdated(pod, update));
  const old = running.filter((pod) => !isUpdated(pod, update));
  // With a surge the new pod comes beside the old one, and the old one goes when the new one serves.
  if (
    running.length === 0 ? !stillGoing(set, node, context) : surge && current.length === 0 && isRolling(set)
  )
    await create(set, node, update, context);
  for (const group of surge ? [current, old] : [[...current, ...old]])
    for (const pod of group.toSorted(oldestFirst).slice(1)) await remove(set, pod, context);
}

const oldestFirst = (a: Pod, b: Pod): number =>
  Number(isReady(b)) - Number(isReady(a)) ||
  ((a.metadata.creationTimestamp ?? "") < (b.metadata.creationTimestamp ?? "") ? -1 : 1);

/** A pod that is being deleted is replaced when it is gone: two must not share what is on the node. */
const stillGoing = (set: DaemonSet, node: Node, context: ControllerContext): boolean =>
  surgeOf(set, 1) === 0 &&
  podsOf(set, context).some((pod) => nodeOf(pod) === node.metadata.name && isTerminating(pod));

const isRolling = (set: DaemonSet): boolean => set.spec.updateStrategy?.type !== "OnDelete";
const surgeOf = (set: DaemonSet, nodes: number): number =>
  scaledValue(set.spec.updateStrategy?.rollingUpdate?.maxSurge, nodes, true);

async function create(
  set: DaemonSet,
  node: Node,
  update: ControllerRevision,
  context: ControllerContext,
): Promise<void> {
  const generation = set.metadata.annotations?.["deprecated.daemonset.template.generation"];
  const pod = podOf(set.spec.template, set, {
    labels: {
      [revisionLabel]: hashOf(update),
      ...(generation === undefined ? {} : { "pod-template-generation": generation }),
    },
  });
  const term = { matchFields: [{ key: "metadata.name", operator: "In", values: [node.metadata.name!] }] };
  const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
    ?.nodeSelectorTerms ?? [{}];
  pod.spec.affinity = {
    ...pod.spec.affinity,
    nodeAffinity: {
      ...pod.spec.affinity?.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: terms.map((one) => ({ ...one, ...term })),
      },
    },
  };
  pod.spec.tolerations = [...(pod.spec.tolerations ?? []), ...tolerations];
  try {
    const created = await context.write.create(pod);
    context.events.normal(set, "SuccessfulCreate", `Created pod: ${created.metadata.name}`);
  } catch (error) {
    if (!isNamespaceTerminating(error))
      context.events.warning(set, "FailedCreate", `Error creating: ${(error as Error).message}`);
    throw error;
  }
}

async function remove(set: DaemonSet, pod: Pod, context: ControllerContext): Promise<void> {
  await context.write.delete(pod);
  context.events.normal(set, "SuccessfulDelete", `Deleted pod: ${pod.metadata.name}`);
}

/** Replaces old pods, as many at a time as may be unavailable; those that don't serve anyway first. */
async function rollOut(
  set: DaemonSet,
  update: ControllerRevision,
  context: ControllerContext,
): Promise<void> {
  if (!isRolling(set)) return;
  const nodes = context
    .store<Node>("v1", "Node")
    .list()
    .filter((node) => shouldRun(set, node));
  const pods = podsOf(set, context).filter((pod) => !isTerminating(pod));
  const { minReadySeconds = 0 } = set.spec;
  const available = (pod: Pod): boolean => untilAvailable(pod, minReadySeconds, context.clock.now()) === 0;
  const surge = surgeOf(set, nodes.length) > 0;
  const maxUnavailable = surge
    ? 0
    : Math.max(
        1,
        scaledValue(set.spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, nodes.length, true),
      );
  let may =
    maxUnavailable -
    nodes.filter((node) => !pods.some((pod) => nodeOf(pod) === node.metadata.name && available(pod))).length;
  for (const pod of pods.filter((one) => !isUpdated(one, update))) {
    const replaced = pods.some(
      (one) => isUpdated(one, update) && nodeOf(one) === nodeOf(pod) && available(one),
    );
    if (available(pod) && !replaced && (surge || may-- <= 0)) continue;
    await remove(set, pod, context);
  }
}

async function writeStatus(
  set: DaemonSet,
  update: ControllerRevision,
  context: ControllerContext,
): Promise<number | undefined> {
  const nodes = context.store<Node>("v1", "Node").list();
  const pods = podsOf(set, context).filter((pod) => !isTerminating(pod));
  const { minReadySeconds = 0 } = set.spec;
  const wait = (pod: Pod): number | undefined => untilAvailable(pod, minReadySeconds, context.clock.now());
  const on = (node: Node, test: (pod: Pod) => boolean): boolean =>
    pods.some((pod) => nodeOf(pod) === node.metadata.name && test(pod));
  const wanted = nodes.filter((node) => shouldRun(set, node));
  const count = (list: readonly Node[], test: (pod: Pod) => boolean): number =>
    list.filter((node) => on(node, test)).length;
  const numberAvailable = count(wanted, (pod) => wait(pod) === 0);
  const counts: NonNullable<DaemonSet["status"]> = {
    ...set.status,
    observedGeneration: set.metadata.generation,
    desiredNumberScheduled: wanted.length,
    currentNumberScheduled: count(wanted, () => true),
    numberMisscheduled: count(
      nodes.filter((node) => !wanted.includes(node)),
      () => true,
    ),
    numberReady: count(wanted, isReady),
    updatedNumberScheduled: count(wanted, (pod) => isUpdated(pod, update)),
    numberAvailable,
    numberUnavailable: wanted.length - numberAvailable,
  };
  const always = [
    "desiredNumberScheduled",
    "currentNumberScheduled",
    "numberMisscheduled",
    "numberReady",
  ] as const;
  const status = withoutZeros(counts, always);
  const latest = daemonSets(context).get(keyOf(set)) ?? set;
  if (!isEqual(status, latest.status)) await context.write.replaceStatus(latest, status);
  const used = new Set([update.metadata.name!]);
  for (const pod of pods) used.add(`${set.metadata.name}-${pod.metadata.labels?.[revisionLabel]}`);
  if (pods.every((pod) => isUpdated(pod, update))) await forgetRevisions(set, used, context);
  const waits = pods
    .map(wait)
    .filter((milliseconds) => milliseconds !== undefined && milliseconds > 0) as number[];
  return waits.length > 0 ? Math.min(...waits) : undefined;
}
