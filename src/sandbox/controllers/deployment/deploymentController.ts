import { isAlreadyExists, isNamespaceTerminating } from "../../../kube/KubeError.ts";
import { claim } from "../objects/claim.ts";
import { controllerKeyOf, controllerReference, isControlledBy, keyOf } from "../objects/controllerRef.ts";
import { isEqual, templateHash } from "../objects/hash.ts";
import { isFinished, isTerminating, type Pod } from "../objects/Pod.ts";
import { watchClaimed } from "../objects/watchClaimed.ts";
import type { Deployment, ReplicaSet } from "../objects/workloads.ts";
import type { Controller, ControllerContext } from "../runtime/Controller.ts";
import { isComplete, statusOf, untilDeadline, type Progress } from "./deploymentStatus.ts";
import {
  annotationsFor,
  hashLabel,
  newSetOf,
  oldestFirst,
  revisionAnnotation,
  revisionOf,
} from "./revisions.ts";
import { isScaled, scalingStep } from "./scalingStep.ts";
import { newReplicas, rollingStep } from "./rollingStep.ts";

/** Rolls a Deployment's pods from one template to the next by growing one ReplicaSet and shrinking the others. */
export const deploymentController: Controller = {
  name: "deployment-controller",
  watches: [
    { apiVersion: "apps/v1", kind: "Deployment" },
    watchClaimed(
      { apiVersion: "apps/v1", kind: "ReplicaSet" },
      { apiVersion: "apps/v1", kind: "Deployment" },
    ),
    {
      // Recreate waits for the last old pod to be gone.
      apiVersion: "v1",
      kind: "Pod",
      keys: (pod, context) => {
        const [key] = controllerKeyOf(pod, "ReplicaSet");
        const set =
          key === undefined ? undefined : context.store<ReplicaSet>("apps/v1", "ReplicaSet").get(key);
        return set ? controllerKeyOf(set, "Deployment") : [];
      },
    },
  ],
  async reconcile(key, context) {
    const deployment = context.store<Deployment>("apps/v1", "Deployment").get(key);
    if (deployment === undefined) return undefined;
    return reconcileDeployment(deployment, context);
  },
};

async function reconcileDeployment(
  deployment: Deployment,
  context: ControllerContext,
): Promise<number | undefined> {
  const store = context.store<ReplicaSet>("apps/v1", "ReplicaSet");
  const sets = await claim(deployment, deployment.spec.selector, store, context);
  let newSet = newSetOf(deployment, sets);
  let oldSets = sets.filter((set) => set !== newSet);
  let progress: Progress | undefined;
  let failed: unknown;
  if (!isTerminating(deployment)) {
    const recreate = deployment.spec.strategy?.type === "Recreate";
    if (deployment.spec.paused || isScaled(deployment, sets)) {
      for (const { set, to } of scalingStep(deployment, newSet, oldSets))
        await scale(deployment, set, to, context);
    } else if (recreate && (await emptyOldSets(deployment, oldSets, context)) && newSet === undefined) {
      // Old pods still run: nothing new before they are gone.
    } else {
      const revision = Math.max(0, ...oldSets.map(revisionOf)) + 1;
      if (newSet) newSet = await keepNewSet(deployment, newSet, revision, context);
      else
        try {
          ({ newSet, progress } = await createNewSet(deployment, oldSets, revision, context));
        } catch (error) {
          failed = error;
          progress = { reason: "FailedCreate", message: (error as Error).message };
        }
      if (newSet) {
        if (!deployment.status?.conditions?.some((entry) => entry.type === "Progressing"))
          progress ??= { reason: "FoundNewReplicaSet" };
        await noteRevision(deployment, revisionOf(newSet), context);
        const steps = recreate
          ? [{ set: newSet, to: deployment.spec.replicas ?? 1 }]
          : rollingStep(deployment, newSet, oldSets);
        for (const { set, to } of steps) await scale(deployment, set, to, context);
      }
    }
    const latest = store.controlledBy(deployment.metadata.uid!);
    newSet = newSetOf(deployment, latest);
    oldSets = latest.filter((set) => set !== newSet);
  }
  const again = await writeStatus(deployment, newSet, oldSets, progress, context);
  if (failed !== undefined && !isNamespaceTerminating(failed)) throw failed;
  return again;
}

async function writeStatus(
  deployment: Deployment,
  newSet: ReplicaSet | undefined,
  oldSets: readonly ReplicaSet[],
  progress: Progress | undefined,
  context: ControllerContext,
): Promise<number | undefined> {
  const latest = context.store<Deployment>("apps/v1", "Deployment").get(keyOf(deployment)) ?? deployment;
  // What was reconciled is this generation; a newer one is looked at next.
  const seen = {
    ...latest,
    spec: deployment.spec,
    metadata: { ...latest.metadata, generation: deployment.metadata.generation },
  };
  const now = context.clock.now();
  const status = statusOf(seen, newSet, oldSets, { now, time: context.now(), progress });
  if (!isEqual(status, latest.status)) await context.write.replaceStatus(latest, status);
  if (isComplete(seen, status) && !isTerminating(latest)) await forgetOldSets(seen, oldSets, context);
  return untilDeadline(seen, status, now);
}

async function createNewSet(
  deployment: Deployment,
  oldSets: readonly ReplicaSet[],
  revision: number,
  context: ControllerContext,
): Promise<{ newSet?: ReplicaSet; progress?: Progress }> {
  const { template, selector, minReadySeconds } = deployment.spec;
  const collisions = deployment.status?.collisionCount ?? 0;
  const hash = templateHash(template, collisions);
  const allWanted = oldSets.reduce((sum, set) => sum + (set.spec.replicas ?? 1), 0);
  const replicas = newReplicas(deployment, 0, allWanted);
  const set: ReplicaSet = {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace,
      labels: { ...template.metadata?.labels, [hashLabel]: hash },
      annotations: annotationsFor(deployment, undefined, revision),
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas,
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
      template: {
        ...template,
        metadata: { ...template.metadata, labels: { ...template.metadata?.labels, [hashLabel]: hash } },
      },
    },
  };
  try {
    const created = await context.write.create(set);
    if (replicas > 0)
      context.events.normal(
        deployment,
        "ScalingReplicaSet",
        `Scaled up replica set ${set.metadata.name} from 0 to ${replicas}`,
      );
    return { newSet: created, progress: { reason: "NewReplicaSetCreated" } };
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const present = await context.client.find<ReplicaSet>({
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      name: set.metadata.name!,
      namespace: set.metadata.namespace,
    });
    if (present && isControlledBy(present, deployment) && newSetOf(deployment, [present]))
      return { newSet: present, progress: { reason: "FoundNewReplicaSet" } };
    // Somebody else's set has our name, or two templates share a hash: another hash next time.
    await context.write.replaceStatus(deployment, { ...deployment.status, collisionCount: collisions + 1 });
    throw error;
  }
}

/** Keeps annotations and `minReadySeconds` of the new set as they should be. */
async function keepNewSet(
  deployment: Deployment,
  set: ReplicaSet,
  revision: number,
  context: ControllerContext,
): Promise<ReplicaSet> {
  const annotations = annotationsFor(deployment, set, revision);
  const minReadySeconds = deployment.spec.minReadySeconds ?? 0;
  if (
    isEqual(annotations, set.metadata.annotations ?? {}) &&
    (set.spec.minReadySeconds ?? 0) === minReadySeconds
  )
    return set;
  return context.write.replace({
    ...set,
    metadata: { ...set.metadata, annotations },
    spec: { ...set.spec, minReadySeconds },
  });
}

async function noteRevision(
  deployment: Deployment,
  revision: number,
  context: ControllerContext,
): Promise<void> {
  if (deployment.metadata.annotations?.[revisionAnnotation] === String(revision)) return;
  const annotations = { [revisionAnnotation]: String(revision) };
  // Through the status: an annotation that changes on the main path counts as a new generation.
  await context.write.patch(deployment, "merge", { metadata: { annotations } }, "status");
}

async function scale(
  deployment: Deployment,
  set: ReplicaSet,
  to: number,
  context: ControllerContext,
): Promise<ReplicaSet> {
  const from = set.spec.replicas ?? 1;
  const next: ReplicaSet = { ...set, spec: { ...set.spec, replicas: to } };
  next.metadata = { ...set.metadata, annotations: annotationsFor(deployment, next) };
  if (from === to && isEqual(next.metadata.annotations, set.metadata.annotations ?? {})) return set;
  const written = await context.write.replace(next);
  if (from === to) return written;
  const direction = to > from ? "up" : "down";
  context.events.normal(
    deployment,
    "ScalingReplicaSet",
    `Scaled ${direction} replica set ${set.metadata.name} from ${from} to ${to}`,
  );
  return written;
}

/** Whether pods of old sets are still there. */
async function emptyOldSets(
  deployment: Deployment,
  oldSets: readonly ReplicaSet[],
  context: ControllerContext,
): Promise<boolean> {
  for (const set of oldSets) await scale(deployment, set, 0, context);
  const pods = context.store<Pod>("v1", "Pod");
  return oldSets.some((set) => pods.controlledBy(set.metadata.uid!).some((pod) => !isFinished(pod)));
}

async function forgetOldSets(
  deployment: Deployment,
  oldSets: readonly ReplicaSet[],
  context: ControllerContext,
): Promise<void> {
  const empty = oldestFirst(oldSets).filter(
    (set) => (set.spec.replicas ?? 1) === 0 && (set.status?.replicas ?? 0) === 0 && !isTerminating(set),
  );
  const surplus = empty.length - (deployment.spec.revisionHistoryLimit ?? 10);
  if (surplus <= 0) return;
  const oldest = empty.toSorted((a, b) => revisionOf(a) - revisionOf(b)).slice(0, surplus);
  for (const set of oldest) await context.write.delete(set);
}
