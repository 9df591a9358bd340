import type { KubeObject } from "../../../contract/index.ts";
import type { ControllerContext } from "../runtime/Controller.ts";
import type { ObjectStore } from "../runtime/ObjectStore.ts";
import { controllerReference } from "./controllerRef.ts";
import { selects, type LabelSelector } from "../../LabelSelector.ts";
import { isTerminating } from "./Pod.ts";

/**
 * The objects that are the owner's: those it controls and selects. Orphans that it selects are adopted, objects that it no longer selects are released.
 * An owner that is being deleted neither adopts nor releases.
 */
export async function claim<T extends KubeObject>(
  owner: KubeObject,
  selector: LabelSelector | undefined,
  store: ObjectStore<T>,
  context: ControllerContext,
): Promise<T[]> {
  const mine: T[] = [];
  for (const object of store.controlledBy(owner.metadata.uid!)) {
    if (selects(selector, object.metadata.labels) || isTerminating(owner)) mine.push(object);
    else
      await changeOwners(
        object,
        (object.metadata.ownerReferences ?? []).filter((ref) => ref.uid !== owner.metadata.uid),
      );
  }
  if (isTerminating(owner)) return mine;
  for (const object of store.orphans(owner.metadata.namespace))
    if (!isTerminating(object) && selects(selector, object.metadata.labels))
      mine.push(
        await changeOwners(object, [...(object.metadata.ownerReferences ?? []), controllerReference(owner)]),
      );
  return mine;

  function changeOwners(object: T, ownerReferences: KubeObject["metadata"]["ownerReferences"]): Promise<T> {
    const { uid, resourceVersion } = object.metadata;
    return context.write.patch(object, "merge", { metadata: { uid, resourceVersion, ownerReferences } });
  }
}
