import type { KubeObject } from "../../../contract/index.ts";
import { selects, type LabelSelector } from "../../LabelSelector.ts";
import type { Watch } from "../runtime/Controller.ts";
import { controllerKeyOf, controllerOf, keyOf } from "./controllerRef.ts";

/**
 * Watches what owners of a kind claim (`claim.ts`): a change concerns the controller of the object, and of an orphan every owner that selects
 * it. The owners have to be watched too.
 */
export const watchClaimed = (claimed: Kind, owners: Kind): Watch => ({
  ...claimed,
  keys: (object, context) =>
    controllerOf(object)
      ? controllerKeyOf(object, owners.kind)
      : context
          .store<Owner>(owners.apiVersion, owners.kind)
          .list(object.metadata.namespace)
          .filter((owner) => selects(owner.spec.selector, object.metadata.labels))
          .map(keyOf),
});

type Kind = Pick<Watch, "apiVersion" | "kind">;

interface Owner extends KubeObject {
  spec: { selector?: LabelSelector };
}
