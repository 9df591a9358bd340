import type { Environment } from "@marcbachmann/cel-js";
import type { JsonSchema } from "../schema/SchemaNode.ts";

/** What a rule can see of a schema. (apiextensions-apiserver, cel/model) */
export interface Declaration {
  /** As the language names it: `int`, `list<string>`, `Object_3`. */
  readonly type: string;
  readonly kind: "scalar" | "dyn" | "list" | "map" | "object";
  /** Of a text that is a time, a duration or bytes. */
  readonly scalar?: "int" | "double" | "timestamp" | "duration" | "bytes";
  readonly element?: Declaration;
  /** An object's fields, by their name in the object. */
  readonly fields?: ReadonlyMap<string, Declaration>;
  /** Of an object: what its values are instances of. */
  readonly ctor?: new () => object;
}

const dyn: Declaration = { type: "dyn", kind: "dyn" };
const text: Declaration = { type: "string", kind: "scalar" };
const formats: Readonly<Record<string, Declaration>> = {
  byte: { type: "bytes", kind: "scalar", scalar: "bytes" },
  duration: { type: "google.protobuf.Duration", kind: "scalar", scalar: "duration" },
  date: { type: "google.protobuf.Timestamp", kind: "scalar", scalar: "timestamp" },
  "date-time": { type: "google.protobuf.Timestamp", kind: "scalar", scalar: "timestamp" },
};
const metadata: JsonSchema = {
  type: "object",
  properties: { name: { type: "string" }, generateName: { type: "string" } },
};

/** Declares a schema's type in an environment. The root, and every embedded object, has its apiVersion, kind and name. */
export function declare(environment: Environment, schema: JsonSchema, isRoot: boolean): Declaration {
  let count = 0;
  return visit(schema, isRoot);

  function visit(node: JsonSchema, hasIdentity: boolean): Declaration {
    if (node["x-kubernetes-int-or-string"] === true) return dyn;
    switch (node.type) {
      case "integer":
        return { type: "int", kind: "scalar", scalar: "int" };
      case "number":
        return { type: "double", kind: "scalar", scalar: "double" };
      case "boolean":
        return { type: "bool", kind: "scalar" };
      case "string":
        return (node.format === undefined ? undefined : formats[node.format]) ?? text;
      case "array": {
        const element = node.items === undefined ? dyn : visit(node.items, false);
        return { type: `list<${element.type}>`, kind: "list", element };
      }
      case "object":
        return objectOf(node, hasIdentity || node["x-kubernetes-embedded-resource"] === true);
      default:
        return dyn;
    }
  }

  function objectOf(node: JsonSchema, hasIdentity: boolean): Declaration {
    if (typeof node.additionalProperties === "object") {
      const element = visit(node.additionalProperties, false);
      return { type: `map<string, ${element.type}>`, kind: "map", element };
    }
    const properties: Record<string, JsonSchema> = {
      ...node.properties,
      ...(hasIdentity ? { apiVersion: { type: "string" }, kind: { type: "string" }, metadata } : {}),
    };
    const fields = new Map<string, Declaration>();
    const types: Record<string, string> = {};
    for (const [name, child] of Object.entries(properties)) {
      const field = visit(child, false);
      fields.set(name, field);
      const escaped = escapedName(name);
      if (escaped !== undefined) types[escaped] = field.type;
    }
    const type = `Object_${++count}`;
    // A class of its own for each, by which the language knows the type of a value.
    const ctor = class {
      readonly [field: string]: unknown;
    };
    environment.registerType(type, { ctor, fields: types });
    return { type, kind: "object", fields, ctor };
  }
}

const reserved = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
);

/** A field's name as rules write it; undefined when they can't. (apiserver/schema/cel/model/escaping.go) */
export function escapedName(name: string): string | undefined {
  if (reserved.has(name)) return `__${name}__`;
  const escaped = name
    .replaceAll("__", "__underscores__")
    .replaceAll(".", "__dot__")
    .replaceAll("-", "__dash__")
    .replaceAll("/", "__slash__");
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(escaped) ? escaped : undefined;
}
