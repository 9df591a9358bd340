import { sameJson } from "../apply/sameJson.ts";
import { duplicate, type FieldError, forbidden, invalid, required } from "../schema/FieldError.ts";
import { isObject, type JsonSchema } from "../schema/SchemaNode.ts";
import { celValue } from "./celValue.ts";
import { type CompiledRule, compileRules, rulesOf } from "./compileRules.ts";
import { loadCel } from "./loadCel.ts";

const known = new WeakMap<JsonSchema, boolean>();

/** Whether there are rules anywhere in a schema: most have none, and needn't be walked. */
export function hasRules(schema: JsonSchema): boolean {
  let has = known.get(schema);
  if (has === undefined) {
    const { items, additionalProperties, properties } = schema;
    has =
      rulesOf(schema).length > 0 ||
      (items !== undefined && hasRules(items)) ||
      (typeof additionalProperties === "object" && hasRules(additionalProperties)) ||
      Object.values(properties ?? {}).some(hasRules);
    known.set(schema, has);
  }
  return has;
}

/** Errors after which a value may not be what its rules expect. */
const blocking: ReadonlySet<FieldError["reason"]> = new Set([
  "FieldValueNotSupported",
  "FieldValueRequired",
  "FieldValueTooLong",
  "FieldValueTooMany",
  "FieldValueTypeInvalid",
]);

/** What the rules of a schema have against an object, given what else was found. `live`: what it replaces. */
export function rulesAgainst(
  object: object,
  live: object | undefined,
  schema: JsonSchema | undefined,
  found: readonly FieldError[],
): FieldError[] {
  if (schema === undefined || !hasRules(schema)) return [];
  if (found.some(({ reason }) => blocking.has(reason)))
    return [
      invalid(
        "<nil>",
        null,
        "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
      ),
    ];
  const errors: FieldError[] = [];
  visit({ value: object, old: live, schema, path: "", isRoot: true }, errors);
  return errors;
}

/** A value that is checked, where it stands, and what it replaces. */
interface Place {
  readonly value: unknown;
  readonly old: unknown;
  readonly schema: JsonSchema;
  readonly path: string;
  readonly isRoot?: boolean;
}

function visit(place: Place, errors: FieldError[]): void {
  const { value, old, schema, path } = place;
  if (!hasRules(schema) || value === null || value === undefined) return;
  if (rulesOf(schema).length > 0) run(place, errors);
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return;
    value.forEach((item, i) =>
      visit(
        { value: item, old: counterpart(item, old, schema), schema: items, path: `${path}[${i}]` },
        errors,
      ),
    );
    return;
  }
  if (!isObject(value)) return;
  const before = isObject(old) ? old : {};
  for (const [name, child] of Object.entries(schema.properties ?? {}))
    if (Object.hasOwn(value, name))
      visit(
        {
          value: value[name],
          old: before[name],
          schema: child,
          path: path === "" ? name : `${path}.${name}`,
        },
        errors,
      );
  const { additionalProperties } = schema;
  if (typeof additionalProperties !== "object") return;
  for (const name of Object.keys(value).toSorted())
    visit(
      { value: value[name], old: before[name], schema: additionalProperties, path: `${path}[${name}]` },
      errors,
    );
}

/** The item that this one was; only lists with keys know. */
function counterpart(item: unknown, old: unknown, schema: JsonSchema): unknown {
  const keys = schema["x-kubernetes-list-map-keys"];
  if (
    schema["x-kubernetes-list-type"] !== "map" ||
    keys === undefined ||
    !isObject(item) ||
    !Array.isArray(old)
  )
    return undefined;
  return old.find(
    (other: unknown) => isObject(other) && keys.every((key) => sameJson(other[key], item[key])),
  );
}

function run({ value, old, schema, path, isRoot = false }: Place, errors: FieldError[]): void {
  const { declared, rules } = compileRules(schema, isRoot);
  const hasOld = old !== undefined && old !== null;
  const unchanged = hasOld && sameJson(value, old);
  const self = celValue(value, declared);
  const oldSelf = hasOld ? celValue(old, declared) : undefined;
  const shown = isObject(value) ? "object" : Array.isArray(value) ? "array" : value;
  for (const compiled of rules) {
    const { rule, isTransition, evaluate } = compiled;
    const optional = rule.optionalOldSelf === true;
    if (isTransition && !hasOld && !optional) continue;
    // What was there before a rule came is let be, as long as it stays as it is.
    if (!isTransition && unchanged) continue;
    const { Optional } = loadCel();
    const context = {
      self,
      ...(isTransition
        ? {
            oldSelf:
              rule.optionalOldSelf === undefined ? oldSelf : hasOld ? Optional.of(oldSelf) : Optional.none(),
          }
        : {}),
    };
    try {
      if (evaluate(context) === true) continue;
    } catch (error) {
      errors.push(
        invalid(
          path === "" ? "<nil>" : path,
          shown,
          `${runtimeProblem(error as Error)} evaluating rule: ${ruleText(compiled)}`,
        ),
      );
      continue;
    }
    errors.push(failed(compiled, context, value, path));
  }
}

const ruleText = ({ rule }: CompiledRule): string => rule.message?.trim() || (rule.rule ?? "").trim();

function failed(
  compiled: CompiledRule,
  context: Record<string, unknown>,
  value: unknown,
  path: string,
): FieldError {
  const { rule } = compiled;
  const text =
    said(compiled, context) ?? (rule.message?.trim() || `failed rule: ${(rule.rule ?? "").trim()}`);
  const field = `${path}${rule.fieldPath ?? ""}`.replace(/^\./, "") || "<nil>";
  // Objects and lists are not quoted.
  const isScalar = typeof value !== "object";
  switch (rule.reason) {
    case "FieldValueForbidden":
      return forbidden(field, text);
    case "FieldValueRequired":
      return required(field, text);
    case "FieldValueDuplicate":
      return isScalar
        ? duplicate(field, value)
        : { reason: "FieldValueDuplicate", message: "Duplicate value", field };
    default:
      return isScalar
        ? invalid(field, value, text)
        : { reason: "FieldValueInvalid", message: `Invalid value: ${text}`, field };
  }
}

/** What a messageExpression makes; nothing when it fails, or makes no line of text. */
function said({ message }: CompiledRule, context: Record<string, unknown>): string | undefined {
  if (message === undefined) return undefined;
  try {
    const text = message(context);
    if (typeof text === "string" && text.trim() !== "" && !text.includes("\n") && text.length <= 5 * 1024)
      return text.trim();
  } catch {
    // The rule's own message is said instead, as in a real server.
  }
  return undefined;
}

/** In the words of Go's interpreter. */
function runtimeProblem(error: Error & { code?: string; summary?: string }): string {
  const summary = error.summary ?? error.message;
  if (error.code === "no_such_key") return `no such key: ${/: (.*)$/s.exec(summary)?.[1] ?? ""}`;
  if (error.code === "index_out_of_bounds")
    return `index out of bounds: ${/index (-?\d+)/.exec(summary)?.[1] ?? ""}`;
  return summary;
}
