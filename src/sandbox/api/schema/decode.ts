import { duplicateKeys } from "./duplicateKeys.ts";
import { canonicalQuantity, quantityProblem } from "./quantity.ts";
import { objectMetaNode } from "./objectMeta.ts";
import { type JsonObject, type SchemaNode, isObject } from "./SchemaNode.ts";

export interface DecodeOptions {
  /** Changed in place: unknown fields go, nulls of built-in kinds too, quantities take their canonical form. */
  readonly object: JsonObject;
  /** The text it was parsed from, to look for members that occur twice. Left out for protobuf and for results of patches. */
  readonly raw?: string;
  /** What was found doubled when it was parsed from YAML. */
  readonly doubled?: readonly string[];
  readonly schema: SchemaNode;
  /** For messages. */
  readonly kind: string;
  readonly apiVersion: string;
  /** `?fieldValidation=`; the default is Warn. */
  readonly fieldValidation?: "Ignore" | "Warn" | "Strict";
}

export interface Decoded {
  /** For `Warning` headers. */
  readonly warnings: readonly string[];
  /** The message of a 400: wrong types always, unknown and duplicate fields when asked to be strict. */
  readonly error?: string;
}

/** Reads what a client sent as the kind it is meant to be. */
export function decode({
  object,
  raw,
  doubled = [],
  schema,
  kind,
  apiVersion,
  fieldValidation = "Warn",
}: DecodeOptions): Decoded {
  const walk = new Walk(schema.custom === undefined, fieldValidation !== "Ignore");
  const prefix = (): string => {
    const version = apiVersion.slice(apiVersion.lastIndexOf("/") + 1);
    return `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: `;
  };
  walk.object(object, schema);
  if (walk.problem !== undefined) return { warnings: [], error: prefix() + walk.problem };
  if (fieldValidation === "Ignore") return { warnings: [] };
  const duplicates = raw === undefined ? [] : duplicateKeys(raw);
  const warnings = [
    ...doubled,
    ...duplicates.map((path) => `duplicate field ${JSON.stringify(path)}`),
    ...walk.unknown.map((path) => `unknown field ${JSON.stringify(path)}`),
  ];
  if (fieldValidation === "Strict" && warnings.length > 0)
    return { warnings: [], error: `${prefix()}strict decoding error: ${strictly(warnings, doubled.length)}` };
  return { warnings };
}

/** What a parser of YAML found is told in its way. */
const strictly = (warnings: readonly string[], doubled: number): string =>
  [
    ...(doubled === 0
      ? []
      : [
          `yaml: unmarshal errors:\n${warnings
            .slice(0, doubled)
            .map((one) => `  ${one}`)
            .join("\n")}`,
        ]),
    ...warnings.slice(doubled),
  ].join(", ");

class Walk {
  readonly unknown: string[] = [];
  problem: string | undefined;
  readonly #builtin: boolean;
  readonly #collects: boolean;
  readonly #path: (string | number)[] = [];

  constructor(builtin: boolean, collects: boolean) {
    this.#builtin = builtin;
    this.#collects = collects;
  }

  object(value: JsonObject, node: SchemaNode): void {
    const { fields } = node;
    for (const name in value) {
      const item = value[name];
      const child = node.shape === "object" ? fields?.get(name) : node.element;
      if (child === undefined) {
        if (node.shape === "object" && !node.preserveUnknown) {
          if (this.#collects) this.unknown.push(this.#pathTo(name));
          delete value[name];
        }
        continue;
      }
      // A custom object's metadata is a type of Go too.
      const typed = this.#builtin || node === objectMetaNode;
      if (item === null && typed && child.shape !== "any") {
        // In Go null leaves a field as it was: empty.
        if (node.shape === "map" && (child.scalar === "string" || child.scalar === "bytes")) value[name] = "";
        else delete value[name];
        continue;
      }
      if (typed && isOmittedEmpty(name, item, child, node)) {
        delete value[name];
        continue;
      }
      this.#path.push(name);
      const read = this.#read(item, child, node);
      if (read !== item) value[name] = read;
      this.#path.pop();
    }
  }

  #read(value: unknown, node: SchemaNode, parent: SchemaNode): unknown {
    switch (node.shape) {
      case "any":
        return value;
      case "object":
      case "map":
        if (isObject(value)) this.object(value, node);
        else this.#wrongType(value, node, parent);
        return value;
      case "list":
        if (Array.isArray(value)) this.#list(value, node, parent);
        else this.#wrongType(value, node, parent);
        return value;
      default:
        if (this.#builtin || node.custom === undefined) return this.#scalar(value, node, parent);
        // Validation says what is wrong; nothing in it is known.
        if (isObject(value) && !node.preserveUnknown) this.object(value, { shape: "object", atomic: false });
        return value;
    }
  }

  #list(list: unknown[], node: SchemaNode, parent: SchemaNode): void {
    const child = node.element;
    if (child === undefined || child.shape === "any") return;
    for (let i = 0; i < list.length; i++) {
      const item: unknown = list[i];
      if (child.shape === "scalar" && typeof item === "string" && child.scalar === "string") continue;
      // In Go null leaves an item as it was: empty.
      if (item === null && this.#builtin) {
        const empty = emptyOf(child);
        if (empty !== undefined) {
          list[i] = empty;
          continue;
        }
      }
      this.#path.push(i);
      list[i] = this.#read(item, child, parent);
      this.#path.pop();
    }
  }

  #scalar(value: unknown, node: SchemaNode, parent: SchemaNode): unknown {
    switch (node.scalar) {
      case "string":
        if (typeof value !== "string") this.#wrongType(value, node, parent);
        return value;
      case "integer":
        if (typeof value !== "number" || !Number.isInteger(value)) this.#wrongType(value, node, parent);
        else if (node.format === "int32" && (value > 2_147_483_647 || value < -2_147_483_648))
          this.#wrongType(value, node, parent);
        return value;
      case "number":
        if (typeof value !== "number") this.#wrongType(value, node, parent);
        return value;
      case "boolean":
        if (typeof value !== "boolean") this.#wrongType(value, node, parent);
        return value;
      case "intOrString":
        if (typeof value !== "string" && typeof value !== "number") this.#wrongType(value, node, parent);
        return value;
      case "quantity": {
        const canonical =
          typeof value === "string" || typeof value === "number" ? canonicalQuantity(value) : undefined;
        if (canonical === undefined) this.problem ??= quantityProblem;
        return canonical ?? value;
      }
      case "time":
        if (typeof value !== "string") this.#wrongType(value, node, parent);
        else if (Number.isNaN(Date.parse(value)))
          this.problem ??= `parsing time ${JSON.stringify(value)} as "2006-01-02T15:04:05${microTimes.has(this.#path.at(-1)) ? ".000000" : ""}Z07:00": cannot parse ${JSON.stringify(value)} as "2006"`;
        return value;
      case "bytes":
        if (typeof value !== "string") this.#wrongType(value, node, parent);
        else {
          const at = wrongBase64(value);
          if (at !== undefined) this.problem ??= `illegal base64 data at input byte ${at}`;
        }
        return value;
      default:
        return value;
    }
  }

  #wrongType(value: unknown, node: SchemaNode, parent: SchemaNode): void {
    if (!this.#builtin && node.custom !== undefined) return; // Validation says so, with the field.
    const found =
      value === null
        ? "null"
        : Array.isArray(value)
          ? "array"
          : typeof value === "boolean"
            ? "bool"
            : typeof value === "number"
              ? node.scalar === "integer"
                ? `number ${value}`
                : "number"
              : typeof value;
    const names = this.#path.filter((part) => typeof part === "string");
    // The keys of maps and the places in lists aren't part of it.
    const path = (parent.shape === "map" ? names.slice(0, -1) : names).join(".");
    this.problem ??= `json: cannot unmarshal ${found} into Go struct field ${parent.typeName ?? ""}.${path} of type ${goType(node)}`;
  }

  #pathTo(name: string): string {
    let out = "";
    for (const part of this.#path)
      out += typeof part === "number" ? `[${part}]` : out === "" ? part : `.${part}`;
    return out === "" ? name : `${out}.${name}`;
  }
}

function emptyOf({ shape, scalar }: SchemaNode): unknown {
  if (shape === "object") return {};
  return scalar === "string" ? "" : scalar === "integer" ? 0 : undefined;
}

/** Fields whose times have six decimals. */
const microTimes: ReadonlySet<unknown> = new Set([
  "acquireTime",
  "renewTime",
  "eventTime",
  "lastObservedTime",
]);

/** Go leaves out an optional map or list that is empty (`omitempty`): the object is printed, and owned, without it. */
function isOmittedEmpty(name: string, value: unknown, node: SchemaNode, parent: SchemaNode): boolean {
  if (value === "" || value === 0 || value === false)
    return parent.omittedWhenZero?.has(name) === true && fitsZero(value, node);
  if (typeof value !== "object" || parent.shape !== "object") return false;
  if (node.shape === "list")
    return Array.isArray(value) && value.length === 0 && parent.required?.includes(name) !== true;
  if (node.shape !== "map" || !isObject(value) || parent.required?.includes(name) === true) return false;
  for (const _ in value) return false;
  return true;
}

/** One of another type is left for the refusal. */
const fitsZero = (value: "" | 0 | false, { scalar }: SchemaNode): boolean =>
  value === "" ? scalar === "string" : value === 0 ? scalar === "integer" : scalar === "boolean";

function goType(node: SchemaNode): string {
  switch (node.shape) {
    case "list":
      return `[]${goType(node.element ?? node)}`;
    case "map":
      return `map[string]${goType(node.element ?? node)}`;
    case "object":
      return `v1.${node.typeName ?? "Object"}`;
    case "any":
      return "runtime.RawExtension";
    default:
      switch (node.scalar) {
        case "integer":
          return node.format ?? "int64";
        case "number":
          return "float64";
        case "boolean":
          return "bool";
        case "bytes":
          return "[]uint8";
        case "intOrString":
          return "intstr.IntOrString";
        case "quantity":
          return "resource.Quantity";
        case "time":
          return "v1.Time";
        default:
          return "string";
      }
  }
}

/** Where base64 with padding, as Go reads it, goes wrong. */
function wrongBase64(text: string): number | undefined {
  // Go skips line breaks.
  if (/^[A-Za-z0-9+/\r\n]*={0,2}[\r\n]*$/.test(text)) {
    const length = text.replaceAll(/[\r\n]/g, "").length;
    return length % 4 === 0 ? undefined : Math.floor(length / 4) * 4;
  }
  const at = text.search(/[^A-Za-z0-9+/\r\n]/);
  return at < 0 ? 0 : at;
}
