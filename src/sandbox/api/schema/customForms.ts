import { copyJson } from "../apply/copyJson.ts";
import { sameJson } from "../apply/sameJson.ts";
import { decode } from "./decode.ts";
import { defaultCustom } from "./defaultCustom.ts";
import { schemaOfCustom } from "./schemaOfCustom.ts";
import type { JsonObject, JsonSchema } from "./SchemaNode.ts";

/** One version of a custom kind, as far as its objects' form goes. */
export interface CustomVersion {
  readonly apiVersion: string;
  readonly schema: JsonSchema | undefined;
}

type Form = <T extends JsonObject>(object: T) => T;

/**
 * What is stored, as a version shows it: whatever the schemas did not know when it was written is gone, and their defaults are there. What is stored stays as
 * it is until it is written again. (apiextensions-apiserver, schemaCoercingDecoder, unstructuredDefaulter, schemaCoercingConverter)
 */
export function formOf(
  shown: CustomVersion,
  stored: ReadonlyMap<string, CustomVersion>,
  kind: string,
): { readonly fromStored: Form; readonly isShown: (object: JsonObject) => void } {
  const known = new WeakMap<JsonObject, JsonObject>();
  return {
    fromStored: <T extends JsonObject>(object: T): T => {
      let made = known.get(object);
      if (made === undefined) {
        made = read(object, shown, stored.get(object["apiVersion"] as string), kind);
        known.set(object, made);
      }
      return made as T;
    },
    isShown: (object) => known.set(object, object),
  };
}

function read(
  object: JsonObject,
  shown: CustomVersion,
  from: CustomVersion | undefined,
  kind: string,
): JsonObject {
  const { apiVersion } = shown;
  const copy: JsonObject = copyJson(object);
  if (from !== undefined) {
    prune(copy, from, kind);
    defaultCustom(copy, from.schema);
  }
  if (from !== shown) {
    copy["apiVersion"] = apiVersion;
    prune(copy, shown, kind);
  }
  return sameJson(copy, object) ? object : copy;
}

/** What is wrong besides stays as it is. */
function prune(object: JsonObject, { schema, apiVersion }: CustomVersion, kind: string): void {
  decode({ object, schema: schemaOfCustom(schema, kind), kind, apiVersion, fieldValidation: "Ignore" });
}
