import { deepEqual, isMap, ownValue } from "./deepEqual.ts";
import type { Segment } from "./fieldPath.ts";

/** One field that differs. */
export interface FieldChange {
  /** Readable: `spec.template.spec.containers[api].image`. */
  readonly path: string;
  /** Undefined: it was not there. */
  readonly before?: unknown;
  /** Undefined: it goes. */
  readonly after?: unknown;
  /** The values are secret, and left out: only that the key is added, changed or removed is said. */
  readonly secret?: "added" | "changed" | "removed";
}

export interface Difference {
  readonly path: readonly Segment[];
  readonly before: unknown;
  readonly after: unknown;
}

/**
 * What turns `before` into `after`, leaf by leaf. Items of lists are matched by what names them (`name`, `mountPath`, ports...), as the server does for associative
 * lists; other lists are matched by position when they are equally long, else taken as one value.
 */
export function differences(before: unknown, after: unknown): Difference[] {
  const found: Difference[] = [];
  compare(before, after, [], found);
  return found;
}

function compare(before: unknown, after: unknown, path: readonly Segment[], found: Difference[]): void {
  if (deepEqual(before, after)) return;
  if (isMap(before) && isMap(after)) {
    for (const field of new Set([...Object.keys(before), ...Object.keys(after)])) {
      compare(ownValue(before, field), ownValue(after, field), [...path, { field }], found);
    }
    return;
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const keys = itemKeys([...before, ...after]);
    if (keys !== undefined && unique(before, keys) && unique(after, keys)) {
      compareItems(before, after, keys, path, found);
      return;
    }
    if (before.length === after.length && before.some((item) => typeof item === "object")) {
      before.forEach((item, index) => compare(item, after[index], [...path, { index }], found));
      return;
    }
  }
  found.push({ path, before, after });
}

function compareItems(
  before: readonly unknown[],
  after: readonly unknown[],
  keys: readonly string[],
  path: readonly Segment[],
  found: Difference[],
): void {
  const names = new Map<string, Segment>();
  const find = (list: readonly unknown[], name: string) => list.find((item) => nameOf(item, keys) === name);
  for (const item of [...before, ...after]) {
    names.set(nameOf(item, keys), { item: pick(item as Record<string, unknown>, keys) });
  }
  const sizeBefore = found.length;
  for (const [name, segment] of names) {
    compare(find(before, name), find(after, name), [...path, segment], found);
  }
  // Only the order differs: that is a change too, of the list as a whole.
  if (found.length === sizeBefore) found.push({ path, before, after });
}

/** What names the items of Kubernetes' lists, in the order in which it is tried. See KUBERNETES' OpenAPI, `x-kubernetes-list-map-keys`. */
const namingKeys: readonly (readonly string[])[] = [
  ["name"],
  ["mountPath"],
  ["devicePath"],
  ["containerPort", "protocol"],
  ["port", "protocol"],
  ["topologyKey", "whenUnsatisfiable"],
  ["ip"],
  ["uid"],
  ["type"],
];

function itemKeys(items: readonly unknown[]): readonly string[] | undefined {
  if (items.length === 0 || !items.every(isMap)) return undefined;
  return namingKeys.find((keys) => items.every((item) => item[keys[0] as string] !== undefined));
}

function unique(items: readonly unknown[], keys: readonly string[]): boolean {
  return new Set(items.map((item) => nameOf(item, keys))).size === items.length;
}

const nameOf = (item: unknown, keys: readonly string[]): string =>
  JSON.stringify(keys.map((key) => (item as Record<string, unknown>)[key] ?? null));

function pick(item: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.filter((key) => key in item).map((key) => [key, item[key]]));
}
