import { goText } from "./goText.ts";
import { type JsonObject, type SchemaNode, fieldNode, isObject, itemNode } from "../schema/SchemaNode.ts";
import { PatchRefused } from "./PatchRefused.ts";
import { sameJson } from "./sameJson.ts";

const DIRECTIVE = "$patch";
const RETAIN_KEYS = "$retainKeys";
const DELETE_FROM = "$deleteFromPrimitiveList/";
const ELEMENT_ORDER = "$setElementOrder/";

/**
 * Strategic merge patch, for built-in kinds: like a JSON merge patch, but lists with a merge key merge item by item, and directives (`$patch`,
 * `$retainKeys`, `$deleteFromPrimitiveList/FIELD`, `$setElementOrder/FIELD`) say what a patch can't. Returns a new object.
 * (k8s.io/apimachinery, strategicpatch)
 *
 * @throws PatchRefused 400 for directives that contradict the patch, 500 for lists without their merge key, as the real server does.
 */
export function strategicMergePatch(object: unknown, patch: unknown, schema: SchemaNode): unknown {
  if (!isObject(patch))
    throw new PatchRefused(400, "BadRequest", "The body of a strategic merge patch must be an object");
  return mergeMap(isObject(object) ? object : {}, patch, schema);
}

const badRequest = (message: string): PatchRefused => new PatchRefused(400, "BadRequest", message);
const broken = (message: string): PatchRefused => new PatchRefused(500, "", message);

function mergeMap(original: JsonObject, patch: JsonObject, node: SchemaNode): JsonObject {
  const directive = patch[DIRECTIVE];
  if (directive !== undefined) return mapByDirective(directive, patch);

  const out: JsonObject = { ...original };
  retainKeys(out, patch);
  const done = new Set<string>([RETAIN_KEYS]);
  for (const key of Object.keys(patch)) {
    if (key.startsWith(ELEMENT_ORDER)) mergeOrdered(out, patch, key, node, done);
  }
  for (const key of Object.keys(patch)) {
    if (!done.has(key)) mergeField(out, key, patch[key], node);
  }
  return out;
}

function mapByDirective(directive: unknown, patch: JsonObject): JsonObject {
  if (directive === "delete") return {};
  if (directive !== "replace")
    throw broken(`unknown patch type: ${goText(directive)} in map: ${goText(patch)}`);
  const { [DIRECTIVE]: _directive, ...rest } = patch;
  return rest;
}

function mergeField(out: JsonObject, name: string, value: unknown, node: SchemaNode): void {
  const isDeletion = name.startsWith(DELETE_FROM);
  const key = isDeletion ? name.slice(DELETE_FROM.length) : name;
  if (value === null) {
    delete out[key];
    return;
  }
  const before = Object.hasOwn(out, key) ? out[key] : undefined;
  if (isDeletion) {
    if (Array.isArray(before) && Array.isArray(value))
      out[key] = before.filter((item) => !value.some((gone) => sameJson(item, gone)));
    return;
  }
  const child = fieldNode(node, key);
  const strategy = child.patchStrategy?.find((part) => part !== "retainKeys");
  let merged: unknown;
  if (isObject(before) && isObject(value))
    merged = strategy === "replace" ? value : mergeMap(before, value, child);
  else if (Array.isArray(before) && Array.isArray(value))
    merged = strategy === "merge" ? mergeList(before, value, child) : value;
  else merged = withoutDirectives(value);
  if (merged === undefined) delete out[key];
  else
    Object.defineProperty(out, key, { value: merged, enumerable: true, configurable: true, writable: true });
}

/** What is new to the object: without nulls in its maps, and without what the patch wanted deleted. `undefined`: it is itself a directive. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined);
  if (!isObject(value)) return value;
  if (value[DIRECTIVE] !== undefined) return undefined;
  const out: JsonObject = {};
  for (const key of Object.keys(value)) {
    if (
      value[key] === null ||
      key === RETAIN_KEYS ||
      key.startsWith(ELEMENT_ORDER) ||
      key.startsWith(DELETE_FROM)
    )
      continue;
    const item = withoutDirectives(value[key]);
    if (item !== undefined)
      Object.defineProperty(out, key, { value: item, enumerable: true, configurable: true, writable: true });
  }
  return out;
}

function retainKeys(out: JsonObject, patch: JsonObject): void {
  const wanted = patch[RETAIN_KEYS];
  if (wanted === undefined) return;
  const wrong = badRequest("invalid patch format of retainKeys");
  if (!Array.isArray(wanted)) throw wrong;
  const kept = new Set<unknown>(wanted);
  for (const key of Object.keys(patch)) {
    if (
      key === RETAIN_KEYS ||
      patch[key] === null ||
      key.startsWith(DELETE_FROM) ||
      key.startsWith(ELEMENT_ORDER)
    )
      continue;
    if (!kept.has(key)) throw wrong;
  }
  for (const key of Object.keys(out)) if (!kept.has(key)) delete out[key];
}

/** A list, and the order that the patch wants for it. */
function mergeOrdered(
  out: JsonObject,
  patch: JsonObject,
  directive: string,
  node: SchemaNode,
  done: Set<string>,
): void {
  done.add(directive);
  const key = directive.slice(ELEMENT_ORDER.length);
  const order = patch[directive];
  const before = out[key];
  const value = patch[key];
  if (!Array.isArray(order)) throw broken(`expected a list in ${directive}`);
  if (
    (before !== undefined && !Array.isArray(before)) ||
    (value !== undefined && value !== null && !Array.isArray(value))
  ) {
    throw broken(`expected a list in ${key}`);
  }
  const child = fieldNode(node, key);
  const mergeKey = child.patchMergeKey;
  if (Array.isArray(value)) checkOrder(value, order, mergeKey);
  // A null removes the list; that is for the ordinary way.
  if (value === null || (before === undefined && value === undefined)) return;
  let merged: unknown[];
  if (value === undefined) merged = before as unknown[];
  else if (before === undefined) merged = withoutDirectives(value) as unknown[];
  else
    merged =
      child.patchStrategy?.includes("merge") === true
        ? mergeList(before, value as unknown[], child)
        : (value as unknown[]);
  out[key] = inOrder(merged, order, (before ?? []) as unknown[], mergeKey);
  done.add(key);
}

/** The items of the patch have to be in the order list, in that order. */
function checkOrder(
  items: readonly unknown[],
  order: readonly unknown[],
  mergeKey: string | undefined,
): void {
  const wanted = items.filter((item) => !(isObject(item) && item[DIRECTIVE] !== undefined));
  let at = 0;
  for (const item of order) if (at < wanted.length && sameItem(item, wanted[at], mergeKey)) at++;
  if (at < wanted.length) throw badRequest("invalid patch format of setElementOrder list");
}

function mergeList(before: readonly unknown[], patch: readonly unknown[], node: SchemaNode): unknown[] {
  if (before.length === 0 && patch.length === 0) return [];
  const mergeKey = node.patchMergeKey;
  const maps = [...before, ...patch].some(isObject);
  if (!maps) {
    return inOrder([...new Set([...before, ...patch])], patch, before, undefined);
  }
  if (mergeKey === undefined) throw broken("cannot merge lists without merge key");
  const merged = mergeItems(before, patch, mergeKey, itemNode(node));
  return inOrder(merged.list, merged.patch, before, mergeKey);
}

function mergeItems(
  before: readonly unknown[],
  patch: readonly unknown[],
  mergeKey: string,
  node: SchemaNode,
): { list: unknown[]; patch: readonly unknown[] } {
  let list = [...before];
  const items: JsonObject[] = [];
  let replaces = false;
  for (const item of patch) {
    if (!isObject(item)) throw broken("invalid argument type: expected a list of maps");
    const directive = item[DIRECTIVE];
    if (directive === undefined) items.push(item);
    else if (directive === "replace") replaces = true;
    else if (directive === "delete") {
      if (!Object.hasOwn(item, mergeKey)) throw noMergeKey(item, mergeKey);
      list = list.filter((other) => !sameItem(other, item, mergeKey));
    } else if (directive === "merge") throw broken("merging lists cannot yet be specified in the patch");
    else throw broken(`unknown patch type: ${goText(directive)} in map: ${goText(item)}`);
  }
  if (replaces) return { list: items, patch: [] };
  const places = placesOf(list, mergeKey);
  for (const item of items) {
    if (!Object.hasOwn(item, mergeKey)) throw noMergeKey(item, mergeKey);
    const i = places.get(identityOf(item, mergeKey));
    if (i !== undefined) list[i] = mergeMap(list[i] as JsonObject, item, node);
    else {
      const made = withoutDirectives(item);
      const identity = identityOf(made, mergeKey);
      if (identity !== undefined && !places.has(identity)) places.set(identity, list.length);
      list.push(made);
    }
  }
  return { list, patch: items };
}

/** Without a reason, and worded by Go. */
const noMergeKey = (item: JsonObject, mergeKey: string): PatchRefused =>
  new PatchRefused(500, "", `map: ${goText(item)} does not contain declared merge key: ${mergeKey}`);

const textOf = (key: unknown): string => (typeof key === "string" ? key : JSON.stringify(key));

/** By which an item is found again: its merge key as text, or the item itself. Undefined: never. */
const identityOf = (item: unknown, mergeKey: string | undefined): unknown => {
  if (mergeKey === undefined || !isObject(item)) return item;
  return item[mergeKey] === undefined ? undefined : `key:${textOf(item[mergeKey])}`;
};

/** The first place of each item. */
function placesOf(among: readonly unknown[], mergeKey: string | undefined): Map<unknown, number> {
  const places = new Map<unknown, number>();
  among.forEach((item, i) => {
    const identity = identityOf(item, mergeKey);
    if (identity !== undefined && !places.has(identity)) places.set(identity, i);
  });
  return places;
}

function sameItem(a: unknown, b: unknown, mergeKey: string | undefined): boolean {
  if (mergeKey === undefined || !isObject(a) || !isObject(b)) return a === b;
  // Keys are compared as text, so that "80" and 80 are one port.
  return (
    a[mergeKey] !== undefined && b[mergeKey] !== undefined && textOf(a[mergeKey]) === textOf(b[mergeKey])
  );
}

/**
 * The items of the patch in its order and the others in theirs, interleaved so that the object's order is disturbed as little as may be.
 */
function inOrder(
  list: readonly unknown[],
  order: readonly unknown[],
  before: readonly unknown[],
  mergeKey: string | undefined,
): unknown[] {
  type Places = ReadonlyMap<unknown, number>;
  const inPatch: Places = placesOf(order, mergeKey);
  const inObject: Places = placesOf(before, mergeKey);
  const placeIn = (among: Places, item: unknown): number => among.get(identityOf(item, mergeKey)) ?? -1;
  const sortedBy = (items: unknown[], among: Places): unknown[] => {
    const places = new Map(items.map((item) => [item, placeIn(among, item)]));
    return items.toSorted((a, b) => {
      const left = places.get(a)!;
      const right = places.get(b)!;
      return left >= 0 && right >= 0 ? left - right : 0;
    });
  };
  const patched = sortedBy(
    list.filter((item) => placeIn(inPatch, item) >= 0),
    inPatch,
  );
  const others = sortedBy(
    list.filter((item) => placeIn(inPatch, item) < 0),
    inObject,
  );
  const out: unknown[] = [];
  let i = 0;
  let j = 0;
  while (i < others.length || j < patched.length) {
    if (i >= others.length) out.push(patched[j++]);
    else if (j >= patched.length) out.push(others[i++]);
    else {
      const left = placeIn(inObject, others[i]);
      const right = placeIn(inObject, patched[j]);
      out.push(left >= 0 && right >= 0 && left < right ? others[i++] : patched[j++]);
    }
  }
  return out;
}
