import { isEqual } from "../objects/hash.ts";
import { isTerminating } from "../objects/Pod.ts";
import type { Controller, ControllerContext } from "../runtime/Controller.ts";
import { foldersOnDisk, isBelow } from "./folders.ts";
import { provisionedBy, provisioner, volumeProtection, type Claim, type Volume } from "./objects.ts";

/** Tells whether a volume is free, bound or left over; what is left over goes, with its folder, when its class says Delete. */
export const volumeController: Controller = {
  name: "persistentvolume-reclaimer",
  watches: [
    { apiVersion: "v1", kind: "PersistentVolume" },
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      keys: (claim, context) => {
        const { volumeName } = (claim as Claim).spec;
        const reserved = context
          .store<Volume>("v1", "PersistentVolume")
          .list()
          .filter((volume) => volume.spec.claimRef?.uid === claim.metadata.uid)
          .map((volume) => volume.metadata.name!);
        return new Set(volumeName ? [volumeName, ...reserved] : reserved);
      },
    },
  ],
  async reconcile(name, context) {
    const volume = context.store<Volume>("v1", "PersistentVolume").get(name);
    if (volume === undefined) return;
    if (isTerminating(volume) && volume.status?.phase !== "Bound") return letGo(volume, context);
    const { claimRef } = volume.spec;
    if (!claimRef?.uid) return setPhase(volume, "Available", context);
    if (await isThere(claimRef, context)) return setPhase(volume, "Bound", context);
    if (isTerminating(volume)) return setPhase(volume, "Released", context);
    if (
      volume.spec.persistentVolumeReclaimPolicy !== "Delete" ||
      volume.metadata.annotations?.[provisionedBy] !== provisioner
    )
      return setPhase(volume, "Released", context);
    await setPhase(volume, "Released", context);
    const { volumesDir, folders = foldersOnDisk } = context.options;
    const path = volume.spec.hostPath?.path;
    // Whatever somebody wrote into the object: only what lies in our own folder is removed.
    if (path !== undefined && volumesDir !== undefined && isBelow(path, volumesDir))
      await folders.remove(path);
    await context.write.delete(volume);
  },
};

/** A volume that no claim has may go. */
async function letGo(volume: Volume, context: ControllerContext): Promise<void> {
  const { uid, resourceVersion, finalizers = [] } = volume.metadata;
  if (!finalizers.includes(volumeProtection)) return;
  await context.write.patchIfThere(volume, "merge", {
    metadata: { uid, resourceVersion, finalizers: finalizers.filter((one) => one !== volumeProtection) },
  });
}

/** Asked of the server, not of the watch: a folder must not go because news is late. */
async function isThere(
  ref: NonNullable<Volume["spec"]["claimRef"]>,
  context: ControllerContext,
): Promise<boolean> {
  const known = context.store<Claim>("v1", "PersistentVolumeClaim").get(`${ref.namespace}/${ref.name}`);
  if (known?.metadata.uid === ref.uid) return true;
  const live = await context.client.find({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    name: ref.name!,
    namespace: ref.namespace,
  });
  return live?.metadata.uid === ref.uid;
}

async function setPhase(volume: Volume, phase: string, context: ControllerContext): Promise<void> {
  if (volume.status?.phase === phase) return;
  const status = { ...volume.status, phase, lastPhaseTransitionTime: context.now() };
  if (!isEqual(status, volume.status)) await context.write.replaceStatus(volume, status);
}
