import type { KubeObject } from "../../../contract/index.ts";
import type { PodSpec } from "../kinds/shapes.ts";
import { keyOf, type Store } from "../store/Store.ts";
import { denied, deniedEarly, isCore, type AdmissionPlugin } from "./AdmissionRequest.ts";

interface PriorityClass extends KubeObject {
  value?: number;
  globalDefault?: boolean;
  preemptionPolicy?: string;
}

const collection = "scheduling.k8s.io/priorityclasses";

const defaultOf = (store: Store): PriorityClass | undefined =>
  store
    .list(collection)
    .map(({ object }) => object as PriorityClass)
    .filter(({ globalDefault }) => globalDefault === true)
    .toSorted((a, b) => (a.value ?? 0) - (b.value ?? 0))[0];

/** Gives a pod the priority of its class, and holds that only one class is the default. */
export const priority: AdmissionPlugin = {
  name: "Priority",
  mutate(request) {
    const { context, operation, object, live } = request;
    if (!isCore(request, "pods")) return;
    const spec = (object.spec ??= {}) as PodSpec & { priorityClassName?: string };
    if (operation === "UPDATE") {
      const before = (live?.spec ?? {}) as PodSpec;
      if (before.priority !== undefined) spec.priority ??= before.priority;
      if (before.preemptionPolicy !== undefined) spec.preemptionPolicy ??= before.preemptionPolicy;
      return;
    }
    const name = spec.priorityClassName;
    const found: PriorityClass | undefined = name
      ? context.store.get(collection, keyOf(undefined, name))?.object
      : defaultOf(context.store);
    if (name && found === undefined)
      throw deniedEarly(request, `no PriorityClass with name ${name} was found`);
    if (found !== undefined) spec.priorityClassName = found.metadata.name ?? "";
    const value = found?.value ?? 0;
    const policy = found === undefined ? "PreemptLowerPriority" : found.preemptionPolicy;
    if (spec.priority !== undefined && spec.priority !== value) {
      throw deniedEarly(
        request,
        `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
      );
    }
    if (policy !== undefined && spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
      throw deniedEarly(
        request,
        `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
      );
    }
    spec.priority = value;
    if (policy !== undefined) spec.preemptionPolicy = policy;
  },
  validate(request) {
    const { context, kind, subresource, object, operation } = request;
    if (kind.collection !== collection || subresource !== "") return;
    if ((object as PriorityClass).globalDefault !== true) return;
    const other = defaultOf(context.store)?.metadata.name;
    if (other === undefined || (operation === "UPDATE" && other === object.metadata.name)) return;
    throw denied(request, `PriorityClass ${other} is already marked as default. Only one default can exist`);
  },
};
