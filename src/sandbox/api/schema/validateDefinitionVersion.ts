import { label1035Name } from "../kinds/names.ts";
import { duplicate, type FieldError, invalid, required, tooMany } from "./FieldError.ts";
import { type JsonObject, type JsonSchema, isObject } from "./SchemaNode.ts";

const columnTypes = ["boolean", "date", "integer", "number", "string"];
const columnFormats = [
  "binary",
  "bool",
  "byte",
  "date",
  "date-time",
  "double",
  "float",
  "int32",
  "int64",
  "password",
];

const list = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);
const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** What is wrong with one version of a definition besides its schema. (apiextensions validation, validateCustomResourceDefinitionVersion) */
export function validateDeprecation(
  { deprecated, deprecationWarning }: JsonObject,
  path: string,
): FieldError[] {
  const at = `${path}.deprecationWarning`;
  if (deprecationWarning === undefined) return [];
  const warning = text(deprecationWarning);
  if (deprecated !== true) return [invalid(at, warning, "can only be set for deprecated versions")];
  if (warning === "") return [invalid(at, warning, "must not be an empty string")];
  if (warning.length > 256) return [invalid(at, warning, "must be <= 256 characters long")];
  const index = Array.from(warning).findIndex((letter) => /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u.test(letter));
  return index < 0
    ? []
    : [
        invalid(
          at,
          warning,
          `must only contain printable UTF-8 characters; non-printable character found at index ${index}`,
        ),
      ];
}

export function validateSubresources(subresources: unknown, path: string): FieldError[] {
  const scale = isObject(subresources) ? subresources["scale"] : undefined;
  if (!isObject(scale)) return [];
  const errors: FieldError[] = [];
  const check = (name: string, roots: readonly string[], isRequired: boolean): void => {
    const at = `${path}.scale.${name}`;
    const value = text(scale[name]);
    if (value === "") {
      if (isRequired) errors.push(required(at));
    } else if (!value.startsWith("."))
      errors.push(invalid(at, value, "must be a simple json path starting with ."));
    else if (!roots.some((root) => value.startsWith(`${root}.`)))
      errors.push(
        invalid(
          at,
          value,
          `should be a json path under ${roots.length > 1 ? "either " : ""}${roots.join(" or ")}`,
        ),
      );
  };
  check("specReplicasPath", [".spec"], true);
  check("statusReplicasPath", [".status"], true);
  check("labelSelectorPath", [".spec", ".status"], false);
  return errors;
}

export function validateColumns(columns: unknown, path: string): FieldError[] {
  return list(columns).flatMap((column, i) => {
    const errors: FieldError[] = [];
    const at = `${path}[${i}]`;
    const type = text(column["type"]);
    const format = text(column["format"]);
    const jsonPath = text(column["jsonPath"]);
    const types = `must be one of ${columnTypes.join(",")}`;
    if (text(column["name"]) === "") errors.push(required(`${at}.name`));
    if (type === "") errors.push(required(`${at}.type`, types));
    else if (!columnTypes.includes(type)) errors.push(invalid(`${at}.type`, type, types));
    if (format !== "" && !columnFormats.includes(format))
      errors.push(invalid(`${at}.format`, format, `must be one of ${columnFormats.join(",")}`));
    if (jsonPath === "") errors.push(required(`${at}.JSONPath`));
    else if (!jsonPath.startsWith("."))
      errors.push(invalid(`${at}.JSONPath`, jsonPath, "must be a simple json path starting with ."));
    return errors;
  });
}

export function validateSelectableFields(fields: unknown, schema: JsonSchema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, field] of list(fields).entries()) {
    const at = `${path}[${i}].jsonPath`;
    const jsonPath = text(field["jsonPath"]);
    if (jsonPath === "") {
      errors.push(required(at));
      continue;
    }
    let found: JsonSchema | undefined = schema;
    const names = jsonPath.replace(/^\./, "").split(".");
    for (const name of names) found = found?.properties?.[name];
    const isMetadata = names[0] === "metadata";
    if (found === undefined && !isMetadata) {
      errors.push(invalid(at, jsonPath, "is an invalid path: does not refer to a valid field"));
      continue;
    }
    if (isMetadata) errors.push(invalid(at, jsonPath, "must not point to fields in metadata"));
    if (!["string", "boolean", "integer"].includes(found?.type ?? ""))
      errors.push(
        invalid(
          at,
          jsonPath,
          "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.",
        ),
      );
    if (seen.has(jsonPath)) errors.push(duplicate(at, jsonPath));
    seen.add(jsonPath);
  }
  if (seen.size > 8) errors.push(tooMany(path, seen.size, 8));
  return errors;
}

/** The names that a definition asks for. */
export function validateDefinitionNames(names: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const mixed = "may have mixed case, but should otherwise match: ";
  const check = (field: string, value: string, isKind = false): void => {
    const problems = value === "" ? [] : label1035Name(isKind ? value.toLowerCase() : value);
    if (problems.length > 0)
      errors.push(invalid(field, value, `${isKind ? mixed : ""}${problems.join(",")}`));
  };
  check(`${path}.plural`, text(names["plural"]));
  check(`${path}.singular`, text(names["singular"]));
  check(`${path}.kind`, text(names["kind"]), true);
  check(`${path}.listKind`, text(names["listKind"]), true);
  const each = (field: string): void => {
    const values = names[field];
    if (Array.isArray(values)) values.forEach((value, i) => check(`${path}.${field}[${i}]`, text(value)));
  };
  each("shortNames");
  if (text(names["kind"]) !== "" && names["kind"] === names["listKind"])
    errors.push(invalid(`${path}.listKind`, names["listKind"], "kind and listKind may not be the same"));
  each("categories");
  return errors;
}

export function validateConversion(conversion: unknown): FieldError[] {
  if (!isObject(conversion)) return [];
  const path = "spec.conversion";
  const webhook = isObject(conversion["webhook"]) ? conversion["webhook"] : {};
  const versions = webhook["conversionReviewVersions"];
  if (conversion["strategy"] !== "Webhook") return [];
  const errors: FieldError[] = [];
  const config = webhook["clientConfig"];
  if (!isObject(config))
    errors.push(required(`${path}.webhookClientConfig`, "required when strategy is set to Webhook"));
  else if ((config["url"] === undefined) === (config["service"] === undefined))
    errors.push(required(`${path}.webhookClientConfig`, "exactly one of url or service is required"));
  if (!Array.isArray(versions) || versions.length === 0)
    errors.push(required(`${path}.conversionReviewVersions`));
  else if (!versions.some((version) => version === "v1" || version === "v1beta1"))
    errors.push(
      invalid(`${path}.conversionReviewVersions`, versions, "must include at least one of v1, v1beta1"),
    );
  return errors;
}
