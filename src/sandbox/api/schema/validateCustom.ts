import { sameJson } from "../apply/sameJson.ts";
import { childOf, duplicatesOf, hasUnique } from "./duplicatesOf.ts";
import {
  type FieldError,
  invalid,
  notSupported,
  required,
  shown,
  tooLong,
  tooMany,
  typeInvalid,
} from "./FieldError.ts";
import { hasFormat } from "./formats.ts";
import { matches } from "./safePattern.ts";
import { type JsonObject, type JsonSchema, isObject } from "./SchemaNode.ts";

/**
 * What is wrong with a custom object by its definition's schema, after pruning and defaulting. `metadata` and CEL rules are not looked at here.
 * `live`: what it replaces; what is as it was there may stay wrong, as schemas change under their objects. (KEP-4008, CRD validation ratcheting)
 * (apiextensions-apiserver, validation of custom resources)
 */
export function validateCustom(object: unknown, schema: JsonSchema | undefined, live?: object): FieldError[] {
  if (schema === undefined) return [];
  const errors: FieldError[] = [];
  validate(object, schema, "", errors, live);
  if (!hasUnique(schema)) return errors;
  const doubled = duplicatesOf(object, schema);
  // Who has some already may have others.
  return doubled.length > 0 && live !== undefined && duplicatesOf(live, schema).length > 0
    ? errors
    : [...errors, ...doubled];
}

function validate(
  value: unknown,
  schema: JsonSchema,
  path: string,
  errors: FieldError[],
  live?: unknown,
): void {
  const before = errors.length;
  check(value, schema, path, errors, live);
  if (errors.length > before && live !== undefined && sameJson(value, live)) errors.length = before;
}

function check(value: unknown, schema: JsonSchema, path: string, errors: FieldError[], live: unknown): void {
  if (value === null && schema.nullable === true) return;
  if (!checkType(value, schema, path, errors)) return;
  if (schema.enum !== undefined && !schema.enum.some((one) => sameJson(one, value)))
    errors.push(notSupported(path, value, schema.enum));
  if (typeof value === "string") checkText(value, schema, path, errors);
  else if (typeof value === "number") checkNumber(value, schema, path, errors);
  else if (Array.isArray(value)) checkList(value, schema, path, errors, live);
  else if (isObject(value)) checkObject(value, schema, path, errors, live);
  checkJunctors(value, schema, path, errors);
}

function typeName(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

function checkType(value: unknown, schema: JsonSchema, path: string, errors: FieldError[]): boolean {
  const type = typeName(value);
  if (schema["x-kubernetes-int-or-string"] === true) {
    if (type === "integer" || type === "string") return true;
    errors.push(
      typeInvalid(path, type, `${path} in body must be of type integer,string: ${JSON.stringify(type)}`),
    );
    return false;
  }
  if (schema.type === undefined || schema.type === type || (schema.type === "number" && type === "integer"))
    return true;
  errors.push(
    typeInvalid(path, type, `${path} in body must be of type ${schema.type}: ${JSON.stringify(type)}`),
  );
  // A number is checked again as one.
  if (schema.type === "integer" && type === "number" && schema.format === undefined)
    errors.push(invalid("<nil>", "", `Checked value must be of type integer (default format) in ${path}`));
  return false;
}

function checkText(value: string, schema: JsonSchema, path: string, errors: FieldError[]): void {
  const { minLength, maxLength, pattern, format } = schema;
  if (maxLength !== undefined || minLength !== undefined) {
    let length = 0;
    for (const _ of value) length++;
    if (maxLength !== undefined && length > maxLength) errors.push(tooLong(path, maxLength));
    if (minLength !== undefined && length < minLength) {
      errors.push(invalid(path, value, `${path} in body should be at least ${minLength} chars long`));
    }
  }
  if (pattern !== undefined && !matches(pattern, value))
    errors.push(invalid(path, value, `${path} in body should match '${pattern}'`));
  if (format !== undefined && !hasFormat(format, value)) {
    errors.push(invalid(path, value, `${path} in body must be of type ${format}: ${shown(value)}`));
  }
}

const intRange: Readonly<Record<string, readonly [number, number]>> = {
  int32: [-2_147_483_648, 2_147_483_647],
  int64: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
};

function checkNumber(value: number, schema: JsonSchema, path: string, errors: FieldError[]): void {
  const { minimum, maximum, multipleOf, format } = schema;
  const bad = (detail: string): void => {
    errors.push(invalid(path, value, `${path} in body should be ${detail}`));
  };
  const range = format === undefined ? undefined : intRange[format];
  if (range !== undefined && (value < range[0] || value > range[1])) {
    errors.push(invalid(path, value, `Checked value must be of type integer with format ${format}`));
  }
  if (maximum !== undefined) {
    if (schema.exclusiveMaximum === true ? value >= maximum : value > maximum)
      bad(`less than ${schema.exclusiveMaximum === true ? "" : "or equal to "}${maximum}`);
  }
  if (minimum !== undefined) {
    if (schema.exclusiveMinimum === true ? value <= minimum : value < minimum)
      bad(`greater than ${schema.exclusiveMinimum === true ? "" : "or equal to "}${minimum}`);
  }
  if (multipleOf !== undefined && multipleOf > 0 && !Number.isInteger(value / multipleOf))
    bad(`a multiple of ${multipleOf}`);
}

function checkList(
  value: readonly unknown[],
  schema: JsonSchema,
  path: string,
  errors: FieldError[],
  live: unknown,
): void {
  const { minItems, maxItems, items } = schema;
  if (maxItems !== undefined && value.length > maxItems) errors.push(tooMany(path, value.length, maxItems));
  if (minItems !== undefined && value.length < minItems) {
    errors.push(invalid(path, value.length, `${path} in body should have at least ${minItems} items`));
  }
  if (items === undefined) return;
  const was = counterpart(schema, live);
  value.forEach((item, i) => validate(item, items, `${path}[${i}]`, errors, was(item)));
}

/** The item that one was; only lists with keys know. */
function counterpart(schema: JsonSchema, live: unknown): (item: unknown) => unknown {
  if (schema["x-kubernetes-list-type"] !== "map" || !Array.isArray(live)) return () => undefined;
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  const identity = (item: unknown): string | undefined =>
    isObject(item) ? JSON.stringify(keys.map((key) => item[key])) : undefined;
  const byKeys = new Map(live.map((item: unknown) => [identity(item), item]));
  return (item) => byKeys.get(identity(item));
}

function checkObject(
  value: JsonObject,
  schema: JsonSchema,
  path: string,
  errors: FieldError[],
  live: unknown,
): void {
  const was = isObject(live) ? live : {};
  const { properties, additionalProperties, minProperties, maxProperties } = schema;
  for (const name of schema.required ?? [])
    if (value[name] === undefined) errors.push(required(childOf(path, name)));
  if (minProperties !== undefined || maxProperties !== undefined) {
    const count = Object.keys(value).length;
    if (maxProperties !== undefined && count > maxProperties)
      errors.push(tooMany(path, count, maxProperties));
    if (minProperties !== undefined && count < minProperties) {
      errors.push(invalid(path, count, `${path} in body should have at least ${minProperties} properties`));
    }
  }
  if (schema["x-kubernetes-embedded-resource"] === true) {
    for (const name of ["apiVersion", "kind"])
      if (value[name] === undefined) errors.push(required(childOf(path, name), "must not be empty"));
  }
  for (const name in value) {
    const item = value[name];
    const child =
      properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
    if (typeof child !== "object" || item === undefined) continue;
    // Metadata is checked as every object's; a schema may only restrict its name.
    if (
      path === "" &&
      (name === "metadata" || name === "apiVersion" || name === "kind") &&
      child.properties === undefined
    )
      continue;
    validate(
      item,
      child,
      path === "" || properties?.[name] !== undefined ? childOf(path, name) : `${path}.${name}`,
      errors,
      Object.hasOwn(was, name) ? was[name] : undefined,
    );
  }
}

function checkJunctors(value: unknown, schema: JsonSchema, path: string, errors: FieldError[]): void {
  // Published definitions say null where there is none: OpenShift's Route does.
  const anyOf = schema.anyOf ?? [];
  const oneOf = schema.oneOf ?? [];
  const allOf = schema.allOf ?? [];
  const { not } = schema;
  const errorsOf = (one: JsonSchema): FieldError[] => {
    const found: FieldError[] = [];
    validate(value, one, path, found);
    return found;
  };
  const shownValue = isObject(value) || Array.isArray(value) ? "" : value;
  if (allOf.length > 0) {
    const failed = allOf.flatMap(errorsOf);
    if (failed.length > 0)
      errors.push(
        ...failed,
        invalid(path, shownValue, `${path} in body must validate all the schemas (allOf)`),
      );
  }
  if (anyOf.length > 0) {
    const failures = anyOf.map(errorsOf);
    if (failures.every((failed) => failed.length > 0)) {
      errors.push(
        invalid(path, shownValue, `${path} in body must validate at least one schema (anyOf)`),
        ...closest(failures),
      );
    }
  }
  if (oneOf.length > 0) {
    const failures = oneOf.map(errorsOf);
    const valid = failures.filter((failed) => failed.length === 0).length;
    if (valid !== 1) {
      const found = valid === 0 ? "Found none valid" : `Found ${valid} valid alternatives`;
      errors.push(
        invalid(path, shownValue, `${path} in body must validate one and only one schema (oneOf). ${found}`),
      );
      if (valid === 0) errors.push(...closest(failures));
    }
  }
  if (not !== undefined && errorsOf(not).length === 0)
    errors.push(invalid(path, shownValue, `${path} in body must not validate the schema (not)`));
}

/** Of several ways to be wrong, the least. */
const closest = (failures: readonly FieldError[][]): FieldError[] =>
  failures.reduce((best, failed) => (failed.length < best.length ? failed : best), failures[0] ?? []);
