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
export function fieldsOf(value: unknown, node: SchemaNode): FieldSet {
  const as = treatedAs(node, value);
  if (as === "scalar" || isAtomicAt(node, as) || value === null || value === undefined) return EMPTY;
  const out: Record<string, FieldSet> = {};
  if (as === "map") {
    if (!isObject(value)) return EMPTY;
    for (const name in value) {
      const item = value[name];
      if (item === undefined) continue;
      const child = fieldNode(node, name);
      const known = node.shape === "object" && node.fields?.has(name) === true;
      const entry = entryOfField(item, child, !known);
      if (entry !== undefined) out[`f:${name}`] = entry;
    }
    return out;
  }
  if (!Array.isArray(value)) return EMPTY;
  const child = itemNode(node);
  for (const item of value) out[listElement(node, item)] = withSelf(fieldsOf(item, child));
  return out;
}

/** A field is in the set itself when it is a leaf, empty, null, or the key of a map. */
function entryOfField(value: unknown, node: SchemaNode, isMapKey: boolean): FieldSet | undefined {
  const as = treatedAs(node, value);
  if (as === "scalar" || isAtomicAt(node, as) || value === null) return LEAF;
  const children = fieldsOf(value, node);
  if (isMapKey || (isObject(value) && isEmptyObject(value))) return withSelf(children);
  for (const _ in children) return children;
  // An empty list is nobody's.
  return undefined;
}

const withSelf = (children: FieldSet): FieldSet => {
  for (const _ in children) return { ".": LEAF, ...children };
  return LEAF;
};

function isEmptyObject(value: JsonObject): boolean {
  for (const _ in value) return false;
  return true;
}

/**
 * The fields of an object that is new, as a create owns them, in printing order. The same as comparing it with nothing, in one walk; the object counts
 * as present, and so does what a server written in Go always has (`embedded`).
 */
export function fieldsOfCreate(object: JsonObject, node: SchemaNode, present = true): FieldSet {
  const out: Record<string, FieldSet> = {};
  for (const name of Object.keys(object).toSorted()) {
    const value = object[name];
    if (value === undefined) continue;
    const entry = entryOfNew(value, fieldNode(node, name), present && node.embedded?.has(name) === true);
    if (entry !== undefined) out[`f:${name}`] = entry;
  }
  return out;
}

function entryOfNew(value: unknown, node: SchemaNode, present: boolean): FieldSet | undefined {
  const as = treatedAs(node, value);
  if (as === "scalar" || isAtomicAt(node, as) || value === null) {
    // An embedded leaf that is still empty is what was there before.
    return present && isEmptyValue(value) ? undefined : LEAF;
  }
  if (as === "map") {
    if (!isObject(value) || isEmptyObject(value)) return present ? undefined : LEAF;
    const children = fieldsOfCreate(value, node, present);
    return present ? (isEmptyObject(children) ? undefined : children) : withSelf(children);
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
