import { join } from "node:path";
import { isAlreadyExists } from "../../../kube/KubeError.ts";
import { keyOf } from "../objects/controllerRef.ts";
import { isEqual } from "../objects/hash.ts";
import { isFinished, isTerminating, type Pod } from "../objects/Pod.ts";
import type { Controller, ControllerContext } from "../runtime/Controller.ts";
import { foldersOnDisk } from "./folders.ts";
import { isFor, matchVolume, sizeOf, whyNot } from "./matchVolume.ts";
import {
  claimProtection,
  defaultClassAnnotation,
  provisionedBy,
  provisioner,
  type Claim,
  type StorageClass,
  type Volume,
} from "./objects.ts";

/**
 * Binds each claim to a volume: one that is there and fits, else a folder made for it below `volumesDir`. A class that the sandbox doesn't have, or that another
 * provisioner serves in a cluster, gets a folder too, so that what is written for a cluster runs here. A claim that a pod uses is not let go.
 */
export const claimController: Controller = {
  name: "persistentvolume-controller",
  // One at a time: two claims must not take one volume.
  concurrency: 1,
  watches: [
    { apiVersion: "v1", kind: "PersistentVolumeClaim" },
    {
      apiVersion: "v1",
      kind: "PersistentVolume",
      keys: (volume, context) => {
        const { claimRef } = (volume as Volume).spec;
        if (claimRef?.name) return [`${claimRef.namespace}/${claimRef.name}`];
        return claims(context)
          .list()
          .filter((claim) => claim.status?.phase !== "Bound")
          .map(keyOf);
      },
    },
    {
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      keys: (_class, context) =>
        claims(context)
          .list()
          .filter((claim) => claim.status?.phase !== "Bound")
          .map(keyOf),
    },
    {
      apiVersion: "v1",
      kind: "Pod",
      keys: (pod, context) =>
        claimsOf(pod as Pod).filter((key) => {
          const claim = claims(context).get(key);
          return claim !== undefined && isTerminating(claim);
        }),
    },
  ],
  async reconcile(key, context) {
    const claim = claims(context).get(key);
    if (claim === undefined) return;
    if (isTerminating(claim)) return release(claim, context);
    await bind(await protect(claim, context), context);
  },
};

const claims = (context: ControllerContext) => context.store<Claim>("v1", "PersistentVolumeClaim");
const volumesOf = (context: ControllerContext) => context.store<Volume>("v1", "PersistentVolume");

const claimsOf = (pod: Pod): string[] =>
  (pod.spec.volumes ?? []).flatMap(({ persistentVolumeClaim }) =>
    persistentVolumeClaim ? [`${pod.metadata.namespace}/${persistentVolumeClaim.claimName}`] : [],
  );

async function protect(claim: Claim, context: ControllerContext): Promise<Claim> {
  if (claim.metadata.finalizers?.includes(claimProtection)) return claim;
  const finalizers = [...(claim.metadata.finalizers ?? []), claimProtection];
  return context.write.patch(claim, "merge", {
    metadata: { resourceVersion: claim.metadata.resourceVersion, finalizers },
  });
}

async function release(claim: Claim, context: ControllerContext): Promise<void> {
  if (!claim.metadata.finalizers?.includes(claimProtection)) return;
  const users = context
    .store<Pod>("v1", "Pod")
    .list(claim.metadata.namespace)
    .filter((pod) => !isFinished(pod) && claimsOf(pod).includes(keyOf(claim)));
  if (users.length > 0) return;
  const finalizers = claim.metadata.finalizers.filter((entry) => entry !== claimProtection);
  await context.write.patchIfThere(claim, "merge", {
    metadata: { uid: claim.metadata.uid, resourceVersion: claim.metadata.resourceVersion, finalizers },
  });
}

async function bind(claim: Claim, context: ControllerContext): Promise<void> {
  const className = classOf(claim, context);
  const volumes = volumesOf(context);
  const named = claim.spec.volumeName;
  let volume = named ? volumes.get(named) : matchVolume(claim, className ?? "", volumes.list());
  if (named) {
    if (claim.status?.phase === "Bound" && volume === undefined)
      return setPhase(claim, { ...claim.status, phase: "Lost" }, context);
    if (volume === undefined) return pending(claim, context);
    if (volume.spec.claimRef === undefined) {
      const why = whyNot(claim, claim.spec.storageClassName ?? "", volume);
      if (why !== undefined) {
        context.events.warning(claim, "VolumeMismatch", `Cannot bind to requested volume "${named}": ${why}`);
        return pending(claim, context);
      }
    } else if (!isFor(volume, claim)) {
      context.events.warning(claim, "FailedBinding", `volume "${named}" already bound to a different claim.`);
      return pending(claim, context);
    }
  } else if (volume === undefined) {
    if (!className || context.options.volumesDir === undefined || (await isStatic(className, context))) {
      context.events.normal(
        claim,
        "FailedBinding",
        "no persistent volumes available for this claim and no storage class is set",
      );
      return pending(claim, context);
    }
    volume = await provision(claim, className, context.options.volumesDir, context);
    if (volume === undefined) return;
  }
  await tie(claim, volume, className, context);
}

/** The claim's class; the default one when it names none. */
function classOf(claim: Claim, context: ControllerContext): string | undefined {
  if (claim.spec.storageClassName !== undefined) return claim.spec.storageClassName;
  return context
    .store<StorageClass>("storage.k8s.io/v1", "StorageClass")
    .list()
    .filter((one) => one.metadata.annotations?.[defaultClassAnnotation] === "true")
    .toSorted((a, b) =>
      (a.metadata.creationTimestamp ?? "") > (b.metadata.creationTimestamp ?? "") ? -1 : 1,
    )[0]?.metadata.name;
}

/** A class of volumes that people make by hand. */
async function isStatic(className: string, context: ControllerContext): Promise<boolean> {
  const known = context.store<StorageClass>("storage.k8s.io/v1", "StorageClass").get(className);
  return known?.provisioner === "kubernetes.io/no-provisioner";
}

async function provision(
  claim: Claim,
  className: string,
  volumesDir: string,
  context: ControllerContext,
): Promise<Volume | undefined> {
  const { name, namespace, uid } = claim.metadata;
  const storageClass = context.store<StorageClass>("storage.k8s.io/v1", "StorageClass").get(className);
  const path = join(volumesDir, `${namespace}.${name}.${uid!.slice(0, 8)}`);
  const volume: Volume = {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: `pvc-${uid}`, annotations: { [provisionedBy]: provisioner } },
    spec: {
      accessModes: claim.spec.accessModes,
      capacity: { storage: claim.spec.resources?.requests?.["storage"] ?? "1Gi" },
      claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", name, namespace, uid },
      hostPath: { path, type: "DirectoryOrCreate" },
      persistentVolumeReclaimPolicy: storageClass?.reclaimPolicy ?? "Delete",
      storageClassName: className,
      volumeMode: claim.spec.volumeMode ?? "Filesystem",
    },
  };
  try {
    await (context.options.folders ?? foldersOnDisk).make(path);
    const created = await context.write.create(volume);
    context.events.normal(
      claim,
      "ProvisioningSucceeded",
      `Successfully provisioned volume ${volume.metadata.name}`,
    );
    return created;
  } catch (error) {
    if (isAlreadyExists(error))
      return context.client.find<Volume>({
        apiVersion: "v1",
        kind: "PersistentVolume",
        name: volume.metadata.name!,
      });
    context.events.warning(
      claim,
      "ProvisioningFailed",
      `failed to provision volume with StorageClass "${className}": ${(error as Error).message}`,
    );
    throw error;
  }
}

/** First the volume says whose it is, then the claim: a crash in between is repaired by doing it again. */
async function tie(
  claim: Claim,
  volume: Volume,
  className: string | undefined,
  context: ControllerContext,
): Promise<void> {
  const { name, namespace, uid } = claim.metadata;
  if (volume.spec.claimRef?.uid !== uid) {
    const claimRef = { apiVersion: "v1", kind: "PersistentVolumeClaim", name, namespace, uid };
    volume = await context.write.patch(volume, "merge", {
      metadata: {
        resourceVersion: volume.metadata.resourceVersion,
        annotations: { "pv.kubernetes.io/bound-by-controller": "yes" },
      },
      spec: { claimRef },
    });
  }
  const wanted = claim.spec.resources?.requests?.["storage"];
  if (wanted !== undefined && isOurs(volume) && sizeOf({ storage: wanted }) > sizeOf(volume.spec.capacity))
    volume = await context.write.patch(volume, "merge", { spec: { capacity: { storage: wanted } } });
  if (!claim.spec.volumeName || claim.spec.storageClassName === undefined)
    claim = await context.write.patch(claim, "merge", {
      metadata: {
        resourceVersion: claim.metadata.resourceVersion,
        annotations: {
          "pv.kubernetes.io/bind-completed": "yes",
          ...(claim.spec.volumeName ? {} : { "pv.kubernetes.io/bound-by-controller": "yes" }),
        },
      },
      spec: { volumeName: volume.metadata.name, storageClassName: claim.spec.storageClassName ?? className },
    });
  await setPhase(
    claim,
    { ...claim.status, phase: "Bound", accessModes: volume.spec.accessModes, capacity: volume.spec.capacity },
    context,
  );
}

const isOurs = (volume: Volume): boolean => volume.metadata.annotations?.[provisionedBy] === provisioner;

const pending = (claim: Claim, context: ControllerContext): Promise<void> =>
  setPhase(claim, { ...claim.status, phase: "Pending" }, context);

async function setPhase(claim: Claim, status: Claim["status"], context: ControllerContext): Promise<void> {
  if (!isEqual(status, claim.status)) await context.write.replaceStatus(claim, status);
}
