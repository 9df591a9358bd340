import { compileRules, rulesOf, totalDear } from "../cel/compileRules.ts";
import { hasRules } from "../cel/rulesAgainst.ts";
import { sameJson } from "../apply/sameJson.ts";
import { label1035Name } from "../kinds/names.ts";
import { type FieldError, forbidden, invalid, notSupported, required } from "./FieldError.ts";
import { hasDefaults } from "./defaultCustom.ts";
import { patternProblem } from "./safePattern.ts";
import { type JsonObject, type JsonSchema, isObject } from "./SchemaNode.ts";
import { validateCustom } from "./validateCustom.ts";
import {
  validateColumns,
  validateConversion,
  validateDefinitionNames,
  validateDeprecation,
  validateSelectableFields,
  validateSubresources,
} from "./validateDefinitionVersion.ts";

/** What is wrong with a CustomResourceDefinition: its names, versions, and schemas that aren't structural. (KEP-1111, apiextensions validation) */
export function validateDefinition(definition: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  const spec = isObject(definition["spec"]) ? definition["spec"] : {};
  const names = isObject(spec["names"]) ? spec["names"] : {};
  const group = spec["group"];
  if (typeof group !== "string" || group === "") errors.push(required("spec.group"));
  else if (!group.includes("."))
    errors.push(invalid("spec.group", group, "should be a domain with at least one dot"));
  if (spec["scope"] === undefined || spec["scope"] === "") errors.push(required("spec.scope"));
  else if (spec["scope"] !== "Namespaced" && spec["scope"] !== "Cluster")
    errors.push(notSupported("spec.scope", spec["scope"], ["Cluster", "Namespaced"]));
  validateVersions(
    Array.isArray(spec["versions"]) ? spec["versions"] : undefined,
    spec["preserveUnknownFields"] === true,
    errors,
  );
  for (const name of ["plural", "singular", "kind", "listKind"])
    if (!names[name]) errors.push(required(`spec.names.${name}`));
  errors.push(...validateDefinitionNames(names, "spec.names"), ...validateConversion(spec["conversion"]));
  return errors;
}

/** A new one is named after what it defines; later neither can change. */
export function validateDefinitionName(definition: JsonObject, errors: FieldError[]): void {
  const { metadata, spec } = definition as {
    metadata: { name?: string };
    spec?: { group?: unknown; names?: { plural?: unknown } };
  };
  const plural = spec?.names?.plural;
  const group = spec?.group;
  if (typeof plural === "string" && typeof group === "string" && metadata.name !== `${plural}.${group}`)
    errors.push(invalid("metadata.name", metadata.name, 'must be spec.names.plural+"."+spec.group'));
}

function validateVersions(
  given: readonly unknown[] | undefined,
  preserves: boolean,
  errors: FieldError[],
): void {
  const versions = given ?? [];
  const all = versions.filter(isObject);
  const schemaOf = (version: JsonObject): unknown =>
    isObject(version["schema"]) ? version["schema"]["openAPIV3Schema"] : undefined;
  versions.forEach((version, i) => {
    if (isObject(version) && !isObject(schemaOf(version)))
      errors.push(required(`spec.versions[${i}].schema.openAPIV3Schema`));
  });
  const hasDefault = (version: JsonObject): boolean => {
    const schema = schemaOf(version);
    return isObject(schema) && hasDefaults(schema);
  };
  if (preserves && all.some(hasDefault))
    errors.push(
      invalid("spec.preserveUnknownFields", true, "must be false in order to use defaults in the schema"),
    );
  // What all versions have alike is said to be where it was kept before there were several.
  const shared = (field: string): boolean =>
    all.every((version) => version[field] !== undefined && sameJson(version[field], all[0]?.[field]));
  const isShared = {
    schema: shared("schema"),
    subresources: shared("subresources"),
    additionalPrinterColumns: shared("additionalPrinterColumns"),
    selectableFields: shared("selectableFields"),
  };
  const validate = (version: JsonObject, path: string, field: keyof typeof isShared, at: string): void => {
    const schema = schemaOf(version);
    const before = errors.length;
    switch (field) {
      case "schema":
        if (!isObject(schema)) return;
        validateStructural(schema, `${at}.openAPIV3Schema`, errors);
        if (errors.length === before) visitRules(schema, `${at}.openAPIV3Schema`, errors);
        return;
      case "subresources":
        errors.push(...validateSubresources(version[field], `${path}.${field}`));
        return;
      case "additionalPrinterColumns":
        errors.push(...validateColumns(version[field], `${path}.${field}`));
        return;
      default:
        if (isObject(schema))
          errors.push(...validateSelectableFields(version[field], schema, `${path}.${field}`));
    }
  };
  const fields = Object.keys(isShared) as (keyof typeof isShared)[];
  versions.forEach((version, i) => {
    if (!isObject(version)) return;
    const path = `spec.versions[${i}]`;
    const problems = label1035Name(typeof version["name"] === "string" ? version["name"] : "");
    if (problems.length > 0) errors.push(invalid(`${path}.name`, version["name"], problems.join(",")));
    errors.push(...validateDeprecation(version, path));
    for (const field of fields) if (!isShared[field]) validate(version, path, field, `${path}.${field}`);
  });
  if (new Set(all.map(({ name }) => name)).size < all.length)
    errors.push(invalid("spec.versions", versions, "must contain unique version names"));
  if (all.filter(({ storage }) => storage === true).length !== 1)
    errors.push(
      invalid("spec.versions", given ?? null, "must have exactly one version marked as storage version"),
    );
  const [first] = all;
  for (const field of first === undefined ? [] : fields)
    if (first !== undefined && isShared[field]) validate(first, "spec", field, "spec.validation");
}

/** Compiles all rules of a schema that is otherwise right. */
function visitRules(root: JsonSchema, path: string, errors: FieldError[]): void {
  if (!hasRules(root)) return;
  const found: FieldError[] = [];
  descend(root, path);
  if (found.some(({ message }) => message.startsWith("Forbidden: contributed to estimated rule cost")))
    found.push(forbidden(path, totalDear));
  errors.push(...found);

  function descend(schema: JsonSchema, at: string): void {
    if (!hasRules(schema)) return;
    if (rulesOf(schema).length > 0) compileRules(schema, schema === root, at, found);
    for (const [name, child] of Object.entries(schema.properties ?? {}))
      descend(child, `${at}.properties[${name}]`);
    if (schema.items !== undefined) descend(schema.items, `${at}.items`);
    if (typeof schema.additionalProperties === "object")
      descend(schema.additionalProperties, `${at}.additionalProperties`);
  }
}

const types = ["array", "boolean", "integer", "number", "object", "string"];

/** Structural: each value outside of junctors has a type, and junctors only restrict values. */
function validateStructural(schema: JsonSchema, path: string, errors: FieldError[]): void {
  if (schema.type !== "object") {
    errors.push(
      schema.type === undefined
        ? required(`${path}.type`, "must not be empty at the root")
        : invalid(`${path}.type`, schema.type, "must be object at the root"),
    );
  }
  visit(schema, path, errors);
}

function visit(schema: JsonSchema, path: string, errors: FieldError[]): void {
  const preserves = schema["x-kubernetes-preserve-unknown-fields"] === true;
  const intOrString = schema["x-kubernetes-int-or-string"] === true;
  if (schema.type === undefined) {
    // Of the root it is said already.
    if (!preserves && !intOrString && !path.endsWith("openAPIV3Schema"))
      errors.push(required(`${path}.type`, "must not be empty for specified object fields"));
  } else if (!types.includes(schema.type)) errors.push(notSupported(`${path}.type`, schema.type, types));
  else if (intOrString)
    errors.push(forbidden(`${path}.type`, "type must be empty when x-kubernetes-int-or-string is true"));

  if (schema.properties !== undefined && schema.additionalProperties !== undefined) {
    errors.push(
      forbidden(`${path}.additionalProperties`, "additionalProperties and properties are mutual exclusive"),
    );
  }
  if (schema.additionalProperties === false)
    errors.push(forbidden(`${path}.additionalProperties`, "additionalProperties cannot be set to false"));
  if (schema.uniqueItems === true)
    errors.push(
      forbidden(
        `${path}.uniqueItems`,
        "uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
      ),
    );
  for (const name of [
    "$ref",
    "definitions",
    "dependencies",
    "patternProperties",
    "deprecated",
    "discriminator",
    "readOnly",
    "writeOnly",
    "xml",
    "$schema",
    "id",
  ]) {
    if (schema[name] !== undefined) errors.push(forbidden(`${path}.${name}`, `${name} is not supported`));
  }
  if (schema.type === "array" && schema.items === undefined)
    errors.push(required(`${path}.items`, "must be specified"));
  const wrong = schema.pattern === undefined ? undefined : patternProblem(schema.pattern);
  if (wrong !== undefined)
    errors.push(
      invalid(`${path}.pattern`, schema.pattern, `must be a valid regular expression, but isn't: ${wrong}`),
    );
  visitList(schema, path, errors);
  visitDefault(schema, path, errors);
  visitJunctors(schema, path, errors);

  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    if (path.endsWith("openAPIV3Schema") && name === "metadata") continue;
    visit(child, `${path}.properties[${name}]`, errors);
  }
  if (schema.items !== undefined) visit(schema.items, `${path}.items`, errors);
  if (typeof schema.additionalProperties === "object")
    visit(schema.additionalProperties, `${path}.additionalProperties`, errors);
}

function visitList(schema: JsonSchema, path: string, errors: FieldError[]): void {
  const listType = schema["x-kubernetes-list-type"];
  const keys = schema["x-kubernetes-list-map-keys"];
  if (listType !== undefined) {
    if (schema.type !== "array")
      errors.push(
        invalid(`${path}.type`, schema.type ?? "", "must be array if x-kubernetes-list-type is specified"),
      );
    if (!["atomic", "set", "map"].includes(listType))
      errors.push(notSupported(`${path}.x-kubernetes-list-type`, listType, ["atomic", "set", "map"]));
  }
  if (listType === "map") {
    if (keys === undefined || keys.length === 0)
      errors.push(
        required(`${path}.x-kubernetes-list-map-keys`, "must not be empty if x-kubernetes-list-type is map"),
      );
    for (const [i, key] of (keys ?? []).entries()) {
      const property = schema.items?.properties?.[key];
      if (property === undefined) {
        errors.push(
          invalid(
            `${path}.x-kubernetes-list-map-keys[${i}]`,
            key,
            "entries must all be names of item properties",
          ),
        );
      } else if (schema.items?.required?.includes(key) !== true && property.default === undefined) {
        errors.push(
          required(
            `${path}.items.properties[${key}].default`,
            "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
          ),
        );
      }
    }
  } else if (keys !== undefined && keys.length > 0) {
    errors.push(
      forbidden(`${path}.x-kubernetes-list-map-keys`, "must be empty if x-kubernetes-list-type is not map"),
    );
  }
}

function visitDefault(schema: JsonSchema, path: string, errors: FieldError[]): void {
  if (schema.default === undefined) return;
  for (const error of validateCustom(schema.default, schema)) {
    const field = error.field === "" ? `${path}.default` : `${path}.default.${error.field}`;
    errors.push({ ...error, field });
  }
}

/** What may only stand outside of junctors. */
const structuralOnly = ["type", "default", "additionalProperties", "nullable", "title", "description"];

function visitJunctors(schema: JsonSchema, path: string, errors: FieldError[]): void {
  const groups = [
    ["allOf", schema.allOf],
    ["anyOf", schema.anyOf],
    ["oneOf", schema.oneOf],
  ] as const;
  for (const [name, list] of groups) {
    list?.forEach((one, i) => {
      // The one pattern in which types may stand in a junctor: int or string.
      if (schema["x-kubernetes-int-or-string"] === true && (one.type === "integer" || one.type === "string"))
        return;
      junctor(one, `${path}.${name}[${i}]`);
    });
  }
  if (schema.not !== undefined) junctor(schema.not, `${path}.not`);

  function junctor(one: JsonSchema, at: string): void {
    for (const name of structuralOnly) {
      if (one[name] !== undefined && !(name === "type" && schema["x-kubernetes-int-or-string"] === true)) {
        errors.push(
          forbidden(`${at}.${name}`, `must be ${name === "nullable" ? "false" : "empty"} to be structural`),
        );
      }
    }
    for (const [name, child] of Object.entries(one.properties ?? {}))
      junctor(child, `${at}.properties[${name}]`);
    if (one.items !== undefined) junctor(one.items, `${at}.items`);
  }
}
