import { objectMetaSchema } from "./loadSchema.ts";
import type { JsonSchema, SchemaNode } from "./SchemaNode.ts";

const kept = [
  "format",
  "required",
  "enum",
  "default",
  "nullable",
  "pattern",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "uniqueItems",
  "minProperties",
  "maxProperties",
  "allOf",
  "anyOf",
  "oneOf",
  "not",
] as const;

const renamed: Readonly<Record<string, keyof SchemaNode>> = {
  "x-kubernetes-list-type": "listType",
  "x-kubernetes-list-map-keys": "listMapKeys",
  "x-kubernetes-map-type": "mapType",
  "x-kubernetes-preserve-unknown-fields": "preserveUnknownFields",
  "x-kubernetes-embedded-resource": "embedded",
  "x-kubernetes-validations": "validations",
};

/**
 * The type that a CRD's `openAPIV3Schema` describes, taken to be structural. The root gets `apiVersion`, `kind` and a full
 * ObjectMeta, as the API server gives it (KEP: structural schemas, "implicit fields").
 */
export function compileSchema(openAPIV3Schema: JsonSchema): SchemaNode {
  return { ...withObjectFields(compile(openAPIV3Schema)), embedded: undefined };
}

function withObjectFields(node: SchemaNode): SchemaNode {
  return {
    ...node,
    type: "object",
    properties: {
      ...node.properties,
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: objectMetaSchema(),
    },
  };
}

function compile(schema: JsonSchema): SchemaNode {
  const node: Record<string, unknown> = { type: typeOf(schema) };
  for (const key of kept) if (schema[key] !== undefined) node[key] = schema[key];
  for (const [from, to] of Object.entries(renamed)) if (schema[from] !== undefined) node[to] = schema[from];
  if (node["type"] === "intOrString") {
    // `anyOf: [{type: integer}, {type: string}]` says the same once more.
    delete node["anyOf"];
    const all = schema["allOf"] as JsonSchema[] | undefined;
    if (all) node["allOf"] = all.filter((each) => !saysIntOrString(each));
  }
  const properties = schema["properties"] as Record<string, JsonSchema> | undefined;
  if (properties) {
    node["properties"] = Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [name, compile(property)]),
    );
  }
  const additional = schema["additionalProperties"];
  if (additional === true) node["values"] = { type: "any" };
  else if (additional && typeof additional === "object") node["values"] = compile(additional as JsonSchema);
  if (schema["items"]) node["items"] = compile(schema["items"] as JsonSchema);
  else if (node["type"] === "array") node["items"] = { type: "any" };
  const compiled = node as unknown as SchemaNode;
  return compiled.embedded ? withObjectFields(compiled) : compiled;
}

const saysIntOrString = (schema: JsonSchema): boolean => {
  const any = schema["anyOf"] as JsonSchema[] | undefined;
  return any?.length === 2 && any.every((each) => each["type"] === "integer" || each["type"] === "string");
};

function typeOf(schema: JsonSchema): SchemaNode["type"] {
  if (schema["x-kubernetes-int-or-string"] === true) return "intOrString";
  const type = schema["type"] as SchemaNode["type"] | undefined;
  if (type === "object") {
    if (schema["properties"]) return "object";
    // An object of which nothing is said loses all its fields, unless they are to be preserved.
    return schema["additionalProperties"] ? "map" : "object";
  }
  return type ?? "any";
}
