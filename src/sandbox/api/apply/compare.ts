import {
  type JsonObject,
  type SchemaNode,
  fieldNode,
  isAtomicAt,
  isObject,
  itemNode,
  treatedAs,
} from "../schema/SchemaNode.ts";
import { type FieldSet, FieldSetBuilder } from "./FieldSet.ts";
import { listElement } from "./listElement.ts";
import { sameJson } from "./sameJson.ts";

/** What differs between two objects of one kind, field by field. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** Parts that both share by identity are not looked into. (structured-merge-diff, typed.Compare) */
export function compare(before: unknown, after: unknown, node: SchemaNode): Comparison {
  const walk = new Walk();
  walk.compare(before, after, node);
  return { added: walk.added.set, modified: walk.modified.set, removed: walk.removed.set };
}

const NOTHING: JsonObject = Object.freeze({});

class Walk {
  readonly added = new FieldSetBuilder();
  readonly modified = new FieldSetBuilder();
  readonly removed = new FieldSetBuilder();
  readonly #path: string[] = [];

  /** `undefined` is "not there"; both sides never are. */
  compare(before: unknown, after: unknown, node: SchemaNode): void {
    if (before === after) return;
    const was = before === undefined || before === null ? undefined : treatedAs(node, before);
    const is = after === undefined || after === null ? undefined : treatedAs(node, after);
    const as = is ?? was ?? "scalar";
    if (was !== undefined && is !== undefined && was !== is) {
      // The value changed its form in an untyped place: its old fields go, and the new value counts as changed.
      this.#compareAs(was, before, undefined, node);
      this.#compareAs(is, undefined, after, node, true);
      return;
    }
    if (as !== "scalar" && !isAtomicAt(node, as)) {
      // Before its children: what holds a hundred thousand of them is not copied to be a member too.
      if (before === undefined) this.added.add(this.#path);
      else if (after === undefined) this.removed.add(this.#path);
    }
    this.#compareAs(as, before, after, node);
  }

  #compareAs(
    as: "map" | "list" | "scalar",
    before: unknown,
    after: unknown,
    node: SchemaNode,
    changed = false,
  ): void {
    if (as !== "scalar" && !isAtomicAt(node, as)) {
      const any =
        as === "map" ? this.#compareMaps(before, after, node) : this.#compareLists(before, after, node);
      if (any || !isBlank(before) || !isBlank(after)) return;
    }
    if (changed) this.modified.add(this.#path);
    else if (before === undefined) this.added.add(this.#path);
    else if (after === undefined) this.removed.add(this.#path);
    else if (!sameJson(before, after)) this.modified.add(this.#path);
  }

  /** Was there anything in either of them? */
  #compareMaps(before: unknown, after: unknown, node: SchemaNode): boolean {
    const old = isObject(before) ? before : NOTHING;
    const now = isObject(after) ? after : NOTHING;
    const bothThere = before !== undefined && after !== undefined;
    let any = false;
    for (const name in now) {
      any = true;
      this.#compareField(name, old[name], now[name], node, bothThere);
    }
    for (const name in old) {
      any = true;
      if (now[name] === undefined) this.#compareField(name, old[name], undefined, node, bothThere);
    }
    return any;
  }

  #compareField(name: string, before: unknown, after: unknown, node: SchemaNode, parentThere: boolean): void {
    if (before === after) return;
    const child = fieldNode(node, name);
    if (parentThere && node.embedded?.has(name)) {
      if (child.shape === "list") {
        // A list that isn't there is null in Go, and an empty one is not the same.
        before ??= null;
        after ??= null;
      } else {
        before ??= NOTHING;
        after ??= NOTHING;
        if (isBlank(before) && isBlank(after)) return;
      }
      if (before === after) return;
    }
    this.#path.push(`f:${name}`);
    this.compare(before, after, child);
    this.#path.pop();
  }

  #compareLists(before: unknown, after: unknown, node: SchemaNode): boolean {
    const old = index(before, node);
    const now = index(after, node);
    const child = itemNode(node);
    for (const [element, items] of now) this.#compareItem(element, old.get(element), items, child);
    for (const [element, items] of old)
      if (!now.has(element)) this.#compareItem(element, items, undefined, child);
    return now.size > 0 || old.size > 0;
  }

  #compareItem(
    element: string,
    before: unknown[] | undefined,
    after: unknown[] | undefined,
    node: SchemaNode,
  ): void {
    this.#path.push(element);
    const hadTwo = (before?.length ?? 0) > 1;
    const hasTwo = (after?.length ?? 0) > 1;
    if (!hadTwo && !hasTwo) {
      this.compare(before?.[0], after?.[0], node);
    } else if (hadTwo && hasTwo) {
      if (!sameJson(before, after)) this.modified.add(this.#path);
    } else if (hadTwo) {
      if (after !== undefined) this.compare(undefined, after[0], node);
      this.removed.add(this.#path);
    } else {
      if (before !== undefined) this.compare(before[0], undefined, node);
      this.added.add(this.#path);
    }
    this.#path.pop();
  }
}

/** Items by path element; items that share one are kept together, for lists that an update filled with duplicates. */
function index(list: unknown, node: SchemaNode): Map<string, unknown[]> {
  const out = new Map<string, unknown[]>();
  if (!Array.isArray(list)) return out;
  for (const item of list) {
    const element = listElement(node, item);
    const same = out.get(element);
    if (same === undefined) out.set(element, [item]);
    else same.push(item);
  }
  return out;
}

function isBlank(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value !== "object") return false;
  for (const _ in value) return false;
  return true;
}
