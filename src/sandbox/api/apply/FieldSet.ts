import { type JsonObject, isObject } from "../schema/SchemaNode.ts";

/**
 * A set of field paths in the very form of `managedFields[].fieldsV1`, so that nothing is parsed or printed on the way: each key is a path element
 * (`f:name`, `k:{"name":"c"}`, `v:"x"`, `i:0`). An element is in the set when its value is `{}` or has the key `.`; other keys are its children.
 * Treated as immutable, and shared between objects. (structured-merge-diff, fieldpath.Set)
 */
export interface FieldSet {
  readonly [element: string]: FieldSet;
}

type Building = Record<string, FieldSet>;

/** An element that is in the set and has no children. */
export const LEAF: FieldSet = Object.freeze({});
export const EMPTY: FieldSet = LEAF;

/** What an endpoint doesn't let its callers own. */
export type FieldFilter = (set: FieldSet) => FieldSet;

export function isEmpty(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

const isMember = (entry: FieldSet): boolean => isEmpty(entry) || entry["."] !== undefined;

/** Writes `.` first, and `{}` for a member without children. `undefined` when nothing is left. */
function entryOf(member: boolean, children: Building): FieldSet | undefined {
  if (isEmpty(children)) return member ? LEAF : undefined;
  return member ? { ".": LEAF, ...children } : children;
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmpty(b)) return a;
  if (isEmpty(a)) return b;
  const out: Building = { ...a };
  for (const element in b) {
    const mine = a[element];
    out[element] = mine === undefined ? b[element]! : unionEntry(mine, b[element]!);
  }
  return out;
}

function unionEntry(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  const children: Building = {};
  for (const element in a) if (element !== ".") children[element] = a[element]!;
  for (const element in b) {
    if (element === ".") continue;
    const mine = children[element];
    children[element] = mine === undefined ? b[element]! : unionEntry(mine, b[element]!);
  }
  return entryOf(isMember(a) || isMember(b), children) ?? LEAF;
}

/** The elements of `a` that aren't in `b`. A parent in `b` takes none of its children away. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return differenceOf(a, b, false);
}

/** Like `difference`, but a parent in `b` takes all its children away. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  return differenceOf(a, b, true);
}

function differenceOf(a: FieldSet, b: FieldSet, recursive: boolean): FieldSet {
  if (isEmpty(a) || isEmpty(b)) return a;
  if (a === b) return EMPTY;
  let changed = false;
  const out: Building = {};
  for (const element in a) {
    if (element === ".") continue;
    const mine = a[element]!;
    const theirs = b[element];
    const kept = theirs === undefined ? mine : differenceEntry(mine, theirs, recursive);
    if (kept !== mine) changed = true;
    if (kept !== undefined) out[element] = kept;
  }
  return changed ? out : a;
}

function differenceEntry(a: FieldSet, b: FieldSet, recursive: boolean): FieldSet | undefined {
  const gone = isMember(b);
  if (gone && recursive) return undefined;
  const children: Building = {};
  let changed = false;
  for (const element in a) {
    if (element === ".") continue;
    const mine = a[element]!;
    const theirs = b[element];
    const kept = theirs === undefined ? mine : differenceEntry(mine, theirs, recursive);
    if (kept !== mine) changed = true;
    if (kept !== undefined) children[element] = kept;
  }
  const member = isMember(a);
  if (!changed && !(member && gone)) return a;
  return entryOf(member && !gone, children);
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  const out: Building = {};
  for (const element in a) {
    if (element === ".") continue;
    const theirs = b[element];
    if (theirs === undefined) continue;
    const both = intersectionEntry(a[element]!, theirs);
    if (both !== undefined) out[element] = both;
  }
  return out;
}

function intersectionEntry(a: FieldSet, b: FieldSet): FieldSet | undefined {
  if (a === b) return a;
  return entryOf(isMember(a) && isMember(b), { ...intersection(a, b) });
}

/** Is the element itself (not just something below it) in the set? */
export function hasElement(set: FieldSet, element: string): boolean {
  const entry = set[element];
  return entry !== undefined && isMember(entry);
}

/** What the set holds below an element, as a set of its own. */
export function below(set: FieldSet, element: string): FieldSet {
  const entry = set[element];
  if (entry === undefined || isEmpty(entry)) return EMPTY;
  if (entry["."] === undefined) return entry;
  const { ".": _member, ...children } = entry;
  return children;
}

/** Collects paths into a set. */
export class FieldSetBuilder {
  readonly #root: Building = {};

  /** An empty path is nothing: nobody owns a whole object. */
  add(path: readonly string[]): void {
    const last = path.length - 1;
    if (last < 0) return;
    let at = this.#root;
    for (let i = 0; i < last; i++) {
      const element = path[i]!;
      let next = at[element];
      if (next === undefined) next = at[element] = {};
      else if (next === LEAF) next = at[element] = { ".": LEAF };
      at = next;
    }
    const element = path[last]!;
    const entry = at[element];
    if (entry === undefined) at[element] = LEAF;
    else if (entry !== LEAF && entry["."] === undefined) at[element] = { ".": LEAF, ...entry };
  }

  get set(): FieldSet {
    return this.#root;
  }
}

/** Each path that is in the set, parents before children, in the order of the set. */
export function* pathsOf(set: FieldSet, prefix: readonly string[] = []): Generator<readonly string[]> {
  const elements = inOrder(Object.keys(set).filter((element) => element !== "."));
  // As a real server lists them: what is in the set itself, then what is below.
  for (const element of elements) if (isMember(set[element]!)) yield [...prefix, element];
  for (const element of elements) yield* pathsOf(set[element]!, [...prefix, element]);
}

/** The same set in the order in which a server prints it: fields, keys, values, indexes. */
export function sorted(set: FieldSet): FieldSet {
  const out: Building = {};
  const elements: string[] = [];
  for (const element in set) {
    if (element === ".") out["."] = LEAF;
    else elements.push(element);
  }
  for (const element of inOrder(elements)) {
    const entry = set[element]!;
    out[element] = isEmpty(entry) ? LEAF : sorted(entry);
  }
  return out;
}

const rank: Record<string, number> = { f: 0, k: 1, v: 2, i: 3 };

/** Sorts elements as a server prints them: each is read once, however many there are. */
function inOrder(elements: string[]): string[] {
  if (elements.length < 2) return elements;
  // Mostly all are fields.
  if (elements.every((element) => element.startsWith("f:"))) return elements.sort();
  const read = elements.map((element): readonly [string, unknown] => [element, contentOf(element)]);
  return read.sort(compareRead).map(([element]) => element);
}

export const compareElements = (a: string, b: string): number =>
  compareRead([a, contentOf(a)], [b, contentOf(b)]);

function contentOf(element: string): unknown {
  switch (element[0]) {
    case "k":
      return Object.entries(JSON.parse(element.slice(2)) as JsonObject);
    case "v":
      return JSON.parse(element.slice(2));
    case "i":
      return Number(element.slice(2));
    default:
      return undefined;
  }
}

function compareRead([a, left]: readonly [string, unknown], [b, right]: readonly [string, unknown]): number {
  const kind = a[0]!;
  if (kind !== b[0]) return (rank[kind] ?? 4) - (rank[b[0]!] ?? 4);
  if (kind === "f" || a === b) return a < b ? -1 : a > b ? 1 : 0;
  if (kind === "i") return (left as number) - (right as number);
  if (kind === "v") return compareScalars(left, right);
  return compareKeys(left as [string, unknown][], right as [string, unknown][]);
}

function compareKeys(a: [string, unknown][], b: [string, unknown][]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const [nameA, valueA] = a[i]!;
    const [nameB, valueB] = b[i]!;
    if (nameA !== nameB) return nameA < nameB ? -1 : 1;
    const order = compareScalars(valueA, valueB);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** Numbers before strings before booleans before null, as the real server sorts them. */
function compareScalars(a: unknown, b: unknown): number {
  const order = ["number", "string", "boolean"];
  const kindA = order.indexOf(typeof a);
  const kindB = order.indexOf(typeof b);
  if (kindA !== kindB) return (kindA < 0 ? 9 : kindA) - (kindB < 0 ? 9 : kindB);
  if (a === b) return 0;
  return (a as string) < (b as string) ? -1 : 1;
}

/** Reads what a client sent as `fieldsV1`; undefined when it is no such set. */
export function parseFieldSet(value: unknown): FieldSet | undefined {
  if (!isObject(value)) return undefined;
  for (const element in value) {
    if (element !== "." && !isElement(element)) return undefined;
    if (parseFieldSet(value[element]) === undefined) return undefined;
  }
  return value as unknown as FieldSet;
}

function isElement(element: string): boolean {
  const content = element.slice(2);
  switch (element.slice(0, 2)) {
    case "f:":
      return true;
    case "i:":
      return /^-?\d+$/.test(content);
    case "k:":
    case "v:":
      try {
        const parsed: unknown = JSON.parse(content);
        return element.startsWith("v:") || isObject(parsed);
      } catch {
        return false;
      }
    default:
      return false;
  }
}

/** A path as conflicts print it: `.spec.template.spec.containers[name="c"].image`. */
export function printPath(path: readonly string[]): string {
  return path.map(printElement).join("");
}

function printElement(element: string): string {
  const content = element.slice(2);
  switch (element[0]) {
    case "f":
      return `.${content}`;
    case "k":
      return `[${Object.entries(JSON.parse(content) as JsonObject)
        .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
        .join(",")}]`;
    case "v":
      return `[=${content}]`;
    default:
      return `[${content}]`;
  }
}
