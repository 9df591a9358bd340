import { type SchemaNode, fieldNode, isAtomicAt, itemNode } from "../schema/SchemaNode.ts";
import type { Comparison } from "./compare.ts";
import { type FieldFilter, type FieldSet, difference, intersection, isEmpty, union } from "./FieldSet.ts";
import type { Manager, Managers } from "./ManagedFields.ts";

/** Fields that are never tracked. */
const untracked: FieldSet = {
  "f:apiVersion": {},
  "f:kind": {},
  "f:metadata": {
    ".": {},
    "f:name": {},
    "f:namespace": {},
    "f:creationTimestamp": {},
    "f:selfLink": {},
    "f:uid": {},
    "f:clusterName": {},
    "f:generation": {},
    "f:managedFields": {},
    "f:resourceVersion": {},
  },
};

export const withoutUntracked = (set: FieldSet): FieldSet => difference(set, untracked);

/** What others own of that which changed: what an apply has to ask for, and an update takes. */
export function takenFromOthers(
  managers: Managers,
  changed: Comparison,
  self: string,
): Map<string, FieldSet> {
  const out = new Map<string, FieldSet>();
  const touched = union(changed.modified, changed.added);
  if (isEmpty(touched)) return out;
  for (const [id, manager] of managers) {
    if (id === self) continue;
    const taken = intersection(manager.fields, touched);
    if (!isEmpty(taken)) out.set(id, taken);
  }
  return out;
}

/** Takes what changed hands, and what is gone, from everybody but `self`; forgets managers that are left with nothing. */
export function takeAway(
  managers: Managers,
  taken: Map<string, FieldSet>,
  removed: FieldSet,
  self: string,
): void {
  for (const [id, manager] of managers) {
    let fields = manager.fields;
    if (id !== self) {
      const lost = taken.get(id);
      if (lost !== undefined) fields = difference(fields, lost);
      fields = difference(fields, removed);
    }
    if (isEmpty(fields)) managers.delete(id);
    else if (fields !== manager.fields) managers.set(id, { ...manager, fields });
  }
}

export function filtered(comparison: Comparison, filter: FieldFilter | undefined): Comparison {
  if (filter === undefined) return comparison;
  return {
    added: filter(comparison.added),
    modified: filter(comparison.modified),
    removed: filter(comparison.removed),
  };
}

/** Managers recorded under a schema in which a list or map was granular, and now is atomic, own it as a whole. */
export function reconcileWithSchema(managers: Managers, node: SchemaNode): void {
  for (const [id, manager] of managers) {
    const fields = reconciled(manager.fields, node);
    if (fields !== manager.fields) managers.set(id, { ...manager, fields } satisfies Manager);
  }
}

/** Sets that were found to be right for a schema, so that each is looked through once. */
const right = new WeakMap<SchemaNode, WeakSet<FieldSet>>();

function reconciled(set: FieldSet, node: SchemaNode): FieldSet {
  let known = right.get(node);
  if (known === undefined) right.set(node, (known = new WeakSet()));
  if (known.has(set)) return set;
  const out = reconciledBelow(set, node);
  known.add(out);
  return out;
}

function reconciledBelow(set: FieldSet, node: SchemaNode): FieldSet {
  if (node.shape === "any" || node.shape === "scalar") return set;
  let changed: Record<string, FieldSet> | undefined;
  for (const element in set) {
    const entry = set[element]!;
    if (element === "." || isEmpty(entry)) continue;
    const isField = element.startsWith("f:");
    if (isField && node.shape === "object" && !node.fields?.has(element.slice(2))) continue;
    const child = isField ? fieldNode(node, element.slice(2)) : itemNode(node);
    const as = child.shape === "list" ? "list" : "map";
    const fixed =
      child.shape !== "any" && child.shape !== "scalar" && isAtomicAt(child, as)
        ? {}
        : reconciledBelow(entry, child);
    if (fixed !== entry) (changed ??= { ...set })[element] = fixed;
  }
  return changed ?? set;
}
