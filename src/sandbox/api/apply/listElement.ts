import { type SchemaNode, isObject } from "../schema/SchemaNode.ts";

/** Why an item of an associative list has no place in it; the text is the real server's. */
export class ListElementError extends Error {
  override readonly name = "ListElementError";
}

/** The path element of an item of an associative list: `k:{"name":"c"}`, or `v:"x"` in a set. */
export function listElement(list: SchemaNode, item: unknown): string {
  if (list.keys === undefined) return setElement(item);
  if (item === null || item === undefined)
    throw new ListElementError("associative list with keys may not have a null element");
  if (!isObject(item)) throw new ListElementError("associative list with keys may not have non-map elements");
  let text = "";
  for (const key of list.keys) {
    const value = item[key] ?? list.keyDefaults?.[key];
    // A key that is left out and has no default makes an element of its own.
    if (value === undefined) continue;
    text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${JSON.stringify(value)}`;
  }
  if (text === "") {
    const names = list.keys.map((key) => JSON.stringify(key)).join(" ");
    throw new ListElementError(
      `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
    );
  }
  return `k:{${text}}`;
}

function setElement(item: unknown): string {
  if (item === null || item === undefined)
    throw new ListElementError("associative list without keys has an element that's an explicit null");
  if (Array.isArray(item))
    throw new ListElementError("not supported: associative list with lists as elements");
  if (typeof item === "object")
    throw new ListElementError("associative list without keys has an element that's a map type");
  return `v:${JSON.stringify(item)}`;
}
