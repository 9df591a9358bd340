import { type JsonObject, type JsonSchema, isObject } from "./SchemaNode.ts";

/**
 * Fills in the schema's defaults, in place, on write and on read. A null where null isn't allowed and a default exists counts as left out.
 * (apiextensions-apiserver, schema/defaulting)
 */
export function defaultCustom(object: JsonObject, schema: JsonSchema | undefined): void {
  if (schema === undefined) return;
  dropNulls(object, schema);
  if (hasDefaults(schema)) fill(object, schema);
}

/** A null where none may be, and no default stands in for it, counts as left out too. */
function dropNulls(value: unknown, schema: JsonSchema): void {
  if (Array.isArray(value)) {
    if (schema.items !== undefined) for (const item of value) dropNulls(item, schema.items);
    return;
  }
  if (!isObject(value)) return;
  const { properties, additionalProperties } = schema;
  for (const name in value) {
    const child =
      properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
    if (typeof child !== "object") continue;
    if (value[name] !== null) dropNulls(value[name], child);
    else if (child.nullable !== true && child.default === undefined) delete value[name];
  }
}

function fill(value: unknown, schema: JsonSchema): void {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined || !hasDefaults(items)) return;
    value.forEach((item, i) => {
      if (item === null && items.nullable !== true && items.default !== undefined)
        value[i] = structuredClone(items.default);
      fill(value[i], items);
    });
    return;
  }
  if (!isObject(value)) return;
  const { properties, additionalProperties } = schema;
  for (const name in properties) {
    const child = properties[name]!;
    if (!hasDefaults(child)) continue;
    const present = value[name];
    if (
      child.default !== undefined &&
      (present === undefined || (present === null && child.nullable !== true))
    ) {
      value[name] = structuredClone(child.default);
    }
    if (value[name] !== undefined) fill(value[name], child);
  }
  if (typeof additionalProperties !== "object" || !hasDefaults(additionalProperties)) return;
  for (const name in value) {
    if (properties !== undefined && Object.hasOwn(properties, name)) continue;
    if (
      value[name] === null &&
      additionalProperties.nullable !== true &&
      additionalProperties.default !== undefined
    ) {
      value[name] = structuredClone(additionalProperties.default);
    }
    fill(value[name], additionalProperties);
  }
}

const known = new WeakMap<JsonSchema, boolean>();

/** Most branches have none, and needn't be walked. */
export function hasDefaults(schema: JsonSchema): boolean {
  let has = known.get(schema);
  if (has === undefined) {
    const { items, additionalProperties, properties } = schema;
    has =
      schema.default !== undefined ||
      (items !== undefined && hasDefaults(items)) ||
      (typeof additionalProperties === "object" && hasDefaults(additionalProperties)) ||
      Object.values(properties ?? {}).some(hasDefaults);
    known.set(schema, has);
  }
  return has;
}
