// OpenAPI definitions -> the compact types that `loadSchema` reads: `SchemaNode`s with `$ref` where a node is another definition.
import type { JsonSchema, SchemaNode } from "../../src/kube/SchemaNode.ts";
import type { GoSources } from "./goTypes.ts";

/** A SchemaNode in a file: `$ref` is a definition's name, and keys beside it override. */
export type CompactNode = { $ref?: string; type?: SchemaNode["type"]; [key: string]: unknown };

const scalars: Readonly<Record<string, CompactNode>> = {
  "io.k8s.apimachinery.pkg.api.resource.Quantity": { type: "quantity" },
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString": { type: "intOrString" },
  "io.k8s.apimachinery.pkg.apis.meta.v1.Time": { type: "string", format: "date-time" },
  "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": { type: "string", format: "date-time" },
  "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1": { type: "any" },
  "io.k8s.apimachinery.pkg.runtime.RawExtension": { type: "any", preserveUnknownFields: true },
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON": { type: "any" },
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool": { type: "any" },
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray": { type: "any" },
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray": { type: "any" },
};

/** All definitions reachable from `roots`. */
export function compactTypes(
  schemas: Readonly<Record<string, JsonSchema>>,
  roots: readonly string[],
  sources: GoSources,
): Record<string, CompactNode> {
  const types: Record<string, CompactNode> = {};
  const visit = (name: string): void => {
    if (types[name] || scalars[name]) return;
    const schema = schemas[name];
    if (!schema) throw new Error(`no definition ${name}`);
    types[name] = {};
    const node = compact(schema, (next) => {
      visit(next);
      return scalars[next] ?? { $ref: next };
    });
    const struct = name.split(".").at(-1)!;
    const packagePath = packageOf(name);
    for (const [field, property] of Object.entries(
      (node["properties"] ?? {}) as Record<string, CompactNode>,
    )) {
      const values = sources.enumOf(packagePath, struct, field);
      if (!values) continue;
      const target = property.type === "array" ? (property["items"] as CompactNode) : property;
      if (target.type === "string") target["enum"] = [...new Set(values)].toSorted();
    }
    types[name] = node;
  };
  for (const root of roots) visit(root);
  return Object.fromEntries(Object.entries(types).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** `io.k8s.api.core.v1.Pod` -> `api/core/v1` */
const packageOf = (definition: string): string =>
  definition
    .replace(/^io\.k8s\./, "")
    .split(".")
    .slice(0, -1)
    .join("/");

function compact(schema: JsonSchema, reference: (name: string) => CompactNode): CompactNode {
  const inner = (value: unknown): CompactNode => compact(value as JsonSchema, reference);
  const all = schema["allOf"] as JsonSchema[] | undefined;
  const ref = (schema["$ref"] ?? all?.[0]?.["$ref"]) as string | undefined;
  let node: CompactNode;
  if (ref !== undefined) {
    node = { ...reference(ref.split("/").at(-1)!) };
  } else if (schema["properties"]) {
    node = {
      type: "object",
      properties: Object.fromEntries(
        Object.entries(schema["properties"]).map(([name, property]) => [name, inner(property)]),
      ),
    };
  } else if (schema["type"] === "array") {
    node = { type: "array", items: inner(schema["items"] ?? {}) };
  } else if (schema["additionalProperties"]) {
    node = { type: "map", values: inner(schema["additionalProperties"]) };
  } else if (schema["type"] === "object" || schema["type"] === undefined) {
    // `emptyDir`-like structs have no fields; what is free-form is named in `scalars`.
    node = schema["type"] === "object" ? { type: "object", properties: {} } : { type: "any" };
  } else {
    node = { type: schema["type"] as SchemaNode["type"] };
    if (schema["format"] !== undefined) node["format"] = schema["format"];
  }
  const keep = (to: string, from: string): void => {
    if (schema[from] !== undefined) node[to] = schema[from];
  };
  if ((schema["required"] as string[] | undefined)?.length) node["required"] = schema["required"];
  keep("listType", "x-kubernetes-list-type");
  keep("listMapKeys", "x-kubernetes-list-map-keys");
  keep("mapType", "x-kubernetes-map-type");
  keep("patchMergeKey", "x-kubernetes-patch-merge-key");
  const strategy = schema["x-kubernetes-patch-strategy"] as string | undefined;
  if (strategy !== undefined) node["patchStrategy"] = strategy.split(",");
  // `{}`, `""`, `0` and `false` only say that Go's zero value is written; none of the built-in kinds means more by them.
  const value = schema["default"];
  if (
    value !== undefined &&
    value !== "" &&
    value !== 0 &&
    value !== false &&
    JSON.stringify(value) !== "{}"
  ) {
    node["default"] = value;
  }
  return node;
}

/** What `older` has that `newer` has not, or has otherwise; `null` where it lacks a definition. */
export function difference(
  older: Record<string, CompactNode>,
  newer: Record<string, CompactNode>,
): Record<string, CompactNode | null> {
  const changed: Record<string, CompactNode | null> = {};
  for (const [name, node] of Object.entries(older)) {
    if (JSON.stringify(node) !== JSON.stringify(newer[name])) changed[name] = node;
  }
  for (const name of Object.keys(newer)) if (!(name in older)) changed[name] = null;
  return changed;
}
