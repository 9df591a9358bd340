import type { KubeObject, ManagedFieldsEntry } from "../../../contract/index.ts";
import type { SchemaNode } from "../schema/SchemaNode.ts";
import { compare } from "./compare.ts";
import { type FieldFilter, difference, isEmpty, union } from "./FieldSet.ts";
import { fieldsOfCreate } from "./fieldsOf.ts";
import { ListElementError } from "./listElement.ts";
import {
  type Manager,
  type Managers,
  capUpdaters,
  entryOf,
  managerId,
  readManagers,
  versionLost,
  writeManagers,
} from "./ManagedFields.ts";
import { malformation } from "./refuseMalformed.ts";
import { filtered, reconcileWithSchema, takeAway, takenFromOthers, withoutUntracked } from "./ownership.ts";

export interface UpdateOptions {
  /** Undefined on create. */
  readonly live: KubeObject | undefined;
  /** Changed in place: its `metadata.managedFields`. */
  readonly next: KubeObject;
  readonly schema: SchemaNode;
  /** `?fieldManager=`, else the first part of the User-Agent. */
  readonly manager: string;
  readonly apiVersion: string;
  /** Empty or left out: the main endpoint. */
  readonly subresource?: string;
  /** RFC 3339, whole seconds. Undefined: the entry carries no time. */
  readonly now: string | undefined;
  /** What the endpoint ignores: nobody can come to own it here. */
  readonly resetFields?: FieldFilter;
  /** The apiVersions of a custom kind, served or not; managers may have written in one that is no more. */
  readonly versions?: ReadonlySet<string>;
}

/**
 * Sets who owns what after a create, a replace or a patch (all but apply). Never conflicts: what changes is taken from whoever had it. An object without
 * managed fields stays without, until something is applied to it. `managedFields: []` in `next` forgets them all.
 */
export function updateManagedFields(options: UpdateOptions): void {
  try {
    setManagedFields(options);
  } catch (error) {
    // Items without any of their keys can't be owned: as the real server, go on without owners.
    if (!(error instanceof ListElementError)) throw error;
    delete options.next.metadata.managedFields;
  }
}

function setManagedFields(options: UpdateOptions): void {
  const { live, next } = options;
  const sent = next.metadata.managedFields;
  if (live === undefined && !Array.isArray(sent)) {
    const entry = entryOfCreate(options);
    if (entry === undefined) delete next.metadata.managedFields;
    else next.metadata.managedFields = [entry];
    return;
  }
  const managers = managersToStart(options);
  delete next.metadata.managedFields;
  // As the real server: who had what can't be told by a schema that one of the two does not fit, or for a version that is no more.
  if (versionLost(managers, options.versions) !== undefined || isMalformed(live, options)) return;
  if (managers.size > 0 || live === undefined) recordUpdate(managers, options);
  writeManagers(next, managers);
}

const isMalformed = (live: KubeObject | undefined, { next, schema }: UpdateOptions): boolean =>
  live !== undefined &&
  schema.custom !== undefined &&
  (malformation(live, schema, true) ?? malformation(next, schema, true)) !== undefined;

/** Clients that don't know of managed fields leave them out, or send them back as read; who knows them may edit them, but not by a subresource. */
function managersToStart({ live, next, subresource }: UpdateOptions): Managers {
  const stored = (): Managers => readManagers(live?.metadata.managedFields) ?? new Map();
  const sent = next.metadata.managedFields;
  if (subresource) return stored();
  if (isReset(sent)) return new Map();
  const managers = readManagers(sent);
  return managers === undefined || managers.size === 0 ? stored() : managers;
}

function isReset(sent: ManagedFieldsEntry[] | undefined): boolean {
  if (!Array.isArray(sent)) return false;
  return sent.length === 0 || (sent.length === 1 && Object.keys(sent[0] ?? {}).length === 0);
}

const managerOf = (
  { manager, apiVersion, subresource = "", now }: UpdateOptions,
  fields: Manager["fields"],
): Manager => ({
  name: manager === "" ? "unknown" : manager,
  operation: "Update",
  apiVersion,
  subresource,
  time: now,
  fields,
});

function entryOfCreate(options: UpdateOptions): ManagedFieldsEntry | undefined {
  const created = fieldsOfCreate(options.next, options.schema);
  const fields = withoutUntracked(options.resetFields?.(created) ?? created);
  return isEmpty(fields) ? undefined : entryOf(managerOf(options, fields));
}

/** Lets an update take what it changed. Shared with the first apply to an object that nobody tracked. */
export function recordUpdate(managers: Managers, options: UpdateOptions): void {
  const before: unknown = options.live ?? {
    apiVersion: options.next.apiVersion,
    kind: options.next.kind,
    metadata: {},
  };
  reconcileWithSchema(managers, options.schema);
  const changed = filtered(compare(before, options.next, options.schema), options.resetFields);
  takeAway(managers, takenFromOthers(managers, changed, ""), changed.removed, "");
  const own = withoutUntracked(difference(union(changed.modified, changed.added), changed.removed));
  if (!isEmpty(own)) {
    const mine = managerOf(options, own);
    const id = managerId(mine);
    const previous = managers.get(id);
    managers.set(id, previous === undefined ? mine : { ...mine, fields: union(previous.fields, own) });
  }
  capUpdaters(managers);
}
