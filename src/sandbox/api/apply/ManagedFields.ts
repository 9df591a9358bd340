import type { KubeObject, ManagedFieldsEntry } from "../../../contract/index.ts";
import { type FieldSet, parseFieldSet, sorted, union } from "./FieldSet.ts";

/** Who owns what, while it is being changed. */
export interface Manager {
  readonly name: string;
  readonly operation: "Apply" | "Update";
  apiVersion: string;
  readonly subresource: string;
  time: string | undefined;
  fields: FieldSet;
}

/** Managers by identity. An applier keeps its identity across versions; an updater has one per version. */
export type Managers = Map<string, Manager>;

export const managerId = (
  manager: Pick<Manager, "name" | "operation" | "apiVersion" | "subresource">,
): string =>
  JSON.stringify([
    manager.name,
    manager.operation,
    manager.operation === "Apply" ? "" : manager.apiVersion,
    manager.subresource,
  ]);

/** Reads `metadata.managedFields`; undefined when they are malformed, which makes a server go by the stored ones. */
export function readManagers(entries: unknown): Managers | undefined {
  const out: Managers = new Map();
  if (entries === undefined || entries === null) return out;
  if (!Array.isArray(entries)) return undefined;
  for (const entry of entries as ManagedFieldsEntry[]) {
    if (entry.operation !== "Apply" && entry.operation !== "Update") return undefined;
    if (!entry.apiVersion || entry.fieldsType !== "FieldsV1") return undefined;
    const fields = knownSet(entry.fieldsV1 ?? {});
    if (fields === undefined) return undefined;
    const manager: Manager = {
      name: entry.manager ?? "",
      operation: entry.operation,
      apiVersion: entry.apiVersion,
      subresource: entry.subresource ?? "",
      time: entry.time,
      fields,
    };
    out.set(managerId(manager), manager);
  }
  return out;
}

/** The version of a manager that is none of those any more, if there is one. */
export const versionLost = (
  managers: Managers,
  versions: ReadonlySet<string> | undefined,
): string | undefined =>
  versions && managers.values().find(({ apiVersion }) => !versions.has(apiVersion))?.apiVersion;

/** Sets that have been checked, or were made here, need no second look. */
const checked = new WeakSet<object>();

function knownSet(fieldsV1: object): FieldSet | undefined {
  if (checked.has(fieldsV1)) return fieldsV1 as FieldSet;
  const set = parseFieldSet(fieldsV1);
  if (set !== undefined) checked.add(fieldsV1);
  return set;
}

/** Writes the managers as `metadata.managedFields`, in the real server's order; takes the field away when there are none. */
export function writeManagers(object: KubeObject, managers: Managers): void {
  if (managers.size === 0) {
    delete object.metadata.managedFields;
    return;
  }
  const list = [...managers.values()];
  if (list.length > 1) list.sort(compareManagers);
  object.metadata.managedFields = list.map(entryOf);
}

/** One entry, with the key order of a real server's answer. */
export function entryOf(manager: Manager): ManagedFieldsEntry {
  const fieldsV1 = checked.has(manager.fields) ? manager.fields : sorted(manager.fields);
  checked.add(fieldsV1);
  const entry: ManagedFieldsEntry = {
    manager: manager.name,
    operation: manager.operation,
    apiVersion: manager.apiVersion,
  };
  if (manager.time !== undefined) entry.time = manager.time;
  entry.fieldsType = "FieldsV1";
  entry.fieldsV1 = fieldsV1 as unknown as Record<string, unknown>;
  if (manager.subresource !== "") entry.subresource = manager.subresource;
  return entry;
}

const secondsOf = (time: string | undefined): number =>
  time === undefined ? 0 : Math.floor(Date.parse(time) / 1000);
const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function compareManagers(a: Manager, b: Manager): number {
  return (
    order(a.operation, b.operation) ||
    secondsOf(a.time) - secondsOf(b.time) ||
    order(a.name, b.name) ||
    order(a.apiVersion, b.apiVersion) ||
    order(a.subresource, b.subresource)
  );
}

const MOST_UPDATERS = 10;

/** Merges the oldest updaters of a version into `ancient-changes`, so that there are never more than ten of them. */
export function capUpdaters(managers: Managers): void {
  const updaters = [...managers].filter(([, manager]) => manager.operation === "Update");
  let count = updaters.length;
  if (count <= MOST_UPDATERS) return;
  updaters.sort(([idA, a], [idB, b]) => secondsOf(a.time) - secondsOf(b.time) || order(idA, idB));
  const firstOfVersion = new Map<string, string>();
  for (const [id, manager] of updaters) {
    if (count <= MOST_UPDATERS) return;
    const first = firstOfVersion.get(manager.apiVersion);
    if (first === undefined) {
      firstOfVersion.set(manager.apiVersion, id);
      continue;
    }
    const bucketOf = {
      name: "ancient-changes",
      operation: "Update",
      apiVersion: manager.apiVersion,
      subresource: "",
    } as const;
    const bucketId = managerId(bucketOf);
    const bucket = managers.get(bucketId) ?? managers.get(first)!;
    managers.delete(first);
    managers.delete(id);
    managers.set(bucketId, { ...bucketOf, time: manager.time, fields: union(bucket.fields, manager.fields) });
    count--;
  }
}
