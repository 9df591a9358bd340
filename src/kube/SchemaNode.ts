/**
 * What the server, strict checks and merging need to know of a value, compact: no descriptions, references resolved. Nodes are shared and
 * frozen in meaning: never change one. The graph has cycles where a type contains itself (JSONSchemaProps).
 *
 * Made from the built-in kinds by `loadSchema`, and from a CRD's structural schema by `compileSchema`.
 */
export interface SchemaNode {
  /**
   * `object` has `properties`; `map` has `values`; `array` has `items`. `any` is free-form (RawExtension, JSON, FieldsV1). `quantity` is
   * a string or a number; `intOrString` what it says. A time is a `string` with format `date-time`.
   */
  readonly type:
    | "object"
    | "map"
    | "array"
    | "string"
    | "integer"
    | "number"
    | "boolean"
    | "any"
    | "quantity"
    | "intOrString";
  readonly format?: "byte" | "date-time" | "int32" | "int64" | "double" | (string & {});

  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  /** Of a map; of an object too when a CRD gives both `properties` and `additionalProperties`. */
  readonly values?: SchemaNode;
  readonly items?: SchemaNode;

  /** Of an array; absent means atomic. */
  readonly listType?: "atomic" | "set" | "map";
  readonly listMapKeys?: readonly string[];
  /** Of a map or object; absent means granular. */
  readonly mapType?: "atomic" | "granular";
  /** Strategic merge patch: `["merge", "retainKeys"]`. Absent means replace, for lists; built-in kinds only. */
  readonly patchStrategy?: readonly ("merge" | "replace" | "retainKeys")[];
  readonly patchMergeKey?: string;

  /** Allowed values. Of strings of built-in kinds: the constants of a closed set in Kubernetes' sources (`// +enum`). */
  readonly enum?: readonly unknown[];
  /** Real defaults only; the zero values that the OpenAPI documents of built-in kinds carry for every required field are left out. */
  readonly default?: unknown;
  readonly nullable?: boolean;
  /** Unknown fields are kept here (RawExtension; `x-kubernetes-preserve-unknown-fields`). */
  readonly preserveUnknownFields?: boolean;
  /** `x-kubernetes-embedded-resource`: has apiVersion, kind and metadata of its own. */
  readonly embedded?: boolean;

  /** Only from CRDs; names and meaning as in OpenAPI. */
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  /** Junctors hold value validations only (KEP: structural schemas), so they are kept as they are written. */
  readonly allOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly not?: JsonSchema;
  /** `x-kubernetes-validations`: CEL rules, as written. */
  readonly validations?: readonly {
    readonly rule: string;
    readonly message?: string;
    readonly [field: string]: unknown;
  }[];
}

/** A schema as OpenAPI v3 or a CRD writes it. */
export interface JsonSchema {
  [keyword: string]: unknown;
}
