import type { KubeObject, Problem } from "../contract/index.ts";
import { compileSchema } from "./compileSchema.ts";
import { defaultSchemaVersion, loadSchema } from "./loadSchema.ts";
import { loadCrd, preloadedCrdNames } from "./preloadedCrds.ts";
import type { JsonSchema, SchemaNode } from "./SchemaNode.ts";

/**
 * What a server of this Kubernetes version (`1.34`; default the newest known) would refuse or drop under `fieldValidation=Strict`: unknown
 * fields, wrong types, missing required fields, values outside a closed set. `path` is `spec.template.spec.containers[0].imag`. Kinds that are
 * neither built in nor of a preloaded CRD are not checked.
 */
export function validateStrict(
  object: KubeObject,
  kubernetesVersion: string = defaultSchemaVersion,
): Problem[] {
  const schema = schemaOf(object, kubernetesVersion);
  if (schema === undefined) return [];
  const problems: Problem[] = [];
  check(object, schema, "", problems);
  return problems;
}

const compiled = new Map<string, SchemaNode>();

function schemaOf(object: KubeObject, version: string): SchemaNode | undefined {
  const slash = object.apiVersion.indexOf("/");
  const group = slash === -1 ? "" : object.apiVersion.slice(0, slash);
  const groupVersion = object.apiVersion.slice(slash + 1);
  const builtin = loadSchema({ group, version: groupVersion, kind: object.kind }, version);
  if (builtin) return builtin;
  const key = `${object.apiVersion}/${object.kind}`;
  const known = compiled.get(key);
  if (known) return known;
  for (const name of preloadedCrdNames) {
    if (group === "" || !name.endsWith(`.${group}`)) continue;
    const spec = loadCrd(name)["spec"] as {
      names: { kind: string };
      versions: { name: string; schema: { openAPIV3Schema: JsonSchema } }[];
    };
    const found = spec.versions.find((each) => each.name === groupVersion);
    if (spec.names.kind !== object.kind || !found) continue;
    const node = compileSchema(found.schema.openAPIV3Schema);
    compiled.set(key, node);
    return node;
  }
  return undefined;
}

function check(value: unknown, schema: SchemaNode, path: string, problems: Problem[]): void {
  // Null means absent wherever Go decodes it.
  if (value === null || value === undefined) return;
  const wrong = wrongType(value, schema);
  if (wrong !== undefined) {
    problems.push({ path, message: `must be ${wrong}, but is ${typeNameOf(value)}` });
    return;
  }
  if (schema.enum && value !== "" && !schema.enum.some((each) => each === value)) {
    problems.push({
      path,
      message: `must be one of ${schema.enum.map((each) => JSON.stringify(each)).join(", ")}, but is ${JSON.stringify(value)}`,
    });
  }
  if (Array.isArray(value)) {
    if (schema.items) {
      for (const [index, item] of value.entries()) check(item, schema.items, `${path}[${index}]`, problems);
    }
    checkListKeys(value, schema, path, problems);
  } else if (typeof value === "object") {
    checkFields(value as Record<string, unknown>, schema, path, problems);
  }
}

function checkFields(
  value: Record<string, unknown>,
  schema: SchemaNode,
  path: string,
  problems: Problem[],
): void {
  if (schema.type !== "object" && schema.type !== "map") return;
  for (const name of schema.required ?? []) {
    if (value[name] === undefined || value[name] === null) {
      problems.push({ path: below(path, name), message: "is required, but missing" });
    }
  }
  for (const [name, field] of Object.entries(value)) {
    const node = Object.hasOwn(schema.properties ?? {}, name) ? schema.properties![name] : schema.values;
    if (node) check(field, node, below(path, name), problems);
    else if (!schema.preserveUnknownFields) {
      const near = nearest(name, Object.keys(schema.properties ?? {}));
      problems.push({
        path: below(path, name),
        message: "is no field of this kind",
        ...(near === undefined ? {} : { hint: `Did you mean ${near}?` }),
      });
    }
  }
}

/** The keys of a list of type `map`, and the items of a `set`, must be unique: server-side apply refuses the object otherwise. */
function checkListKeys(
  items: readonly unknown[],
  schema: SchemaNode,
  path: string,
  problems: Problem[],
): void {
  if (schema.listType !== "map" && schema.listType !== "set") return;
  const seen = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    const key = schema.listType === "set" ? JSON.stringify(item) : keyOf(item, schema);
    const first = seen.get(key);
    if (first === undefined) seen.set(key, index);
    else problems.push({ path: `${path}[${index}]`, message: `repeats ${key} of ${path}[${first}]` });
  }
}

function keyOf(item: unknown, schema: SchemaNode): string {
  const fields = (typeof item === "object" && item !== null ? item : {}) as Record<string, unknown>;
  return (schema.listMapKeys ?? [])
    .map((key) => `${key}=${JSON.stringify(fields[key] ?? schema.items?.properties?.[key]?.default ?? null)}`)
    .join(",");
}

/** What was expected, when the value is something else. */
function wrongType(value: unknown, { type, format }: SchemaNode): string | undefined {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  switch (type) {
    case "object":
    case "map":
      return isObject ? undefined : "an object";
    case "array":
      return Array.isArray(value) ? undefined : "a list";
    case "string":
      if (typeof value !== "string") return "a string";
      if (format === "byte" && !/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(value)) return "base64";
      if (format === "date-time" && Number.isNaN(Date.parse(value))) return "a time (RFC 3339)";
      return undefined;
    case "boolean":
      return typeof value === "boolean" ? undefined : "true or false";
    case "integer":
      return Number.isInteger(value) ? undefined : "a whole number";
    case "number":
      return typeof value === "number" ? undefined : "a number";
    case "quantity":
      if (typeof value === "number") return undefined;
      return typeof value === "string" && quantity.test(value)
        ? undefined
        : 'a quantity such as "500m" or "1Gi"';
    case "intOrString":
      return Number.isInteger(value) || typeof value === "string" ? undefined : "a whole number or a string";
    default:
      return undefined;
  }
}

/** apimachinery's resource.ParseQuantity. */
const quantity = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+|[KMGTPE]i|[numkMGTPE]|)$/;

function typeNameOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  return JSON.stringify(value);
}

const below = (path: string, name: string): string => {
  const plain = /^[\w-]+$/.test(name);
  if (!plain) return `${path}[${JSON.stringify(name)}]`;
  return path === "" ? name : `${path}.${name}`;
};

/** The field that was meant, if one differs in case only or by one letter. */
function nearest(name: string, fields: readonly string[]): string | undefined {
  return (
    fields.find((field) => field.toLowerCase() === name.toLowerCase()) ??
    fields.find((field) => differsByOne(name, field))
  );
}

function differsByOne(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (short.length < 3 || long.length - short.length > 1) return false;
  let index = 0;
  while (index < short.length && short[index] === long[index]) index += 1;
  return short.slice(long.length > short.length ? index : index + 1) === long.slice(index + 1);
}
