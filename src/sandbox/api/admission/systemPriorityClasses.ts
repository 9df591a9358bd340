import type { KubeObject } from "../../../contract/index.ts";
import { timeOf } from "../../Clock.ts";
import { updateManagedFields } from "../apply/index.ts";
import { uidOf } from "../names.ts";
import type { ServerContext } from "../ServerContext.ts";
import { keyOf } from "../store/Store.ts";

/** Their names begin with `system-`, which is theirs alone. */
export const systemPriorityClasses = [
  {
    name: "system-node-critical",
    value: 2_000_001_000,
    description: "Used for system critical pods that must not be moved from their current node.",
  },
  {
    name: "system-cluster-critical",
    value: 2_000_000_000,
    description:
      "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
  },
];

/** The two classes that every server makes at its start. */
export function makeSystemPriorityClasses(context: ServerContext): void {
  const { store, kinds, clock, random } = context;
  const kind = kinds.find("scheduling.k8s.io", "v1", "priorityclasses");
  if (kind === undefined) return;
  for (const { name, ...fields } of systemPriorityClasses) {
    if (store.get(kind.collection, keyOf(undefined, name)) !== undefined) continue;
    const now = timeOf(clock.now());
    const object: KubeObject = {
      kind: "PriorityClass",
      apiVersion: "scheduling.k8s.io/v1",
      metadata: { name, uid: uidOf(random), generation: 1, creationTimestamp: now },
      ...fields,
      preemptionPolicy: "PreemptLowerPriority",
    };
    updateManagedFields({
      live: undefined,
      next: object,
      schema: kind.schema,
      manager: "kube-apiserver",
      apiVersion: "scheduling.k8s.io/v1",
      now,
    });
    store.put(kind.collection, keyOf(undefined, name), object);
  }
}
