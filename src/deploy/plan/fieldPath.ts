import { deepEqual, isMap, ownValue } from "./deepEqual.ts";

/** One step into a JSON value: a field, an item found by its keys, or an item by position. */
export type Segment =
  | { readonly field: string }
  | { readonly item: Readonly<Record<string, unknown>> }
  | { readonly index: number };

/** `spec.template.spec.containers[api].image`, `metadata.annotations["moorage.dev/owner"]`. */
export function formatPath(path: readonly Segment[]): string {
  let text = "";
  for (const segment of path) {
    if ("field" in segment) {
      const plain = /^[A-Za-z_][A-Za-z0-9_-]*$/.test(segment.field);
      text += plain ? `${text === "" ? "" : "."}${segment.field}` : `[${JSON.stringify(segment.field)}]`;
    } else if ("index" in segment) {
      text += `[${segment.index}]`;
    } else {
      const values = Object.entries(segment.item)
        .filter(([key, value]) => !(key === "protocol" && value === "TCP"))
        .map(([, value]) => String(value));
      text += `[${values.join("/")}]`;
    }
  }
  return text;
}

/** What is at a path of a JSON value; undefined when there is nothing. */
export function valueAt(value: unknown, path: readonly Segment[]): unknown {
  let found = value;
  for (const segment of path) {
    if ("field" in segment) found = isMap(found) ? ownValue(found, segment.field) : undefined;
    else if (!Array.isArray(found)) return undefined;
    else if ("index" in segment) found = found[segment.index];
    else
      found = found.find(
        (item) =>
          isMap(item) &&
          Object.entries(segment.item).every(([key, wanted]) => deepEqual(ownValue(item, key), wanted)),
      );
  }
  return found;
}
