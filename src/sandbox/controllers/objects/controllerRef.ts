import type { KubeObject, OwnerReference } from "../../../contract/index.ts";

export const controllerOf = (object: KubeObject): OwnerReference | undefined =>
  object.metadata.ownerReferences?.find((owner) => owner.controller === true);

export const isControlledBy = (object: KubeObject, owner: KubeObject): boolean =>
  controllerOf(object)?.uid === owner.metadata.uid;

export const controllerReference = (owner: KubeObject): OwnerReference => ({
  apiVersion: owner.apiVersion,
  kind: owner.kind,
  name: owner.metadata.name!,
  uid: owner.metadata.uid!,
  controller: true,
  blockOwnerDeletion: true,
});

/** `NAMESPACE/NAME`, or `NAME` for cluster-wide kinds. */
export const keyOf = (object: { metadata: { name?: string; namespace?: string } }): string =>
  object.metadata.namespace === undefined
    ? object.metadata.name!
    : `${object.metadata.namespace}/${object.metadata.name}`;

/** The key of an object's controller, when that is of the kind. */
export function controllerKeyOf(object: KubeObject, kind: string): string[] {
  const controller = controllerOf(object);
  return controller?.kind === kind ? [`${object.metadata.namespace}/${controller.name}`] : [];
}
