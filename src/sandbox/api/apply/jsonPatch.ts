import { isObject } from "../schema/SchemaNode.ts";
import { PatchRefused } from "./PatchRefused.ts";
import { sameJson } from "./sameJson.ts";

const MOST_OPERATIONS = 10_000;

/**
 * JSON patch (RFC 6902). Returns a new value that shares what wasn't touched.
 *
 * Own code, because the kept libraries either change their input or clone all of it, and because members named `__proto__` must be plain data here.
 *
 * @throws PatchRefused 400 for what is no patch; 413 for more than 10,000 operations; 422 for one that doesn't fit the object, a failed `test` included.
 */
export function jsonPatch(object: unknown, patch: unknown): unknown {
  // Go reads null as a list without anything.
  if (patch === null) return object;
  if (!Array.isArray(patch))
    throw new PatchRefused(400, "BadRequest", "error decoding patch: a JSON patch is a list of operations");
  if (patch.length > MOST_OPERATIONS) {
    throw new PatchRefused(
      413,
      "RequestEntityTooLarge",
      `Request entity too large: The allowed maximum operations in a JSON patch is ${MOST_OPERATIONS}, got ${patch.length}`,
    );
  }
  return patch.reduce<unknown>(applyOperation, object);
}

function applyOperation(document: unknown, operation: unknown): unknown {
  if (operation === null) refuse("an operation is null");
  if (!isObject(operation) || typeof operation["op"] !== "string")
    throw new PatchRefused(400, "BadRequest", "error decoding patch: an operation has no op");
  const path = pointer(operation["path"]);
  switch (operation["op"]) {
    case "add":
      return edit(
        document,
        path,
        (parent, key) => add(parent, key, valueOf(operation)),
        () => valueOf(operation),
      );
    case "replace":
      return edit(
        document,
        path,
        (parent, key) => replace(parent, key, valueOf(operation)),
        () => valueOf(operation),
      );
    case "remove":
      return edit(document, path, remove, () => refuse("cannot remove the whole document"));
    case "test":
      if (!sameJson(read(document, path), valueOf(operation)))
        refuse(`testing value ${String(operation["path"])} failed`);
      return document;
    case "copy": {
      const value = read(document, pointer(operation["from"]));
      return edit(
        document,
        path,
        (parent, key) => add(parent, key, value),
        () => value,
      );
    }
    case "move": {
      const from = pointer(operation["from"]);
      if (path.length > from.length && from.every((part, i) => part === path[i]))
        refuse("cannot move a value into itself");
      const value = read(document, from);
      const rest = edit(document, from, remove, () => refuse("cannot remove the whole document"));
      return edit(
        rest,
        path,
        (parent, key) => add(parent, key, value),
        () => value,
      );
    }
    default:
      return refuse(`unexpected kind: ${operation["op"]}`);
  }
}

/** Every patch that does not fit is answered with the same words: what was wrong stays in the server. */
function refuse(cause: string): never {
  throw new PatchRefused(
    422,
    "Invalid",
    "the server rejected our request due to an error in our request",
    cause,
  );
}

/** RFC 6901. */
function pointer(path: unknown): string[] {
  if (typeof path !== "string") refuse("an operation has no path");
  if (path === "") return [];
  if (!path.startsWith("/")) refuse(`path ${JSON.stringify(path)} does not start with a slash`);
  return path
    .slice(1)
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function valueOf(operation: Record<string, unknown>): unknown {
  if (!Object.hasOwn(operation, "value")) refuse(`${String(operation["op"])} operation has no value`);
  return operation["value"];
}

/** As Kubernetes' library has it: a member that is not there, of an object that is, counts as null. */
function read(document: unknown, path: readonly string[]): unknown {
  let at = document;
  for (const [depth, key] of path.entries()) {
    if (Array.isArray(at)) at = at[index(at, key, at.length - 1)];
    else if (isObject(at) && Object.hasOwn(at, key)) at = at[key];
    else if (isObject(at) && depth === path.length - 1) return null;
    else refuse(`the path /${path.join("/")} does not exist`);
  }
  return at;
}

type Parent = unknown[] | Record<string, unknown>;

/** Copies what lies on the way, and lets `change` work on a copy of the parent. */
function edit(
  document: unknown,
  path: readonly string[],
  change: (parent: Parent, key: string) => void,
  root: () => unknown,
): unknown {
  if (path.length === 0) return root();
  const [key, ...rest] = path as [string, ...string[]];
  if (!Array.isArray(document) && !isObject(document))
    refuse(`the path to ${JSON.stringify(key)} does not exist`);
  const copy: Parent = Array.isArray(document) ? [...document] : { ...document };
  if (rest.length === 0) {
    change(copy, key);
    return copy;
  }
  if (Array.isArray(copy)) {
    const i = index(copy, key, copy.length - 1);
    copy[i] = edit(copy[i], rest, change, root);
  } else {
    if (!Object.hasOwn(copy, key)) refuse(`the path to ${JSON.stringify(key)} does not exist`);
    put(copy, key, edit(copy[key], rest, change, root));
  }
  return copy;
}

function index(list: readonly unknown[], key: string, last: number): number {
  if (!/^-?\d+$/.test(key)) refuse(`${JSON.stringify(key)} is no index of a list`);
  const number = Number(key);
  const i = number < 0 ? number + list.length : number;
  if (i < 0 || i > last) refuse(`Unable to access invalid index: ${key}`);
  return i;
}

/** Any name is a plain member, `__proto__` too. */
function put(object: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

function add(parent: Parent, key: string, value: unknown): void {
  if (!Array.isArray(parent)) put(parent, key, value);
  else if (key === "-") parent.push(value);
  else parent.splice(index(parent, key, parent.length), 0, value);
}

function replace(parent: Parent, key: string, value: unknown): void {
  if (Array.isArray(parent)) parent[index(parent, key, parent.length - 1)] = value;
  // As Kubernetes' library has it, and not RFC 6902: what is not there is added.
  else put(parent, key, value);
}

function remove(parent: Parent, key: string): void {
  if (Array.isArray(parent)) parent.splice(index(parent, key, parent.length - 1), 1);
  else if (Object.hasOwn(parent, key)) delete parent[key];
  else refuse(`remove operation does not apply: doc is missing key: ${key}`);
}
