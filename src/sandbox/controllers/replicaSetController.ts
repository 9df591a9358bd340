import { isNamespaceTerminating } from "../../kube/KubeError.ts";
import { withCondition } from "./objects/Condition.ts";
import { claim } from "./objects/claim.ts";
import { keyOf } from "./objects/controllerRef.ts";
import { createInBatches } from "./objects/createInBatches.ts";
import { isEqual } from "./objects/hash.ts";
import { isActive, isReady, isTerminating, untilAvailable, type Pod } from "./objects/Pod.ts";
import { podOf } from "./objects/podOf.ts";
import { rankForDeletion } from "./objects/rankForDeletion.ts";
import { watchClaimed } from "./objects/watchClaimed.ts";
import { withoutZeros } from "./objects/withoutZeros.ts";
import type { ReplicaSet } from "./objects/workloads.ts";
import type { Controller, ControllerContext } from "./runtime/Controller.ts";

/** As many pods at a time as Kubernetes makes or deletes in one pass. */
const burst = 500;

/** Keeps as many pods of a template as a ReplicaSet asks for. */
export const replicaSetController: Controller = {
  name: "replicaset-controller",
  watches: [
    { apiVersion: "apps/v1", kind: "ReplicaSet" },
    watchClaimed({ apiVersion: "v1", kind: "Pod" }, { apiVersion: "apps/v1", kind: "ReplicaSet" }),
  ],
  async reconcile(key, context) {
    const set = context.store<ReplicaSet>("apps/v1", "ReplicaSet").get(key);
    if (set === undefined) return undefined;
    const pods = (await claim(set, set.spec.selector, context.store<Pod>("v1", "Pod"), context)).filter(
      isActive,
    );
    const failure = isTerminating(set) ? undefined : await scale(set, pods, context);
    // Made and deleted pods are counted when they are seen; the stores have them already.
    const now = context.store<Pod>("v1", "Pod").controlledBy(set.metadata.uid!);
    const again = await writeStatus(set, now, failure, context);
    if (failure && !isNamespaceTerminating(failure.error)) throw failure.error;
    return again;
  },
};

interface Failure {
  reason: "FailedCreate" | "FailedDelete";
  error: unknown;
}

async function scale(set: ReplicaSet, pods: Pod[], context: ControllerContext): Promise<Failure | undefined> {
  const missing = (set.spec.replicas ?? 1) - pods.length;
  if (missing > 0) {
    const { error } = await createInBatches(Math.min(missing, burst), async () => {
      const pod = await context.write.create(podOf(set.spec.template, set));
      context.events.normal(set, "SuccessfulCreate", `Created pod: ${pod.metadata.name}`);
    });
    if (error === undefined) return undefined;
    if (!isNamespaceTerminating(error))
      context.events.warning(set, "FailedCreate", `Error creating: ${(error as Error).message}`);
    return { reason: "FailedCreate", error };
  }
  const surplus = rankForDeletion(pods).slice(0, Math.min(-missing, burst));
  const results = await Promise.allSettled(
    surplus.map(async (pod) => {
      await context.write.delete(pod);
      context.events.normal(set, "SuccessfulDelete", `Deleted pod: ${pod.metadata.name}`);
    }),
  );
  const failed = results.find((result) => result.status === "rejected");
  return failed && { reason: "FailedDelete", error: failed.reason };
}

async function writeStatus(
  set: ReplicaSet,
  owned: readonly Pod[],
  failure: Failure | undefined,
  context: ControllerContext,
): Promise<number | undefined> {
  const pods = owned.filter(isActive);
  const waits = pods.map((pod) => untilAvailable(pod, set.spec.minReadySeconds ?? 0, context.clock.now()));
  const templateLabels = Object.entries(set.spec.template.metadata?.labels ?? {});
  const before = set.status?.conditions ?? [];
  // The first failure stays: each has a pod's name of its own in it, and writing that would call for the next attempt at once.
  const known = before.some((entry) => entry.type === "ReplicaFailure");
  const conditions = !failure
    ? before.filter((entry) => entry.type !== "ReplicaFailure")
    : known
      ? before
      : withCondition(
          before,
          {
            type: "ReplicaFailure",
            status: "True",
            reason: failure.reason,
            message: failure.error instanceof Error ? failure.error.message : String(failure.error),
          },
          context.now(),
        );
  const terminating = owned.filter(isTerminating).length;
  const counts: NonNullable<ReplicaSet["status"]> = {
    replicas: pods.length,
    fullyLabeledReplicas: pods.filter((pod) =>
      templateLabels.every(([name, value]) => pod.metadata.labels?.[name] === value),
    ).length,
    readyReplicas: pods.filter(isReady).length,
    availableReplicas: waits.filter((wait) => wait === 0).length,
    terminatingReplicas: terminating,
    observedGeneration: set.metadata.generation,
    ...(conditions.length > 0 ? { conditions } : {}),
  };
  const status = withoutZeros(counts, ["replicas", "terminatingReplicas"]);
  if (!isEqual(status, set.status)) {
    // The set may have been written since (an adoption); the status goes on top of what it is now.
    const latest = context.store<ReplicaSet>("apps/v1", "ReplicaSet").get(keyOf(set)) ?? set;
    await context.write.replaceStatus(latest, status);
  }
  const next = waits.filter((wait) => wait !== undefined && wait > 0) as number[];
  return next.length > 0 ? Math.min(...next) : undefined;
}
