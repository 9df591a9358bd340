import {
  type JsonObject,
  type SchemaNode,
  fieldNode,
  isAtomicAt,
  isObject,
  itemNode,
  treatedAs,
} from "../schema/SchemaNode.ts";
import { EMPTY, type FieldSet, LEAF } from "./FieldSet.ts";
import { listElement } from "./listElement.ts";

/** The fields that a configuration speaks of: what its manager owns after applying it. */
export const fieldsOf = (value: unknown, node: SchemaNode): FieldSet =>
  fieldsBelow(value, node, false) ?? EMPTY;

/** The fields of a value, which is in the set itself as a `member`; undefined when there are none. */
function fieldsBelow(value: unknown, node: SchemaNode, member: boolean): FieldSet | undefined {
  const as = treatedAs(node, value);
  if (as === "scalar" || isAtomicAt(node, as) || value === null || value === undefined) return undefined;
  const out: Record<string, FieldSet> = member ? { ".": LEAF } : {};
  let any = false;
  if (as === "map") {
    if (!isObject(value)) return undefined;
    for (const name in value) {
      const item = value[name];
      if (item === undefined) continue;
      const child = fieldNode(node, name);
      const known = node.shape === "object" && node.fields?.has(name) === true;
      const entry = entryOfField(item, child, !known);
      if (entry === undefined) continue;
      out[`f:${name}`] = entry;
      any = true;
    }
    return any ? out : undefined;
  }
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const child = itemNode(node);
  for (const item of value) {
    const element = listElement(node, item);
    // Of what is there twice only the place is known: which one has which fields can't be told.
    out[element] = Object.hasOwn(out, element) ? LEAF : (fieldsBelow(item, child, true) ?? LEAF);
  }
  return out;
}

/** A field is in the set itself when it is a leaf, empty, null, or the key of a map. */
function entryOfField(value: unknown, node: SchemaNode, isMapKey: boolean): FieldSet | undefined {
  const as = treatedAs(node, value);
  if (as === "scalar" || isAtomicAt(node, as) || value === null) return LEAF;
  if (isMapKey) return fieldsBelow(value, node, true) ?? LEAF;
  // An empty list is nobody's.
  return fieldsBelow(value, node, false) ?? (isObject(value) && isEmptyObject(value) ? LEAF : undefined);
}

function isEmptyObject(value: JsonObject): boolean {
  for (const _ in value) return false;
  return true;
}

/**
 * The fields of an object that is new, as a create owns them, in printing order. The same as comparing it with nothing, in one walk; the object counts
 * as present, and so does what a server written in Go always has (`embedded`).
 */
export const fieldsOfCreate = (object: JsonObject, node: SchemaNode): FieldSet =>
  fieldsOfNew(object, node, true) ?? EMPTY;

/** Undefined when there are none. */
function fieldsOfNew(object: JsonObject, node: SchemaNode, present: boolean): FieldSet | undefined {
  // What counts as there before is no field of its own.
  const out: Record<string, FieldSet> = present ? {} : { ".": LEAF };
  let any = false;
  for (const name of Object.keys(object).toSorted()) {
    const value = object[name];
    if (value === undefined) continue;
    const entry = entryOfNew(value, fieldNode(node, name), present && node.embedded?.has(name) === true);
    if (entry === undefined) continue;
    out[`f:${name}`] = entry;
    any = true;
  }
  return any ? out : undefined;
}

function entryOfNew(value: unknown, node: SchemaNode, present: boolean): FieldSet | undefined {
  const as = treatedAs(node, value);
  if (as === "scalar" || isAtomicAt(node, as) || value === null) {
    // An embedded leaf that is still empty is what was there before.
    return present && isEmptyValue(value) ? undefined : LEAF;
  }
  if (as === "map") {
    if (!isObject(value) || isEmptyObject(value)) return present ? undefined : LEAF;
    return fieldsOfNew(value, node, present) ?? (present ? undefined : LEAF);
  }
  const items = value as unknown[];
  if (items.length === 0) return LEAF;
  const elements: [string, unknown][] = items.map((item) => [listElement(node, item), item]);
  const out: Record<string, FieldSet> = present ? {} : { ".": LEAF };
  const child = itemNode(node);
  for (const [element, item] of elements) {
    // Two items of one key: the key alone is owned, as a leaf.
    out[element] = element in out ? LEAF : (entryOfNew(item, child, false) ?? LEAF);
  }
  return out;
}

const isEmptyValue = (value: unknown): boolean =>
  value === null || value === "" || (isObject(value) && isEmptyObject(value));
