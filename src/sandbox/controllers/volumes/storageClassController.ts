import { isAlreadyExists } from "../../../kube/KubeError.ts";
import type { Controller } from "../runtime/Controller.ts";
import { defaultClassAnnotation, folderClass, provisioner } from "./objects.ts";

/** Makes the storage class `moorage-folder`, the default, at the start. Who changes or deletes it then is left alone. */
export const storageClassController: Controller = {
  name: "storageclass-controller",
  watches: [],
  initialKeys: [folderClass],
  async reconcile(name, context) {
    if (context.options.volumesDir === undefined) return;
    if (await context.client.find({ apiVersion: "storage.k8s.io/v1", kind: "StorageClass", name })) return;
    const storageClass = {
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name, annotations: { [defaultClassAnnotation]: "true" } },
      provisioner,
      reclaimPolicy: "Delete",
      volumeBindingMode: "Immediate",
      allowVolumeExpansion: true,
    };
    await context.write.create(storageClass).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
    });
  },
};
