import type { KubeObject } from "../../contract/index.ts";
import { isWantedWithDefaults } from "./atomicDefaults.ts";
import { deepEqual } from "./deepEqual.ts";
import { applyEntryOf, extractOwned, type FieldsV1 } from "./ownedFields.ts";

/**
 * Whether a live object still is exactly what we applied and want: told from its managed fields and their values, without a request. `false` means only that
 * the server has to be asked: a quantity that it writes differently, for example.
 */
export function isUnchanged(live: KubeObject, wanted: KubeObject, manager: string): boolean {
  const entry = applyEntryOf(live, manager);
  if (entry?.fieldsV1 === undefined || entry.apiVersion !== wanted.apiVersion) return false;
  const fields = entry.fieldsV1 as FieldsV1;
  const owned = extractOwned(live, fields);
  const applied = withoutIdentity(wanted);
  return deepEqual(owned, applied) || isWantedWithDefaults(owned, applied, fields, wanted);
}

/** What an apply owns of an object: all but its identity, which is no field of anybody. */
export function withoutIdentity(object: KubeObject): Record<string, unknown> {
  const { apiVersion: _version, kind: _kind, metadata, ...rest } = object;
  const { name: _name, namespace: _namespace, ...meta } = metadata;
  return Object.keys(meta).length === 0 ? rest : { metadata: meta, ...rest };
}

/**
 * An object as it is applied: without what only a server writes (`status`, times, versions) and without null, which an apply would take as a value.
 */
export function applicable(object: KubeObject): KubeObject {
  const { status: _status, ...rest } = object;
  const {
    uid: _uid,
    resourceVersion: _resourceVersion,
    generation: _generation,
    creationTimestamp: _creationTimestamp,
    managedFields: _managedFields,
    selfLink: _selfLink,
    ...metadata
  } = object.metadata;
  return withoutNull({ ...rest, metadata }) as KubeObject;
}

function withoutNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNull);
  if (typeof value !== "object" || value === null) return value;
  const result: Record<string, unknown> = {};
  for (const [name, child] of Object.entries(value)) {
    if (child !== null && child !== undefined) result[name] = withoutNull(child);
  }
  return result;
}
