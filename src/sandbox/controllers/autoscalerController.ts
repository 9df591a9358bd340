import type { KubeObject } from "../../contract/index.ts";
import { withCondition, type Condition } from "./objects/Condition.ts";
import { keyOf } from "./objects/controllerRef.ts";
import { isEqual } from "./objects/hash.ts";
import { isTerminating } from "./objects/Pod.ts";
import type { Controller, ControllerContext } from "./runtime/Controller.ts";

interface Autoscaler extends KubeObject {
  spec: {
    scaleTargetRef: { apiVersion?: string; kind: string; name: string };
    minReplicas?: number;
    maxReplicas: number;
    metrics?: { type: string; resource?: { name: string } }[];
  };
  status?: {
    observedGeneration?: number;
    currentReplicas?: number;
    desiredReplicas: number;
    lastScaleTime?: string;
    conditions?: Condition[];
    [field: string]: unknown;
  };
}
interface Target extends KubeObject {
  spec: { replicas?: number };
}

const targets = ["Deployment", "ReplicaSet", "StatefulSet"];

/** The autoscalers of a workload. */
function scalersOf(target: KubeObject, context: ControllerContext): string[] {
  return context
    .store<Autoscaler>("autoscaling/v2", "HorizontalPodAutoscaler")
    .list(target.metadata.namespace)
    .filter(
      ({ spec: { scaleTargetRef: ref } }) => ref.kind === target.kind && ref.name === target.metadata.name,
    )
    .map(keyOf);
}

/**
 * Keeps a workload between its least and its most replicas. The sandbox has no metrics, so it never scales in between, and says so as Kubernetes does
 * without a metrics server.
 */
export const autoscalerController: Controller = {
  name: "horizontal-pod-autoscaler",
  watches: [
    { apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler" },
    ...targets.map((kind) => ({ apiVersion: "apps/v1", kind, keys: scalersOf })),
  ],
  async reconcile(key, context) {
    const scaler = context.store<Autoscaler>("autoscaling/v2", "HorizontalPodAutoscaler").get(key);
    if (scaler === undefined || isTerminating(scaler)) return;
    const { scaleTargetRef: ref, minReplicas = 1, maxReplicas } = scaler.spec;
    const target = targets.includes(ref.kind)
      ? context.store<Target>("apps/v1", ref.kind).get(`${scaler.metadata.namespace}/${ref.name}`)
      : undefined;
    if (target === undefined || isTerminating(target)) {
      const message = `the HPA controller was unable to get the target's current scale: ${ref.kind} "${ref.name}" not found`;
      return tell(
        scaler,
        { desiredReplicas: 0 },
        [["AbleToScale", "False", "FailedGetScale", message]],
        context,
      );
    }
    const currentReplicas = target.spec.replicas ?? 1;
    // Scaled to nothing by hand means: leave it alone.
    if (currentReplicas === 0 && minReplicas !== 0) {
      const message = "scaling is disabled since the replica count of the target is zero";
      return tell(
        scaler,
        { currentReplicas: 0, desiredReplicas: 0 },
        [able, ["ScalingActive", "False", "ScalingDisabled", message]],
        context,
      );
    }
    const desiredReplicas = Math.min(Math.max(currentReplicas, minReplicas), maxReplicas);
    let lastScaleTime = scaler.status?.lastScaleTime;
    if (desiredReplicas !== currentReplicas) {
      await context.write.patch(target, "merge", { spec: { replicas: desiredReplicas } }, "scale");
      lastScaleTime = context.now();
      const limit = desiredReplicas < currentReplicas ? "above Spec.MaxReplicas" : "below Spec.MinReplicas";
      context.events.normal(
        scaler,
        "SuccessfulRescale",
        `New size: ${desiredReplicas}; reason: Current number of replicas ${limit}`,
      );
    }
    const rescaled = desiredReplicas !== currentReplicas;
    const metric = scaler.spec.metrics?.find((entry) => entry.resource)?.resource?.name ?? "cpu";
    const problem = `failed to get ${metric} utilization: unable to get metrics for resource ${metric}: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)`;
    const message = `the HPA was unable to compute the replica count: ${problem}`;
    const { length } = scaler.spec.metrics ?? [metric];
    if (
      !rescaled &&
      scaler.status?.conditions?.find(({ type }) => type === "ScalingActive")?.message !== message
    ) {
      context.events.warning(scaler, "FailedGetResourceMetric", problem);
      context.events.warning(
        scaler,
        "FailedComputeMetricsReplicas",
        `invalid metrics (${length} invalid out of ${length}), first error is: failed to get ${metric} resource metric value: ${problem}`,
      );
    }
    return tell(
      scaler,
      {
        currentReplicas,
        // Without metrics nothing is desired but what a bound asks for.
        desiredReplicas: rescaled ? desiredReplicas : (scaler.status?.desiredReplicas ?? 0),
        currentMetrics: Array.from({ length }, () => ({ type: "" })),
        ...(lastScaleTime === undefined ? {} : { lastScaleTime }),
      },
      [able, ["ScalingActive", "False", "FailedGetResourceMetric", message]],
      context,
    );
  },
};

type Said = readonly [type: string, status: Condition["status"], reason: string, message: string];
const able: Said = [
  "AbleToScale",
  "True",
  "SucceededGetScale",
  "the HPA controller was able to get the target's current scale",
];

async function tell(
  scaler: Autoscaler,
  counts: {
    currentReplicas?: number;
    desiredReplicas: number;
    lastScaleTime?: string;
    currentMetrics?: { type: string }[];
  },
  said: readonly Said[],
  context: ControllerContext,
): Promise<void> {
  let conditions: Condition[] = scaler.status?.conditions ?? [];
  for (const [type, status, reason, message] of said)
    conditions = withCondition(conditions, { type, status, reason, message }, context.now());
  const status = { ...scaler.status, ...counts, observedGeneration: scaler.metadata.generation, conditions };
  if (!isEqual(status, scaler.status)) await context.write.replaceStatus(scaler, status);
}
