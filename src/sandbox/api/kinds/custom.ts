import type { KubeObject } from "../../../contract/index.ts";
import type { FieldFilter, FieldSet } from "../apply/FieldSet.ts";
import { recursiveDifference } from "../apply/FieldSet.ts";
import { sameJson } from "../apply/sameJson.ts";
import { defaultCustom } from "../schema/defaultCustom.ts";
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
}): KindStrategy {
  const { namespaced, hasStatus, schema } = options;
  const validate: KindStrategy["validate"] = (object) => {
    const errors: ReturnType<KindStrategy["validate"]> = [];
    validateMetadata(object.metadata, { namespaced, name: subdomainName }, errors);
    errors.push(...validateCustom(object, schema));
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
    validate,
    validateUpdate(next, live) {
      const errors = validate(next);
      validateMetadataUpdate(next.metadata, live.metadata, errors);
      return errors;
    },
    validateStatusUpdate: (next) => validateCustom(next, schema),
    resetFields(subresource) {
      if (!hasStatus) return undefined;
      return subresource === "status" ? statusOnly : subresource === "" ? withoutStatus : undefined;
    },
  };
}

/** All that a change of counts as a new generation. */
function content(object: KubeObject, hasStatus: boolean): object {
  const { metadata: _metadata, status, ...rest } = object;
  return hasStatus ? rest : { ...rest, status };
}
