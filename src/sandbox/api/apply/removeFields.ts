import {
  type JsonObject,
  type SchemaNode,
  fieldNode,
  isAtomicAt,
  isObject,
  itemNode,
  treatedAs,
} from "../schema/SchemaNode.ts";
import { type FieldSet, LEAF, below, hasElement, isEmpty } from "./FieldSet.ts";
import { listElement } from "./listElement.ts";

/**
 * The value without the fields of the set. A map or list that loses everything disappears with it (`undefined`).
 * (structured-merge-diff, typed.RemoveItems)
 */
export function removeFields(value: unknown, set: FieldSet, node: SchemaNode): unknown {
  if (isEmpty(set)) return value;
  const as = treatedAs(node, value);
  if (as === "map") {
    if (!isObject(value)) return value;
    if (isAtomicAt(node, as)) return undefined;
    return removeFromMap(value, set, node);
  }
  if (as === "list") {
    if (!Array.isArray(value) || value.length === 0) return value;
    if (isAtomicAt(node, as)) return undefined;
    return removeFromList(value, set, node);
  }
  return value;
}

function removeFromMap(map: JsonObject, set: FieldSet, node: SchemaNode): unknown {
  const out: JsonObject = {};
  let kept = false;
  let had = false;
  for (const name in map) {
    had = true;
    const element = `f:${name}`;
    if (hasElement(set, element)) continue;
    const rest = below(set, element);
    const value = isEmpty(rest) ? map[name] : removeFields(map[name], rest, fieldNode(node, name));
    // A map that lost all stays as null would in JSON: it is left out, as an object of a Go type prints it.
    if (value === undefined) continue;
    out[name] = value;
    kept = true;
  }
  return kept || !had ? out : undefined;
}

function removeFromList(list: unknown[], set: FieldSet, node: SchemaNode): unknown {
  const child = itemNode(node);
  const out: unknown[] = [];
  for (const item of list) {
    const element = listElement(node, item);
    if (hasElement(set, element)) continue;
    const rest = below(set, element);
    out.push(isEmpty(rest) ? item : removeFields(item, rest, child));
  }
  return out.length === 0 ? undefined : out;
}

/** Makes each named field that has children in the set a member itself, so that emptied structs go with their fields. */
export function withNamedFields(set: FieldSet, node: SchemaNode | undefined): FieldSet {
  const out: Record<string, FieldSet> = {};
  for (const element in set) {
    const entry = set[element]!;
    if (element === "." || isEmpty(entry)) {
      out[element] = entry;
      continue;
    }
    const name = element.slice(2);
    const isField = element.startsWith("f:");
    const child =
      node === undefined
        ? undefined
        : isField
          ? fieldNode(node, name)
          : element.startsWith("k:") && node.shape === "list"
            ? itemNode(node)
            : undefined;
    const inner = withNamedFields(entry, child);
    const named = isField && node?.shape === "object" && node.fields?.has(name) === true;
    out[element] = named ? { ".": LEAF, ...inner } : inner;
  }
  return out;
}
