import { timeOf } from "../../Clock.ts";
import {
  isSidecar,
  type ContainerStatus,
  type Pod,
  type PodCondition,
  type PodPhase,
  type PodStatus,
} from "../Pod.ts";
import { qosClassOf } from "./qosClass.ts";

/** What the node knows of a pod. Statuses are in the order of the containers. */
export interface PodFindings {
  readonly inits: readonly ContainerStatus[];
  readonly containers: readonly ContainerStatus[];
  readonly podIP: string;
  readonly hostIP: string;
  readonly startTime: string;
  /** Volumes, ports and addresses are there. */
  readonly prepared: boolean;
  /** The pod is on its way out: nothing may be sent to it. */
  readonly terminating: boolean;
  /** Set when the pod as a whole failed: its deadline passed. */
  readonly failed?: { readonly reason: string; readonly message: string };
}

/** The status that the kubelet would write. Conditions keep their time while they don't change. */
export function podStatus(
  pod: Pod,
  findings: PodFindings,
  before: PodStatus | undefined,
  now: number,
): PodStatus {
  const phase = findings.failed === undefined ? phaseOf(pod, findings) : "Failed";
  const conditions = conditionsOf(pod, findings, phase).map((condition) =>
    dated(condition, before?.conditions, now),
  );
  const generation = pod.metadata.generation;
  return {
    phase,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    conditions,
    ...(findings.failed === undefined ? {} : findings.failed),
    hostIP: findings.hostIP,
    hostIPs: [{ ip: findings.hostIP }],
    podIP: findings.podIP,
    podIPs: [{ ip: findings.podIP }],
    startTime: findings.startTime,
    qosClass: qosClassOf(pod),
    ...(findings.inits.length === 0 ? {} : { initContainerStatuses: [...findings.inits] }),
    containerStatuses: [...findings.containers],
  };
}

/** k8s.io/kubernetes/pkg/kubelet/kubelet_pods.go, getPhase. */
export function phaseOf(
  pod: Pod,
  { inits, containers }: Pick<PodFindings, "inits" | "containers">,
): PodPhase {
  const policy = pod.spec.restartPolicy ?? "Always";
  let pendingInits = 0;
  let beside = 0;
  for (const [at, container] of (pod.spec.initContainers ?? []).entries()) {
    const status = inits[at];
    if (isSidecar(container)) {
      if (status?.started !== true && status?.state.terminated === undefined) pendingInits++;
      if (status?.state.running !== undefined) beside++;
      continue;
    }
    const ended =
      status?.state.terminated ?? (status?.state.waiting ? status.lastState.terminated : undefined);
    if (status?.state.running !== undefined || ended === undefined) pendingInits++;
    else if (ended.exitCode !== 0) {
      if (policy === "Never") return "Failed";
      pendingInits++;
    }
  }
  const running = containers.filter(({ state }) => state.running !== undefined).length;
  const ended = containers.flatMap(({ state, lastState }) =>
    state.terminated !== undefined
      ? [state.terminated]
      : state.waiting !== undefined && lastState.terminated !== undefined
        ? [lastState.terminated]
        : [],
  );
  const waiting = containers.length - running - ended.length;
  if (pendingInits > 0 && running === 0 && ended.length === 0) return "Pending";
  if (waiting > 0) return "Pending";
  // Nothing is over while a sidecar still has something to do.
  if (running + beside > 0) return "Running";
  if (policy === "Always") return "Running";
  const gone = containers.filter(({ state }) => state.terminated !== undefined).length === containers.length;
  if (ended.every(({ exitCode }) => exitCode === 0) && gone) return "Succeeded";
  return policy === "Never" && gone ? "Failed" : "Running";
}

export const isTerminal = (phase: PodPhase | undefined): boolean =>
  phase === "Succeeded" || phase === "Failed";

function conditionsOf(pod: Pod, findings: PodFindings, phase: PodPhase): PodCondition[] {
  const uninitialized = (pod.spec.initContainers ?? []).flatMap((container, at) => {
    const status = findings.inits[at];
    const done = isSidecar(container) ? status?.started === true : status?.state.terminated?.exitCode === 0;
    return done ? [] : [container.name];
  });
  // What has begun to run was initialized, whatever its sidecars do now.
  const initialized =
    uninitialized.length === 0 ||
    phase === "Succeeded" ||
    findings.containers.some(
      ({ state, lastState }) => state.running ?? state.terminated ?? lastState.terminated,
    );
  const sidecars = findings.inits.filter((_status, at) => {
    const container = pod.spec.initContainers?.[at];
    return container !== undefined && isSidecar(container);
  });
  const unready = [...sidecars, ...findings.containers].filter(({ ready }) => !ready).map(({ name }) => name);
  const notReady = readiness(phase, unready);
  const gates = (pod.spec.readinessGates ?? []).filter(
    ({ conditionType }) =>
      pod.status?.conditions?.find(({ type }) => type === conditionType)?.status !== "True",
  );
  const gate = gates[0];
  const ready: PodCondition =
    notReady.status === "True" && gate !== undefined
      ? {
          type: "Ready",
          status: "False",
          reason: "ReadinessGatesNotReady",
          message: `corresponding condition of pod readiness gate "${gate.conditionType}" does not exist or is not "True".`,
        }
      : { type: "Ready", ...notReady };
  return [
    { type: "PodReadyToStartContainers", status: findings.prepared ? "True" : "False" },
    initialized
      ? { type: "Initialized", status: "True", ...(phase === "Succeeded" ? { reason: "PodCompleted" } : {}) }
      : {
          type: "Initialized",
          status: "False",
          reason: "ContainersNotInitialized",
          message: `containers with incomplete status: [${uninitialized.join(" ")}]`,
        },
    ready,
    { type: "ContainersReady", ...notReady },
    { type: "PodScheduled", status: "True" },
  ];
}

function readiness(phase: PodPhase, unready: readonly string[]): Omit<PodCondition, "type"> {
  if (phase === "Succeeded") return { status: "False", reason: "PodCompleted" };
  if (phase === "Failed") return { status: "False", reason: "PodFailed" };
  if (unready.length === 0) return { status: "True" };
  return {
    status: "False",
    reason: "ContainersNotReady",
    message: `containers with unready status: [${unready.join(" ")}]`,
  };
}

function dated(
  condition: PodCondition,
  before: readonly PodCondition[] | undefined,
  now: number,
): PodCondition {
  const last = before?.find(({ type }) => type === condition.type);
  const same = last?.status === condition.status && last.lastTransitionTime !== undefined;
  return {
    ...condition,
    // Left out they would stay: conditions are merged by type.
    reason: condition.reason ?? (null as unknown as undefined),
    message: condition.message ?? (null as unknown as undefined),
    lastProbeTime: null,
    lastTransitionTime: same ? last.lastTransitionTime : timeOf(now),
  };
}
