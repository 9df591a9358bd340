import { join } from "node:path";
import { isAlreadyExists, isConflict, isNotFound, type KubeClient } from "../../src/kube/index.ts";
import { systemClock } from "../../src/sandbox/Clock.ts";
import { foldersOnDisk, isBelow } from "../../src/sandbox/controllers/volumes/folders.ts";
import {
  defaultClassAnnotation,
  folderClass,
  provisionedBy,
  provisioner,
  type Claim,
  type Volume,
} from "../../src/sandbox/controllers/volumes/objects.ts";

/** Set by the volume controller of Kubernetes on a claim that waits for an external provisioner. */
const wantedFrom = "volume.kubernetes.io/storage-provisioner";

/**
 * What an external provisioner does beside a real control plane: the default storage class of the sandbox, a folder for each claim of it,
 * and the folder's end when the claim has gone. The control plane itself binds. Until the signal fires.
 */
export async function provisionFolders(
  client: KubeClient,
  volumesDir: string,
  signal: AbortSignal,
): Promise<{ readonly over: Promise<unknown> }> {
  const storageClass = {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name: folderClass, annotations: { [defaultClassAnnotation]: "true" } },
    provisioner,
    reclaimPolicy: "Delete",
    volumeBindingMode: "Immediate",
    allowVolumeExpansion: true,
  };
  await client.create(storageClass);
  /** What did not work is done anew, from what is then. */
  const always = async (pass: () => Promise<void>): Promise<void> => {
    while (!signal.aborted) {
      await pass().catch(() => undefined);
      await systemClock.sleep(500, signal).catch(() => undefined);
    }
  };
  const make = async ({ metadata, spec }: Claim): Promise<void> => {
    if (spec.volumeName || metadata.annotations?.[wantedFrom] !== provisioner) return;
    const { name, namespace, uid = "" } = metadata;
    const path = join(volumesDir, `${namespace}.${name}.${uid.slice(0, 8)}`);
    await foldersOnDisk.make(path);
    const volume: Volume = {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name: `pvc-${uid}`, annotations: { [provisionedBy]: provisioner } },
      spec: {
        accessModes: spec.accessModes,
        capacity: { storage: spec.resources?.requests?.["storage"] ?? "1Gi" },
        claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", name, namespace, uid },
        hostPath: { path, type: "DirectoryOrCreate" },
        persistentVolumeReclaimPolicy: "Delete",
        storageClassName: spec.storageClassName,
      },
    };
    await client.create(volume).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
    });
  };
  const remove = async ({ metadata, spec, status }: Volume): Promise<void> => {
    if (status?.phase !== "Released" || metadata.annotations?.[provisionedBy] !== provisioner) return;
    const path = spec.hostPath?.path;
    if (path !== undefined && isBelow(path, volumesDir)) await foldersOnDisk.remove(path);
    const { name = "", uid } = metadata;
    await client
      .delete({ apiVersion: "v1", kind: "PersistentVolume", name }, { uid })
      .catch((error: unknown) => {
        if (!isNotFound(error) && !isConflict(error)) throw error;
      });
  };
  const claims = async (): Promise<void> => {
    const kind = { apiVersion: "v1", kind: "PersistentVolumeClaim" };
    for await (const event of client.follow<Claim>(kind, { signal }))
      if (event.type !== "SYNCED" && event.type !== "DELETED") await make(event.object);
  };
  const volumes = async (): Promise<void> => {
    const kind = { apiVersion: "v1", kind: "PersistentVolume" };
    for await (const event of client.follow<Volume>(kind, { signal }))
      if (event.type !== "SYNCED" && event.type !== "DELETED") await remove(event.object);
  };
  return { over: Promise.all([always(claims), always(volumes)]) };
}
