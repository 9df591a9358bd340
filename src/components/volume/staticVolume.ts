import type { KubeObject } from "../../contract/index.ts";
import type { PlacedComponent, RenderContext } from "../../platform/ComponentKind.ts";

/**
 * A PersistentVolume for storage that exists, and the claim bound to it by name. Its name carries the namespace: PersistentVolumes are
 * cluster-wide. `Retain`: whatever happens to the objects, the data stay.
 */
export function staticVolume(
  component: PlacedComponent,
  context: RenderContext,
  volume: {
    size: string | number;
    readOnly: boolean;
    mountOptions?: string[];
    source: Record<string, unknown>;
  },
): KubeObject[] {
  const metadata = context.metadata(component);
  const name = `${metadata.namespace}-${metadata.name}`;
  const accessModes = [volume.readOnly ? "ReadOnlyMany" : "ReadWriteMany"];
  const storage = String(volume.size);
  return [
    {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name, labels: metadata.labels },
      spec: {
        capacity: { storage },
        accessModes,
        persistentVolumeReclaimPolicy: "Retain",
        storageClassName: "",
        mountOptions: volume.mountOptions,
        claimRef: {
          apiVersion: "v1",
          kind: "PersistentVolumeClaim",
          namespace: metadata.namespace,
          name: metadata.name,
        },
        ...volume.source,
      },
    },
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata,
      spec: { accessModes, storageClassName: "", volumeName: name, resources: { requests: { storage } } },
    },
  ];
}
