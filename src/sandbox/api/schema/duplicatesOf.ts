import { type FieldError, duplicate } from "./FieldError.ts";
import { type JsonSchema, isObject } from "./SchemaNode.ts";

/** The path of a field. */
export const childOf = (path: string, name: string): string => (path === "" ? name : `${path}.${name}`);

const known = new WeakMap<JsonSchema, boolean>();

/** Whether there are lists anywhere in a schema whose items must differ: most have none, and needn't be walked. */
export function hasUnique(schema: JsonSchema): boolean {
  let has = known.get(schema);
  if (has === undefined) {
    const { items, additionalProperties, properties } = schema;
    const listType = schema["x-kubernetes-list-type"];
    has =
      listType === "map" ||
      listType === "set" ||
      (items !== undefined && hasUnique(items)) ||
      (typeof additionalProperties === "object" && hasUnique(additionalProperties)) ||
      Object.values(properties ?? {}).some(hasUnique);
    known.set(schema, has);
  }
  return has;
}

/** Items of an object that occur twice where they may not: a set's, or those of a map by their keys. (apiextensions-apiserver, schema/listtype) */
export function duplicatesOf(object: unknown, root: JsonSchema): FieldError[] {
  const errors: FieldError[] = [];
  visit(object, root, "");
  return errors;

  function visit(value: unknown, schema: JsonSchema, path: string): void {
    if (typeof value !== "object" || value === null || !hasUnique(schema)) return;
    if (Array.isArray(value)) {
      checkUnique(value, schema, path, errors);
      const { items } = schema;
      if (items !== undefined) value.forEach((item, i) => visit(item, items, `${path}[${i}]`));
      return;
    }
    const { properties, additionalProperties } = schema;
    for (const [name, item] of Object.entries(value)) {
      const child =
        properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
      if (typeof child === "object") visit(item, child, childOf(path, name));
    }
  }
}

function checkUnique(
  value: readonly unknown[],
  schema: JsonSchema,
  path: string,
  errors: FieldError[],
): void {
  const listType = schema["x-kubernetes-list-type"];
  if (listType !== "map" && listType !== "set") return;
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  const seen = new Set<string>();
  value.forEach((item, i) => {
    let identity: unknown = item;
    if (listType === "map") {
      if (!isObject(item)) return;
      identity = Object.fromEntries(
        keys.filter((key) => item[key] !== undefined).map((key) => [key, item[key]]),
      );
    }
    const text = JSON.stringify(identity);
    if (seen.has(text)) errors.push(duplicate(`${path}[${i}]`, identity));
    seen.add(text);
  });
}
