import { objectMetaNode } from "./objectMeta.ts";
import { type JsonSchema, type SchemaNode, anyNode } from "./SchemaNode.ts";

const text: SchemaNode = { shape: "scalar", scalar: "string", atomic: false };

/**
 * The node of a custom kind, from `spec.versions[].schema.openAPIV3Schema` of its definition. A definition without a schema (it must then preserve unknown
 * fields) takes everything. Asking twice with the same schema gives the same node.
 */
export function schemaOfCustom(schema: JsonSchema | undefined, kind: string): SchemaNode {
  const key = schema ?? NO_SCHEMA;
  let node = roots.get(key);
  if (node === undefined) roots.set(key, (node = new CustomNode(key, kind, true)));
  return node;
}

const NO_SCHEMA: JsonSchema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
const roots = new WeakMap<JsonSchema, SchemaNode>();

class CustomNode implements SchemaNode {
  readonly shape: SchemaNode["shape"];
  readonly scalar?: SchemaNode["scalar"];
  readonly format?: string;
  readonly atomic: boolean;
  readonly keys?: readonly string[];
  readonly keyDefaults?: Readonly<Record<string, unknown>>;
  readonly preserveUnknown?: boolean;
  readonly typeName: string;
  readonly required?: readonly string[];
  readonly custom: JsonSchema;
  readonly #root: boolean;
  #fields: ReadonlyMap<string, SchemaNode> | undefined;
  #element: SchemaNode | undefined;

  constructor(schema: JsonSchema, typeName: string, root = false) {
    this.custom = schema;
    this.typeName = typeName;
    this.#root = root;
    this.shape = root ? "object" : shapeOf(schema);
    this.format = schema.format;
    this.required = schema.required;
    this.preserveUnknown = schema["x-kubernetes-preserve-unknown-fields"] === true;
    if (this.shape === "scalar") this.scalar = scalarOf(schema);
    const listType = schema["x-kubernetes-list-type"];
    this.atomic =
      this.shape === "list"
        ? listType !== "map" && listType !== "set"
        : schema["x-kubernetes-map-type"] === "atomic";
    if (listType === "map") {
      this.keys = [...(schema["x-kubernetes-list-map-keys"] ?? [])].toSorted();
      const defaults: Record<string, unknown> = {};
      for (const key of this.keys) {
        const value = schema.items?.properties?.[key]?.default;
        if (value !== undefined) defaults[key] = value;
      }
      this.keyDefaults = defaults;
    }
  }

  get fields(): ReadonlyMap<string, SchemaNode> | undefined {
    if (this.shape !== "object") return undefined;
    if (this.#fields !== undefined) return this.#fields;
    const out = new Map<string, SchemaNode>();
    for (const [name, schema] of Object.entries(this.custom.properties ?? {}))
      out.set(name, new CustomNode(schema, name));
    if (this.#root || this.custom["x-kubernetes-embedded-resource"] === true) {
      out.set("apiVersion", text);
      out.set("kind", text);
      out.set("metadata", objectMetaNode);
    }
    return (this.#fields = out);
  }

  get element(): SchemaNode | undefined {
    if (this.#element !== undefined) return this.#element;
    const { items, additionalProperties } = this.custom;
    const inner = items ?? (typeof additionalProperties === "object" ? additionalProperties : undefined);
    if (inner === undefined) return this.shape === "map" || this.shape === "list" ? anyNode : undefined;
    return (this.#element = new CustomNode(inner, this.typeName));
  }
}

function shapeOf(schema: JsonSchema): SchemaNode["shape"] {
  if (schema["x-kubernetes-int-or-string"] === true) return "scalar";
  switch (schema.type) {
    case "object":
      if (schema.additionalProperties !== undefined && schema.additionalProperties !== false) return "map";
      if (schema["x-kubernetes-embedded-resource"] === true) return "object";
      return schema.properties === undefined && schema["x-kubernetes-preserve-unknown-fields"] === true
        ? "any"
        : "object";
    case "array":
      return "list";
    case "string":
    case "integer":
    case "number":
    case "boolean":
      return "scalar";
    default:
      return "any";
  }
}

function scalarOf(schema: JsonSchema): SchemaNode["scalar"] {
  return schema["x-kubernetes-int-or-string"] === true
    ? "intOrString"
    : (schema.type as SchemaNode["scalar"]);
}
