import type { ManagedFieldsEntry } from "../../../contract/index.ts";
import { objectMetaNode } from "../schema/objectMeta.ts";
import type { SchemaNode } from "../schema/SchemaNode.ts";
import { difference, type FieldSet, intersection, isEmpty } from "./FieldSet.ts";
import { entryOf, type Manager, managerId, readManagers } from "./ManagedFields.ts";

/** As which the number of an object's replicas is written through its scale. */
export const scaleVersion = "autoscaling/v1";

const scalar = (type: "string" | "integer"): SchemaNode => ({ shape: "scalar", scalar: type, atomic: false });
const object = (fields: Record<string, SchemaNode>, embedded: readonly string[] = []): SchemaNode => ({
  shape: "object",
  atomic: false,
  typeName: "Scale",
  fields: new Map(Object.entries(fields)),
  embedded: new Set(embedded),
});

/** The fields of a Scale. */
export const scaleNode: SchemaNode = object(
  {
    apiVersion: scalar("string"),
    kind: scalar("string"),
    metadata: objectMetaNode,
    spec: object({ replicas: scalar("integer") }),
    status: object({ replicas: scalar("integer"), selector: scalar("string") }),
  },
  ["metadata", "spec", "status"],
);

const replicas: FieldSet = { "f:spec": { "f:replicas": {} } };

const setOf = (path: readonly string[]): FieldSet =>
  path.reduceRight<FieldSet>((inner, name) => ({ [`f:${name}`]: inner }), {});

const has = (manager: Manager, set: FieldSet): boolean => !isEmpty(intersection(manager.fields, set));

/** Who owns an object's replicas, as its Scale says it. `path`: where the object has them. */
export function managersOfScale(
  parent: ManagedFieldsEntry[] | undefined,
  path: readonly string[],
): ManagedFieldsEntry[] {
  return [...(readManagers(parent) ?? new Map<string, Manager>()).values()]
    .filter((manager) => has(manager, setOf(path)))
    .map((manager) => entryOf({ ...manager, apiVersion: scaleVersion, fields: replicas }));
}

/**
 * Who owns what of an object after its Scale was written: who lost the replicas there loses them here, and who got them there has them here, in an
 * entry without a time. As in a real server, an updater is another one in the Scale's version, so that its own replicas too move to such an entry.
 * (apimachinery, ScaleHandler)
 */
export function managersOfParent(
  parent: ManagedFieldsEntry[] | undefined,
  scale: ManagedFieldsEntry[] | undefined,
  apiVersion: string,
  path: readonly string[],
): ManagedFieldsEntry[] {
  const mine = setOf(path);
  const owners = new Map(readManagers(scale));
  const out: Manager[] = [];
  for (const [id, manager] of readManagers(parent) ?? new Map<string, Manager>()) {
    if (!has(manager, mine) || owners.delete(id)) {
      out.push(manager);
      continue;
    }
    const fields = difference(manager.fields, mine);
    if (!isEmpty(fields)) out.push({ ...manager, fields });
  }
  for (const manager of owners.values())
    if (has(manager, replicas)) out.push({ ...manager, apiVersion, fields: mine, time: undefined });
  const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return out
    .toSorted(
      (a, b) =>
        order(a.operation, b.operation) ||
        order(a.time ?? "", b.time ?? "") ||
        order(managerId(a), managerId(b)),
    )
    .map(entryOf);
}
