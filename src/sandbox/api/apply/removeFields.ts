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
 * The value without the fields of the set. A map or list that loses everything is left as null, which still counts as there when owners are told what is gone;
 * `withoutEmptied` takes the nulls out. (structured-merge-diff, typed.RemoveItems)
 */
export function removeFields(value: unknown, set: FieldSet, node: SchemaNode): unknown {
  if (isEmpty(set)) return value;
  const as = treatedAs(node, value);
  if (as === "map") {
    if (!isObject(value)) return value;
    return isAtomicAt(node, as) ? null : removeFromMap(value, set, node);
  }
  if (as === "list") {
    if (!Array.isArray(value) || value.length === 0) return value;
    return isAtomicAt(node, as) ? null : removeFromList(value, set, node);
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
    out[name] = isEmpty(rest) ? map[name] : removeFields(map[name], rest, fieldNode(node, name));
    kept = true;
  }
  return kept || !had ? out : null;
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
  return out.length === 0 ? null : out;
}

/** Takes out the nulls that `removeFields` left in place of emptied maps and lists; `before` is what it worked on. */
export function withoutEmptied(value: unknown, before: unknown): unknown {
  if (value === before) return value;
  if (Array.isArray(value)) return value.map((item) => withoutEmptied(item, undefined));
  if (!isObject(value)) return value;
  const was = isObject(before) ? before : undefined;
  const out: JsonObject = {};
  for (const name in value) {
    if (value[name] === null && was?.[name] !== null) continue;
    out[name] = withoutEmptied(value[name], was?.[name]);
  }
  return out;
}

/** Makes each named field that has children in the set a member itself, so that emptied structs go with their fields. */
export function withNamedFields(set: FieldSet, node: SchemaNode | undefined): FieldSet {
  let out: Record<string, FieldSet> | undefined;
  for (const element in set) {
    const entry = set[element]!;
    if (element === "." || isEmpty(entry)) continue;
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
    const named =
      entry["."] === undefined && isField && node?.shape === "object" && node.fields?.has(name) === true;
    if (named || inner !== entry) (out ??= { ...set })[element] = named ? { ".": LEAF, ...inner } : inner;
  }
  return out ?? set;
}
