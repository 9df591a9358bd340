import { isAlreadyExists, isNamespaceTerminating } from "../../../kube/KubeError.ts";
import { claim } from "../objects/claim.ts";
import { controllerKeyOf, controllerReference, keyOf } from "../objects/controllerRef.ts";
import {
  currentRevision,
  forgetRevisions,
  revisionLabel,
  templateOf,
} from "../objects/controllerRevisions.ts";
import { isEqual } from "../objects/hash.ts";
import { isFinished, isReady, isTerminating, untilAvailable, type Pod } from "../objects/Pod.ts";
import { podOf } from "../objects/podOf.ts";
import { watchClaimed } from "../objects/watchClaimed.ts";
import { withoutZeros } from "../objects/withoutZeros.ts";
import { scaledValue, type ControllerRevision, type StatefulSet } from "../objects/workloads.ts";
import type { Controller, ControllerContext } from "../runtime/Controller.ts";
import type { Claim } from "../volumes/objects.ts";

/** Keeps numbered pods, each with its own claims, and changes them one after the other. */
export const statefulSetController: Controller = {
  name: "statefulset-controller",
  watches: [
    { apiVersion: "apps/v1", kind: "StatefulSet" },
    {
      apiVersion: "apps/v1",
      kind: "ControllerRevision",
      keys: (revision) => controllerKeyOf(revision, "StatefulSet"),
    },
    { apiVersion: "v1", kind: "PersistentVolumeClaim", keys: () => [] },
    watchClaimed({ apiVersion: "v1", kind: "Pod" }, { apiVersion: "apps/v1", kind: "StatefulSet" }),
  ],
  async reconcile(key, context) {
    const set = context.store<StatefulSet>("apps/v1", "StatefulSet").get(key);
    if (set === undefined || isTerminating(set)) return undefined;
    await claim(set, set.spec.selector, context.store<Pod>("v1", "Pod"), context);
    const { update, all } = await currentRevision(set, context);
    const current = all.find((revision) => revision.metadata.name === set.status?.currentRevision) ?? update;
    let failure: unknown;
    try {
      await step(set, current, update, context);
    } catch (error) {
      failure = error;
    }
    const again = await writeStatus(set, current, update, context);
    if (failure !== undefined && !isNamespaceTerminating(failure)) throw failure;
    return again;
  },
};

const ordinalOf = (set: StatefulSet, pod: Pod): number | undefined => {
  const prefix = `${set.metadata.name}-`;
  const rest = pod.metadata.name!.startsWith(prefix) ? pod.metadata.name!.slice(prefix.length) : "";
  return /^\d+$/.test(rest) ? Number(rest) : undefined;
};
const hashOf = (revision: ControllerRevision): string => revision.metadata.name!;
const ownPods = (set: StatefulSet, context: ControllerContext): Pod[] =>
  context
    .store<Pod>("v1", "Pod")
    .controlledBy(set.metadata.uid!)
    .filter((pod) => ordinalOf(set, pod) !== undefined);

/** The next writes: missing pods up, surplus pods down, then outdated ones, each waiting for the one before unless the policy is Parallel. */
async function step(
  set: StatefulSet,
  current: ControllerRevision,
  update: ControllerRevision,
  context: ControllerContext,
): Promise<void> {
  const { replicas = 1, minReadySeconds = 0, podManagementPolicy, ordinals, updateStrategy } = set.spec;
  const first = ordinals?.start ?? 0;
  const parallel = podManagementPolicy === "Parallel";
  const rolling = updateStrategy?.type !== "OnDelete";
  const partition = rolling ? (updateStrategy?.rollingUpdate?.partition ?? 0) : 0;
  const pods = new Map(ownPods(set, context).map((pod) => [ordinalOf(set, pod)!, pod]));
  const healthy = (pod: Pod): boolean =>
    !isTerminating(pod) && untilAvailable(pod, minReadySeconds, context.clock.now()) === 0;

  for (let ordinal = first; ordinal < first + replicas; ordinal++) {
    const pod = pods.get(ordinal);
    if (pod === undefined) {
      // Below the partition the old revision is kept, also for pods that are made anew.
      const revision = rolling && ordinal < first + partition ? current : update;
      await createPod(set, ordinal, revision, context);
      if (!parallel) return;
    } else if (isFinished(pod) && !isTerminating(pod)) {
      const event = pod.status?.phase === "Failed" ? "RecreatingFailedPod" : "RecreatingTerminatedPod";
      context.events.warning(
        set,
        event,
        `StatefulSet ${keyOf(set)} is recreating ${pod.status?.phase} Pod ${pod.metadata.name}`,
      );
      await context.write.delete(pod);
      if (!parallel) return;
    } else {
      await ensureClaims(set, ordinal, context);
      // Kubernetes waits for a broken pod for ever, even when its template was mended since: whoever deploys deletes it
      // (https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback).
      if (!parallel && !healthy(pod)) return;
    }
  }
  const surplus = [...pods]
    .filter(([ordinal]) => ordinal < first || ordinal >= first + replicas)
    .toSorted(([a], [b]) => b - a);
  for (const [ordinal, pod] of surplus) {
    if (set.spec.persistentVolumeClaimRetentionPolicy?.whenScaled === "Delete")
      await giveClaimsTo(pod, set, ordinal, context);
    if (!isTerminating(pod)) await deletePod(set, pod, context);
    if (!parallel) return;
  }
  if (!rolling) return;
  let mayBeAway = Math.max(
    1,
    scaledValue(updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, replicas, false),
  );
  for (let ordinal = first + replicas - 1; ordinal >= first + partition; ordinal--) {
    const pod = pods.get(ordinal);
    if (pod === undefined) continue;
    const outdated = pod.metadata.labels?.[revisionLabel] !== hashOf(update);
    if (outdated && !isTerminating(pod)) await deletePod(set, pod, context);
    if ((outdated || !healthy(pod)) && --mayBeAway <= 0) return;
  }
}

async function deletePod(set: StatefulSet, pod: Pod, context: ControllerContext): Promise<void> {
  await context.write.delete(pod);
  context.events.normal(
    set,
    "SuccessfulDelete",
    `Delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`,
  );
}

async function createPod(
  set: StatefulSet,
  ordinal: number,
  revision: ControllerRevision,
  context: ControllerContext,
): Promise<void> {
  await ensureClaims(set, ordinal, context);
  const name = `${set.metadata.name}-${ordinal}`;
  const pod = podOf(templateOf(revision), set, {
    name,
    labels: {
      "statefulset.kubernetes.io/pod-name": name,
      "apps.kubernetes.io/pod-index": String(ordinal),
      [revisionLabel]: hashOf(revision),
    },
  });
  pod.spec.hostname = name;
  if (set.spec.serviceName) pod.spec.subdomain = set.spec.serviceName;
  const templates = set.spec.volumeClaimTemplates ?? [];
  const claimed = new Set(templates.map((template) => template.metadata.name));
  const volumes = (pod.spec.volumes ?? []).filter((volume) => !claimed.has(volume.name));
  for (const template of templates)
    volumes.push({
      name: template.metadata.name,
      persistentVolumeClaim: { claimName: `${template.metadata.name}-${name}` },
    });
  if (volumes.length > 0) pod.spec.volumes = volumes;
  try {
    await context.write.create(pod);
    context.events.normal(
      set,
      "SuccessfulCreate",
      `Create Pod ${name} in StatefulSet ${set.metadata.name} successful`,
    );
  } catch (error) {
    if (isAlreadyExists(error)) return;
    if (!isNamespaceTerminating(error))
      context.events.warning(
        set,
        "FailedCreate",
        `Create Pod ${name} in StatefulSet ${set.metadata.name} failed error: ${(error as Error).message}`,
      );
    throw error;
  }
}

async function ensureClaims(set: StatefulSet, ordinal: number, context: ControllerContext): Promise<void> {
  const claims = context.store<Claim>("v1", "PersistentVolumeClaim");
  const { whenDeleted } = set.spec.persistentVolumeClaimRetentionPolicy ?? {};
  for (const template of set.spec.volumeClaimTemplates ?? []) {
    const name = `${template.metadata.name}-${set.metadata.name}-${ordinal}`;
    if (claims.get(`${set.metadata.namespace}/${name}`)) continue;
    const object: Claim = {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: {
        name,
        namespace: set.metadata.namespace,
        labels: { ...template.metadata.labels, ...set.spec.selector.matchLabels },
        annotations: { ...template.metadata.annotations },
        // Claims outlive their set unless it says otherwise.
        ...(whenDeleted === "Delete" ? { ownerReferences: [controllerReference(set)] } : {}),
      },
      spec: structuredClone(template.spec),
    };
    await context.write.create(object).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
    });
  }
}

/** Makes the claims of a pod that is one too many go with it. */
async function giveClaimsTo(
  pod: Pod,
  set: StatefulSet,
  ordinal: number,
  context: ControllerContext,
): Promise<void> {
  for (const template of set.spec.volumeClaimTemplates ?? []) {
    const name = `${template.metadata.name}-${set.metadata.name}-${ordinal}`;
    const known = context
      .store<Claim>("v1", "PersistentVolumeClaim")
      .get(`${set.metadata.namespace}/${name}`);
    const owners = known?.metadata.ownerReferences ?? [];
    if (known === undefined || owners.some((owner) => owner.uid === pod.metadata.uid)) continue;
    const reference = { apiVersion: "v1", kind: "Pod", name: pod.metadata.name!, uid: pod.metadata.uid! };
    const { resourceVersion } = known.metadata;
    await context.write.patch(known, "merge", {
      metadata: { resourceVersion, ownerReferences: [...owners, reference] },
    });
  }
}

async function writeStatus(
  set: StatefulSet,
  current: ControllerRevision,
  update: ControllerRevision,
  context: ControllerContext,
): Promise<number | undefined> {
  const { replicas = 1, minReadySeconds = 0 } = set.spec;
  const pods = ownPods(set, context);
  const alive = pods.filter((pod) => !isTerminating(pod) && !isFinished(pod));
  const waits = alive.map((pod) => untilAvailable(pod, minReadySeconds, context.clock.now()));
  const of = (revision: ControllerRevision): number =>
    alive.filter((pod) => pod.metadata.labels?.[revisionLabel] === hashOf(revision)).length;
  const updated = of(update);
  const ready = alive.filter(isReady).length;
  const done =
    updated === replicas &&
    ready === replicas &&
    pods.length === replicas &&
    (set.spec.updateStrategy?.rollingUpdate?.partition ?? 0) === 0;
  const counts: NonNullable<StatefulSet["status"]> = {
    ...set.status,
    observedGeneration: set.metadata.generation,
    replicas: pods.length,
    readyReplicas: ready,
    availableReplicas: waits.filter((wait) => wait === 0).length,
    currentReplicas: done ? updated : of(current),
    updatedReplicas: updated,
    currentRevision: hashOf(done ? update : current),
    updateRevision: hashOf(update),
    collisionCount: set.status?.collisionCount ?? 0,
  };
  const status = withoutZeros(counts, ["replicas", "availableReplicas", "collisionCount"]);
  const latest = context.store<StatefulSet>("apps/v1", "StatefulSet").get(keyOf(set)) ?? set;
  if (!isEqual(status, latest.status)) await context.write.replaceStatus(latest, status);
  if (done)
    await forgetRevisions(
      set,
      new Set([hashOf(update), ...pods.map((pod) => pod.metadata.labels?.[revisionLabel] ?? "")]),
      context,
    );
  const next = waits.filter((wait) => wait !== undefined && wait > 0) as number[];
  return next.length > 0 ? Math.min(...next) : undefined;
}
