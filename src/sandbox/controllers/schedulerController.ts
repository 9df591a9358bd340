import { quantityValue, type KubeObject } from "../../contract/index.ts";
import { isAlreadyExists, isConflict, isNotFound, kubeErrorOf } from "../../kube/KubeError.ts";
import { conditionOf, withCondition, type Condition } from "./objects/Condition.ts";
import { keyOf } from "./objects/controllerRef.ts";
import { refusalByRules, type Node } from "./objects/Node.ts";
import { isActive, isFinished, type Pod } from "./objects/Pod.ts";
import type { Controller, ControllerContext } from "./runtime/Controller.ts";

interface Claim extends KubeObject {
  status?: { phase?: string };
}

/**
 * Binds pods to a node that can take them. Affinity between pods and spreading are not looked at: there is one node. A pod that fits nowhere says why,
 * in the words of Kubernetes.
 */
export const schedulerController: Controller = {
  name: "default-scheduler",
  fieldManager: "kube-scheduler",
  // One at a time: each decision counts what the one before took.
  concurrency: 1,
  watches: [
    { apiVersion: "v1", kind: "Pod", keys: waitingPods },
    { apiVersion: "v1", kind: "Node", keys: waitingPods },
    { apiVersion: "v1", kind: "PersistentVolumeClaim", keys: waitingPods },
  ],
  async reconcile(key, context) {
    const pod = context.store<Pod>("v1", "Pod").get(key);
    if (pod === undefined || !isWaiting(pod)) return;
    const refusals = [...refusalsOfClaims(pod, context)];
    const nodes = context.store<Node>("v1", "Node").list();
    const reasons = new Map<string, number>();
    for (const node of refusals.length > 0 ? [] : nodes) {
      const reason = refusalOf(node, pod, context);
      if (reason === undefined) return bind(pod, node, context);
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
    const why = refusals.length > 0 ? refusals : [...reasons].map(([reason, count]) => `${count} ${reason}`);
    const message =
      nodes.length === 0
        ? "no nodes available to schedule pods"
        : `0/${nodes.length} nodes are available: ${why.join(", ")}.`;
    await refuse(pod, message, context);
  },
};

const isWaiting = (pod: Pod): boolean =>
  !pod.spec.nodeName &&
  isActive(pod) &&
  (pod.spec.schedulerName ?? "default-scheduler") === "default-scheduler" &&
  (pod.spec.schedulingGates ?? []).length === 0;

/** The pod itself, or every waiting pod: room may have become free. */
function waitingPods(object: KubeObject, context: ControllerContext): string[] {
  if (object.kind === "Pod" && isWaiting(object as Pod)) return [keyOf(object)];
  if (object.kind === "Pod" && !isFinished(object as Pod) && !object.metadata.deletionTimestamp) return [];
  return context.store<Pod>("v1", "Pod").list().filter(isWaiting).map(keyOf);
}

function refusalsOfClaims(pod: Pod, context: ControllerContext): string[] {
  const claims = context.store<Claim>("v1", "PersistentVolumeClaim");
  const refusals: string[] = [];
  for (const { persistentVolumeClaim } of pod.spec.volumes ?? []) {
    if (!persistentVolumeClaim) continue;
    const claim = claims.get(`${pod.metadata.namespace}/${persistentVolumeClaim.claimName}`);
    if (claim === undefined)
      refusals.push(`persistentvolumeclaim "${persistentVolumeClaim.claimName}" not found`);
    else if (claim.status?.phase !== "Bound")
      refusals.push("pod has unbound immediate PersistentVolumeClaims");
  }
  return [...new Set(refusals)];
}

function refusalOf(node: Node, pod: Pod, context: ControllerContext): string | undefined {
  if (node.spec?.unschedulable) return "node(s) were unschedulable";
  if (conditionOf(node.status?.conditions, "Ready")?.status === "False") return "node(s) were not ready";
  const refusal = refusalByRules(node, pod.spec);
  if (refusal !== undefined) return refusal;
  return shortageOf(node, pod, context);
}

function shortageOf(node: Node, pod: Pod, context: ControllerContext): string | undefined {
  const there = context
    .store<Pod>("v1", "Pod")
    .list()
    .filter((other) => other.spec.nodeName === node.metadata.name && !isFinished(other));
  for (const [name, allocatable] of Object.entries(node.status?.allocatable ?? {})) {
    const wanted = name === "pods" ? 1 : requestOf(pod, name);
    if (wanted === 0) continue;
    const taken = there.reduce((sum, other) => sum + (name === "pods" ? 1 : requestOf(other, name)), 0);
    if (taken + wanted > quantityValue(allocatable))
      return name === "pods" ? "Too many pods" : `Insufficient ${name}`;
  }
  return undefined;
}

/** What a pod asks for: all containers and sidecars together, or its greediest init container. */
function requestOf(pod: Pod, name: string): number {
  const of = (container: { resources?: { requests?: Record<string, string | number> } }): number =>
    quantityValue(container.resources?.requests?.[name] ?? 0);
  const inits = pod.spec.initContainers ?? [];
  const sidecars = inits.filter((container) => container.restartPolicy === "Always");
  const together = [...pod.spec.containers, ...sidecars].reduce((sum, container) => sum + of(container), 0);
  return Math.max(together, ...inits.map(of));
}

async function bind(pod: Pod, node: Node, context: ControllerContext): Promise<void> {
  const { namespace, name, uid } = pod.metadata;
  const request = {
    method: "POST" as const,
    path: `/api/v1/namespaces/${namespace}/pods/${name}/binding`,
    body: {
      apiVersion: "v1",
      kind: "Binding",
      metadata: { name, namespace, uid },
      target: { apiVersion: "v1", kind: "Node", name: node.metadata.name },
    },
  };
  context.signal.throwIfAborted();
  const response = await context.client.transport.send(request);
  if (response.status >= 300) {
    const error = await kubeErrorOf(request, response);
    if (isConflict(error) || isNotFound(error) || isAlreadyExists(error)) return;
    throw error;
  }
  await response.text();
  // The next decision must count this pod before the watch tells of it.
  const bound = await context.client.find<Pod>({ apiVersion: "v1", kind: "Pod", name: name!, namespace });
  if (bound) context.store<Pod>("v1", "Pod").wrote(bound);
  context.events.normal(
    pod,
    "Scheduled",
    `Successfully assigned ${namespace}/${name} to ${node.metadata.name}`,
  );
}

async function refuse(pod: Pod, message: string, context: ControllerContext): Promise<void> {
  const before = conditionOf(pod.status?.conditions, "PodScheduled");
  if (before?.status === "False" && before.message === message) return;
  const condition: Condition = { type: "PodScheduled", status: "False", reason: "Unschedulable", message };
  const conditions = withCondition(pod.status?.conditions, condition, context.now());
  await context.write.replaceStatus(pod, { ...pod.status, phase: "Pending", conditions });
  context.events.warning(pod, "FailedScheduling", message);
}
