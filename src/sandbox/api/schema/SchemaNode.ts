/** What one place in an object may hold. Nodes are shared and lazy: compare them by identity, never walk all of them. */
export interface SchemaNode {
  /** `any`: taken as it comes (a scalar, a list that is replaced as a whole, or an object merged by field). */
  readonly shape: "object" | "map" | "list" | "scalar" | "any";
  /** For scalars. `quantity` is printed in its canonical form, `time` is RFC 3339, `bytes` base64. */
  readonly scalar?: ScalarType;
  /** `int32`, `int64`, `double`, ... as the OpenAPI document says. */
  readonly format?: string;
  /** An object's fields by name. */
  readonly fields?: ReadonlyMap<string, SchemaNode>;
  /** A map's values, a list's items. */
  readonly element?: SchemaNode;
  /** Replaced and owned as a whole (x-kubernetes-map-type: atomic, x-kubernetes-list-type: atomic, or a list without type). */
  readonly atomic: boolean;
  /** Sorted keys of an associative list; undefined for a set (which is a list that isn't atomic). */
  readonly keys?: readonly string[];
  /** Values that stand for a key field that is left out: `protocol: TCP`. */
  readonly keyDefaults?: Readonly<Record<string, unknown>>;
  /** Unknown fields of an object are kept (x-kubernetes-preserve-unknown-fields). */
  readonly preserveUnknown?: boolean;
  /**
   * Fields that a server written in Go always has, if only as an empty object or list (they are no pointers there): `spec`, `status`,
   * `template`. They count as present when field ownership is computed.
   */
  readonly embedded?: ReadonlySet<string>;
  /** Scalar fields that a server written in Go leaves out when they are empty, zero or false. */
  readonly omittedWhenZero?: ReadonlySet<string>;
  /** Strategic merge: the field that identifies an item. */
  readonly patchMergeKey?: string;
  /** Strategic merge: `merge`, `replace`, `retainKeys`, as the type says; none means replace for lists, merge for objects. */
  readonly patchStrategy?: readonly string[];
  /** The name of the Go type, for messages: `DeploymentSpec`. */
  readonly typeName?: string;
  /** The fields of an object that must be there. */
  readonly required?: readonly string[];
  /** Custom kinds: the JSON schema this node was made of. */
  readonly custom?: JsonSchema;
}

export type ScalarType =
  | "string"
  | "integer"
  | "number"
  | "boolean"
  | "intOrString"
  | "quantity"
  | "time"
  | "bytes"
  | "any";

/** JSONSchemaProps of apiextensions.k8s.io/v1, as far as it is read here. */
export interface JsonSchema {
  type?: string;
  format?: string;
  title?: string;
  description?: string;
  nullable?: boolean;
  default?: unknown;
  enum?: unknown[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: boolean;
  exclusiveMaximum?: boolean;
  multipleOf?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  minProperties?: number;
  maxProperties?: number;
  required?: string[];
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema;
  oneOf?: JsonSchema[];
  anyOf?: JsonSchema[];
  allOf?: JsonSchema[];
  not?: JsonSchema;
  "x-kubernetes-preserve-unknown-fields"?: boolean;
  "x-kubernetes-int-or-string"?: boolean;
  "x-kubernetes-embedded-resource"?: boolean;
  "x-kubernetes-list-type"?: string;
  "x-kubernetes-list-map-keys"?: string[];
  "x-kubernetes-map-type"?: string;
  "x-kubernetes-validations"?: unknown[];
  [other: string]: unknown;
}

/** Anything, merged by field: what preserve-unknown-fields means. */
export const anyNode: SchemaNode = { shape: "any", atomic: false };

/** Anything, replaced as a whole: a JSON value without a type. */
export const anyAtomicNode: SchemaNode = { shape: "any", atomic: true };

/** The node of a field of an object or map; unknown fields are taken as they come. */
export function fieldNode(node: SchemaNode, name: string): SchemaNode {
  if (node.shape === "object") return node.fields?.get(name) ?? anyNode;
  if (node.shape === "map") return node.element ?? anyNode;
  return node;
}

/** The node of a list's items. */
export const itemNode = (node: SchemaNode): SchemaNode =>
  node.shape === "list" ? (node.element ?? anyNode) : anyNode;

export type JsonObject = Record<string, unknown>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** How a value is treated at a node: a node of shape `any` takes the shape of its value. */
export function treatedAs(node: SchemaNode, value: unknown): "map" | "list" | "scalar" {
  switch (node.shape) {
    case "object":
    case "map":
      return "map";
    case "list":
      return "list";
    case "scalar":
      return "scalar";
    default:
      if (Array.isArray(value)) return "list";
      if (value === null || value === undefined || typeof value === "object") return "map";
      return "scalar";
  }
}

/** True where a list or map at this node is one leaf. Lists in untyped places always are. */
export const isAtomicAt = (node: SchemaNode, as: "map" | "list"): boolean =>
  node.atomic || (node.shape === "any" && as === "list");
