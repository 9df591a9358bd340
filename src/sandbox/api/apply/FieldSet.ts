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
  // Before the loop: V8 lists all keys of a large object before the first of them is looked at.
  if (set === LEAF) return true;
  if (set["."] !== undefined) return false;
  for (const _ in set) return false;
  return true;
}

const isMember = (entry: FieldSet): boolean => entry["."] !== undefined || isEmpty(entry);

/** An entry that is being made: `.` comes first. */
const begun = (member: boolean): Building => (member ? { ".": LEAF } : {});

/**
 * `set` with the children that come before `at`, to go on with it from there. Operations copy a set when they come to the first thing that differs, and
 * give it back as it is when nothing does: sets of a hundred thousand fields are the same ones from write to write.
 */
function copyUntil(set: FieldSet, at: string, member: boolean): Building {
  const out = begun(member);
  for (const element in set) {
    if (element === at) break;
    if (element !== ".") out[element] = set[element]!;
  }
  return out;
}

function copyOf(set: FieldSet, member: boolean): Building {
  const out = begun(member);
  for (const element in set) if (element !== ".") out[element] = set[element]!;
  return out;
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmpty(b)) return a;
  if (isEmpty(a)) return b;
  return unionOf(a, b, a["."] !== undefined);
}

/** Of two that are not empty. `out`: a copy of `a` to go on with. */
function unionOf(a: FieldSet, b: FieldSet, member: boolean, out?: Building): FieldSet {
  for (const element in b) {
    if (element === ".") continue;
    const mine = a[element];
    const both = mine === undefined ? b[element]! : unionEntry(mine, b[element]!);
    if (both !== mine) (out ??= copyOf(a, member))[element] = both;
  }
  return out ?? a;
}

function unionEntry(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  // An entry that is empty is a member.
  if (isEmpty(a)) return isEmpty(b) ? a : b["."] !== undefined ? b : copyOf(b, true);
  if (b["."] === undefined && !isEmpty(b)) return unionOf(a, b, a["."] !== undefined);
  return unionOf(a, b, true, a["."] === undefined ? copyOf(a, true) : undefined);
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
  return differenceEntry(a, b, recursive) ?? EMPTY;
}

/** `a` itself when it loses nothing; undefined when nothing is left. */
function differenceEntry(a: FieldSet, b: FieldSet, recursive: boolean): FieldSet | undefined {
  if (a === b || (recursive && isMember(b))) return undefined;
  const named = a["."] !== undefined;
  let gone = b["."] !== undefined;
  let out = named && gone ? begun(false) : undefined;
  let had = 0;
  let left = 0;
  let shared = false;
  for (const element in a) {
    if (element === ".") continue;
    had++;
    const mine = a[element]!;
    const theirs = b[element];
    let kept: FieldSet | undefined = mine;
    if (theirs !== undefined) {
      shared = true;
      kept = differenceEntry(mine, theirs, recursive);
    }
    if (kept !== mine) out ??= copyUntil(a, element, named);
    if (kept === undefined) continue;
    left++;
    if (out !== undefined) out[element] = kept;
  }
  // What has neither children nor a point is a member; whether it has children is known by now, mostly.
  const member = named || had === 0;
  if (member && !gone && !shared && isEmpty(b)) {
    gone = true;
    if (named && left > 0) return copyOf(a, false);
  }
  if (left === 0) return member && !gone ? (out === undefined ? a : LEAF) : undefined;
  return out ?? a;
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return a === b ? a : (intersectionEntry(a, b) ?? EMPTY);
}

/** `a` itself when all of it is in `b`; undefined when nothing is left. */
function intersectionEntry(a: FieldSet, b: FieldSet): FieldSet | undefined {
  if (a === b) return a;
  const named = a["."] !== undefined;
  const both = named && b["."] !== undefined;
  let out = named && !both ? begun(false) : undefined;
  let had = 0;
  let left = 0;
  for (const element in a) {
    if (element === ".") continue;
    had++;
    const mine = a[element]!;
    const theirs = b[element];
    const kept = theirs === undefined ? undefined : intersectionEntry(mine, theirs);
    if (kept !== mine) out ??= copyUntil(a, element, both);
    if (kept === undefined) continue;
    left++;
    if (out !== undefined) out[element] = kept;
  }
  // Children in common: both have some, so that only a point makes them members.
  if (left > 0) return out ?? a;
  const member = (named || had === 0) && isMember(b);
  return member ? (out === undefined ? a : LEAF) : undefined;
}

/** Is the element itself (not just something below it) in the set? */
export function hasElement(set: FieldSet, element: string): boolean {
  const entry = set[element];
  return entry !== undefined && isMember(entry);
}

/** What the set holds below an element, as a set of its own; whether the element itself is a member is no part of it, and may be told by `.`. */
export function below(set: FieldSet, element: string): FieldSet {
  const entry = set[element];
  return entry === undefined || isEmpty(entry) ? EMPTY : entry;
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

/** The same set in the order in which a server prints it: fields, keys, values, indexes. Itself, when it is so already. */
export function sorted(set: FieldSet): FieldSet {
  let same = true;
  let first = true;
  let member = false;
  const elements: string[] = [];
  for (const element in set) {
    if (element === ".") {
      member = true;
      same &&= first;
    } else elements.push(element);
    first = false;
  }
  if (elements.length === 0) return member ? set : LEAF;
  const ordered = inOrder(elements.slice());
  for (let i = 0; same && i < elements.length; i++) same = ordered[i] === elements[i];
  let changed = same ? undefined : begun(member);
  for (const element of ordered) {
    const entry = set[element]!;
    const inner = isEmpty(entry) ? entry : sorted(entry);
    if (inner !== entry) changed ??= copyUntil(set, element, member);
    if (changed !== undefined) changed[element] = inner;
  }
  return changed ?? set;
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
