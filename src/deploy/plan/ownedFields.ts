import type { KubeObject, ManagedFieldsEntry } from "../../contract/index.ts";
import { ownValue } from "./deepEqual.ts";
import type { Segment } from "./fieldPath.ts";

/** The FieldsV1 format: `f:name` a field, `k:{...}` an item of an associative list, `v:...` a value of a set, `.` the thing itself. */
export type FieldsV1 = { readonly [key: string]: FieldsV1 };

/** The entry of a manager that applies, as it is kept on the live object. */
export function applyEntryOf(live: KubeObject, manager: string): ManagedFieldsEntry | undefined {
  return live.metadata.managedFields?.find(
    (entry) => entry.manager === manager && entry.operation === "Apply" && (entry.subresource ?? "") === "",
  );
}

const nothing = Symbol("nothing");
type Extracted = unknown;

/**
 * The part of a live object that a set of fields covers, as it would have to be applied. No schema is needed: the set itself says which lists are
 * associative, and by which keys. A field that is owned but gone is left out, so that a comparison with what is wanted fails.
 *
 * Source: structured-merge-diff, `fieldpath` serialisation.
 */
export function extractOwned(live: unknown, fields: FieldsV1): Extracted {
  const extracted = extract(live, fields);
  return extracted === nothing ? undefined : extracted;
}

function extract(live: unknown, fields: FieldsV1): unknown {
  const keys = Object.keys(fields).filter((key) => key !== ".");
  if (keys.length === 0) {
    // A leaf owns the whole value; `.` alone owns that it is there, whatever others put inside.
    if (!("." in fields)) return live;
    return Array.isArray(live) ? [] : typeof live === "object" && live !== null ? {} : live;
  }
  if (Array.isArray(live)) return extractItems(live, fields, keys);
  if (typeof live !== "object" || live === null) return nothing;
  const result: Record<string, unknown> = {};
  for (const key of keys) {
    if (!key.startsWith("f:")) continue;
    const name = key.slice(2);
    const child = ownValue(live as Record<string, unknown>, name);
    if (child === undefined) continue;
    const value = extract(child, fields[key] ?? {});
    if (value !== nothing) result[name] = value;
  }
  return result;
}

function extractItems(live: readonly unknown[], fields: FieldsV1, keys: readonly string[]): unknown[] {
  const result: unknown[] = [];
  const selectors = keys.map((key) => ({ key, matches: itemMatcher(key) }));
  for (const [index, item] of live.entries()) {
    const found = selectors.find((selector) => selector.matches(item, index));
    if (found === undefined) continue;
    const value = found.key.startsWith("v:") ? item : extract(item, fields[found.key] ?? {});
    if (value !== nothing) result.push(value);
  }
  return result;
}

/** What a set of fields says of one item of a list; nothing for an item that it does not have, as for one that it owns as a whole. */
export function fieldsOfItem(fields: FieldsV1, item: unknown, index: number): FieldsV1 {
  const key = Object.keys(fields).find((one) => one !== "." && itemMatcher(one)(item, index));
  return (key === undefined ? undefined : fields[key]) ?? {};
}

function itemMatcher(key: string): (item: unknown, index: number) => boolean {
  const rest = key.slice(2);
  if (key.startsWith("k:")) {
    const wanted = Object.entries(JSON.parse(rest) as Record<string, unknown>);
    return (item) =>
      typeof item === "object" &&
      item !== null &&
      wanted.every(([name, value]) => (item as Record<string, unknown>)[name] === value);
  }
  if (key.startsWith("v:")) {
    const wanted = JSON.stringify(JSON.parse(rest));
    return (item) => JSON.stringify(item) === wanted;
  }
  if (key.startsWith("i:")) {
    const wanted = Number(rest);
    return (_item, index) => index === wanted;
  }
  return () => false;
}

/** The union of two sets of fields. */
export function mergeFields(a: FieldsV1, b: FieldsV1): FieldsV1 {
  const result: Record<string, FieldsV1> = { ...a };
  for (const [key, child] of Object.entries(b)) {
    const other = result[key];
    result[key] = other === undefined ? child : mergeFields(other, child);
  }
  return result;
}

/** Whether two sets own the same fields. */
export function sameFields(a: FieldsV1 | undefined, b: FieldsV1 | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameFields(a[key], b[key]))
  );
}

/**
 * Whether a path concerns a set of fields: the set has it, or owns a whole value above it (an atomic list). What a webhook adds beside our fields does not.
 */
export function touchesFields(fields: FieldsV1, path: readonly Segment[]): boolean {
  if (Object.keys(fields).length === 0) return true;
  const [segment, ...rest] = path;
  if (segment === undefined) return true;
  return childrenAt(fields, segment).some((child) => touchesFields(child, rest));
}

function childrenAt(fields: FieldsV1, segment: Segment): FieldsV1[] {
  if ("field" in segment) {
    const child = fields[`f:${segment.field}`];
    return child === undefined ? [] : [child];
  }
  const found: FieldsV1[] = [];
  for (const [key, child] of Object.entries(fields)) {
    if ("index" in segment) {
      if (key !== ".") found.push(child);
    } else if (key.startsWith("k:")) {
      const named = Object.entries(JSON.parse(key.slice(2)) as Record<string, unknown>);
      // The difference may name items by another key than the server does (a Service's ports: name, not port).
      const contradicts = named.some(([name, value]) => name in segment.item && segment.item[name] !== value);
      if (!contradicts) found.push(child);
    } else if (key.startsWith("v:")) {
      found.push(child);
    }
  }
  return found;
}
