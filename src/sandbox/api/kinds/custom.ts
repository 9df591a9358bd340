import type { KubeObject } from "../../../contract/index.ts";
import type { FieldFilter, FieldSet } from "../apply/FieldSet.ts";
import { recursiveDifference } from "../apply/FieldSet.ts";
import { goText } from "../apply/goText.ts";
import { sameJson } from "../apply/sameJson.ts";
import { rulesAgainst } from "../cel/rulesAgainst.ts";
import { defaultCustom } from "../schema/defaultCustom.ts";
import { type FieldError, invalid } from "../schema/FieldError.ts";
import type { JsonSchema } from "../schema/SchemaNode.ts";
import { validateCustom } from "../schema/validateCustom.ts";
import { type KindStrategy, keep, setGeneration } from "./KindStrategy.ts";
import { validateMetadata, validateMetadataUpdate } from "./metadata.ts";
import { subdomainName } from "./names.ts";

const withoutStatus: FieldFilter = (set) => recursiveDifference(set, { "f:status": {} });
const statusOnly: FieldFilter = (set) => {
  const out: Record<string, FieldSet> = {};
  if (set["f:status"] !== undefined) out["f:status"] = set["f:status"];
  return out;
};

/** How objects of a custom kind are written. (apiextensions-apiserver, registry/customresource) */
export function customStrategy(options: {
  namespaced: boolean;
  hasStatus: boolean;
  schema: JsonSchema | undefined;
  scale?: ScalePaths;
}): KindStrategy {
  const { namespaced, hasStatus, schema, scale } = options;
  const validate = (object: KubeObject, live?: KubeObject): FieldError[] => {
    const errors: FieldError[] = [];
    validateMetadata(object.metadata, { namespaced, name: subdomainName }, errors);
    errors.push(...validateCustom(object, schema, live));
    if (scale !== undefined)
      errors.push(...scaleProblems(object, [scale.specReplicas, scale.statusReplicas]));
    errors.push(...rulesAgainst(object, live, schema, errors));
    return errors;
  };
  return {
    namespaced,
    allowCreateOnUpdate: false,
    defaults: (object) => defaultCustom(object, schema),
    prepareForCreate(object) {
      if (hasStatus) delete object["status"];
      object.metadata.generation = 1;
    },
    prepareForUpdate(next, live) {
      if (hasStatus) keep(next, live, "status");
      setGeneration(next, live, !sameJson(content(next, hasStatus), content(live, hasStatus)));
    },
    prepareForStatusUpdate(next, live) {
      const { managedFields } = next.metadata;
      for (const field of Object.keys(next))
        if (field !== "status" && live[field] === undefined) delete next[field];
      for (const field in live) if (field !== "status") next[field] = live[field];
      next.metadata = { ...live.metadata };
      if (managedFields !== undefined) next.metadata.managedFields = managedFields;
    },
    validate: (object) => validate(object),
    validateUpdate(next, live) {
      const errors = validate(next, live);
      validateMetadataUpdate(next.metadata, live.metadata, errors);
      return errors;
    },
    validateStatusUpdate(next, live) {
      const errors = validateCustom(next, schema, live);
      if (scale !== undefined) errors.push(...scaleProblems(next, [scale.statusReplicas]));
      return [...errors, ...rulesAgainst(next, live, schema, errors)];
    },
    resetFields(subresource) {
      if (!hasStatus) return undefined;
      return subresource === "status" ? statusOnly : subresource === "" ? withoutStatus : undefined;
    },
  };
}

/** Where a custom kind keeps what its scale shows: `.spec.replicas`. */
export interface ScalePaths {
  readonly specReplicas: string;
  readonly statusReplicas: string;
}

/** A scale can only show whole numbers that fit. */
function scaleProblems(object: KubeObject, paths: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  for (const path of paths) {
    const names = path.split(".").filter((name) => name !== "");
    let value: unknown = object;
    let problem: string | undefined;
    for (const [index, name] of names.entries()) {
      if (value === undefined) break;
      if (typeof value === "object" && value !== null && !Array.isArray(value))
        value = (value as Record<string, unknown>)[name];
      else {
        problem = `.${names.slice(0, index + 1).join(".")} accessor error: ${goText(value)} is of the type ${goTypeOf(value)}, expected map[string]interface{}`;
        break;
      }
    }
    if (value === undefined) continue;
    if (problem === undefined && !Number.isInteger(value))
      problem = `.${names.join(".")} accessor error: ${goText(value)} is of the type ${goTypeOf(value)}, expected int64`;
    if (problem !== undefined) errors.push(invalid(path, 0, problem));
    else if ((value as number) < 0) errors.push(invalid(path, value, "should be a non-negative integer"));
    else if ((value as number) > 2_147_483_647)
      errors.push(invalid(path, value, "should be less than or equal to 2147483647"));
  }
  return errors;
}

function goTypeOf(value: unknown): string {
  if (value === null) return "<nil>";
  if (Array.isArray(value)) return "[]interface {}";
  if (typeof value === "object") return "map[string]interface {}";
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  return typeof value === "boolean" ? "bool" : typeof value;
}

/** All that a change of counts as a new generation. */
function content(object: KubeObject, hasStatus: boolean): object {
  const { metadata: _metadata, status, ...rest } = object;
  return hasStatus ? rest : { ...rest, status };
}
