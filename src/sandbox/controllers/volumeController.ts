import { mkdir, rm } from "node:fs/promises";
import { isAbsolute, join, relative } from "node:path";
import type { KubeObject } from "../../contract/index.ts";
import { isAlreadyExists } from "../../kube/KubeError.ts";
import { keyOf } from "./objects/controllerRef.ts";
import { isEqual } from "./objects/hash.ts";
import { isTerminating } from "./objects/Pod.ts";
import type { Controller, ControllerContext } from "./runtime/Controller.ts";

export const folderClass = "moorage-folder";
const provisioner = "dev.moorage.dev/folder";
const provisionedBy = "pv.kubernetes.io/provisioned-by";

export interface Claim extends KubeObject {
  spec: {
    accessModes?: string[];
    storageClassName?: string;
    volumeName?: string;
    volumeMode?: string;
    resources?: { requests?: { storage?: string } };
  };
  status?: { phase?: string; accessModes?: string[]; capacity?: Record<string, string> };
}
export interface Volume extends KubeObject {
  spec: {
    capacity?: Record<string, string>;
    accessModes?: string[];
    claimRef?: { namespace: string; name: string; uid?: string; [field: string]: unknown };
    hostPath?: { path: string; type?: string };
    persistentVolumeReclaimPolicy?: string;
    storageClassName?: string;
    [field: string]: unknown;
  };
  status?: { phase?: string };
}

/**
 * Gives every claim a volume that is a folder, `NAMESPACE/CLAIM-UID` below the sandbox's volumes, whatever storage class it names: the same objects run on a
 * laptop. (Class `""`, and a named volume, mean a volume that exists, as in Kubernetes.) The policy is Delete: when the claim is really gone, its volume and
 * then the folder are removed; Retain, set on the volume, keeps both. Keys are `claim/NAMESPACE/NAME` and `volume/NAME`.
 */
export const volumeController: Controller = {
  name: "persistentvolume-controller",
  watches: [
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      keys: (claim, context) => {
        const volumes = context.store<Volume>("v1", "PersistentVolume").list();
        const bound = volumes.filter((volume) => volume.spec.claimRef?.uid === claim.metadata.uid);
        return [`claim/${keyOf(claim)}`, ...bound.map((volume) => `volume/${volume.metadata.name}`)];
      },
    },
    {
      apiVersion: "v1",
      kind: "PersistentVolume",
      keys: (object) => {
        const ref = (object as Volume).spec.claimRef;
        return [`volume/${object.metadata.name}`, ...(ref ? [`claim/${ref.namespace}/${ref.name}`] : [])];
      },
    },
    { apiVersion: "storage.k8s.io/v1", kind: "StorageClass", keys: () => ["class/"] },
    // Makes sure that the class is looked at in a sandbox that has none.
    { apiVersion: "v1", kind: "Namespace", keys: () => ["class/"] },
  ],
  async reconcile(key, context) {
    const [kind, ...rest] = key.split("/");
    if (kind === "class") await ensureClass(context);
    else if (kind === "claim") await reconcileClaim(rest.join("/"), context);
    else await reconcileVolume(rest.join("/"), context);
  },
};

async function ensureClass(context: ControllerContext): Promise<void> {
  if (context.store("storage.k8s.io/v1", "StorageClass").get(folderClass)) return;
  const storageClass: KubeObject = {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name: folderClass, annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
    provisioner,
    reclaimPolicy: "Delete",
    volumeBindingMode: "Immediate",
  };
  await context.write.create(storageClass).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
}

async function reconcileClaim(key: string, context: ControllerContext): Promise<void> {
  let claim = context.store<Claim>("v1", "PersistentVolumeClaim").get(key);
  if (claim === undefined || isTerminating(claim)) return;
  const volume = await volumeFor(claim, context);
  if (volume === undefined) {
    if (claim.status?.phase === undefined)
      await context.write.replaceStatus(claim, { ...claim.status, phase: "Pending" });
    return;
  }
  if (claim.spec.volumeName !== volume.metadata.name)
    claim = await context.write.patch(claim, "merge", {
      metadata: {
        resourceVersion: claim.metadata.resourceVersion,
        annotations: {
          "pv.kubernetes.io/bind-completed": "yes",
          "pv.kubernetes.io/bound-by-controller": "yes",
        },
      },
      spec: { volumeName: volume.metadata.name },
    });
  const status = { phase: "Bound", accessModes: volume.spec.accessModes, capacity: volume.spec.capacity };
  if (!isEqual(status, { ...claim.status })) await context.write.replaceStatus(claim, status);
}

async function volumeFor(claim: Claim, context: ControllerContext): Promise<Volume | undefined> {
  const volumes = context.store<Volume>("v1", "PersistentVolume");
  const { namespace, name, uid } = claim.metadata;
  const isFor = (volume: Volume): boolean => {
    const ref = volume.spec.claimRef;
    return ref?.namespace === namespace && ref?.name === name && (ref?.uid === undefined || ref.uid === uid);
  };
  const present = claim.spec.volumeName ? volumes.get(claim.spec.volumeName) : volumes.list().find(isFor);
  if (present) {
    const ref = present.spec.claimRef;
    if (ref && !isFor(present)) return undefined;
    if (ref?.uid === uid) return present;
    return context.write.replace({ ...present, spec: { ...present.spec, claimRef: claimRefOf(claim) } });
  }
  if (claim.spec.volumeName || claim.spec.storageClassName === "" || context.options.volumesDir === undefined)
    return undefined;
  const path = join(context.options.volumesDir, namespace!, `${name}-${uid}`);
  await mkdir(path, { recursive: true, mode: 0o700 });
  const volume: Volume = {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: `pvc-${uid}`, annotations: { [provisionedBy]: provisioner } },
    spec: {
      capacity: { storage: claim.spec.resources?.requests?.storage ?? "1Gi" },
      accessModes: claim.spec.accessModes,
      volumeMode: claim.spec.volumeMode ?? "Filesystem",
      storageClassName: claim.spec.storageClassName ?? folderClass,
      persistentVolumeReclaimPolicy: "Delete",
      claimRef: claimRefOf(claim),
      hostPath: { path, type: "DirectoryOrCreate" },
    },
  };
  try {
    const created = await context.write.create(volume);
    context.events.normal(
      claim,
      "ProvisioningSucceeded",
      `Successfully provisioned volume ${volume.metadata.name}`,
    );
    return created;
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    return context.client.find<Volume>({
      apiVersion: "v1",
      kind: "PersistentVolume",
      name: volume.metadata.name!,
    });
  }
}

const claimRefOf = (claim: Claim): NonNullable<Volume["spec"]["claimRef"]> => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  namespace: claim.metadata.namespace!,
  name: claim.metadata.name!,
  uid: claim.metadata.uid,
});

async function reconcileVolume(name: string, context: ControllerContext): Promise<void> {
  const volume = context.store<Volume>("v1", "PersistentVolume").get(name);
  if (volume === undefined) return;
  const ref = volume.spec.claimRef;
  const claim =
    ref && context.store<Claim>("v1", "PersistentVolumeClaim").get(`${ref.namespace}/${ref.name}`);
  const released = ref?.uid !== undefined && claim?.metadata.uid !== ref.uid;
  const phase = released ? "Released" : ref?.uid && claim?.spec.volumeName === name ? "Bound" : "Available";
  if (released && !isTerminating(volume) && volume.metadata.annotations?.[provisionedBy] === provisioner) {
    // A cache can be behind: data are removed only when the server itself says that the claim is gone.
    const live = await context.client.find({ apiVersion: "v1", kind: "PersistentVolumeClaim", ...pick(ref) });
    if (live?.metadata.uid === ref.uid) return;
    if (volume.spec.persistentVolumeReclaimPolicy === "Delete") return removeVolume(volume, context);
  }
  if (volume.status?.phase !== phase) await context.write.replaceStatus(volume, { ...volume.status, phase });
}

const pick = ({
  namespace,
  name,
}: {
  namespace: string;
  name: string;
}): { namespace: string; name: string } => ({ namespace, name });

async function removeVolume(volume: Volume, context: ControllerContext): Promise<void> {
  const { volumesDir } = context.options;
  const path = volume.spec.hostPath?.path;
  if (volumesDir === undefined || path === undefined) return;
  // Somebody could have edited the volume: nothing outside our folder is ever removed.
  const inside = relative(volumesDir, path);
  if (inside === "" || inside.startsWith("..") || isAbsolute(inside)) return;
  // The folder first: should this be cut off here, the volume is still there to tell of it.
  await rm(path, { recursive: true, force: true });
  await context.write.delete(volume);
}
