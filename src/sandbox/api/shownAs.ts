import { apiVersionOf } from "../../kube/KindInfo.ts";
import type { KubeObject } from "../../contract/index.ts";
import type { ServedKind } from "./ServedKind.ts";
import type { Stored } from "./store/Store.ts";

/** The stored object as a version of its kind shows it. Never changed. */
export function shownAs({ object }: Pick<Stored, "object">, kind: ServedKind): KubeObject {
  if (kind.fromStored !== undefined) return kind.fromStored(object);
  const apiVersion = apiVersionOf(kind);
  return object.apiVersion === apiVersion ? object : { ...object, apiVersion };
}

/** An object that was sent in any served version, as it is kept. */
export function toStored(object: KubeObject, kind: ServedKind): KubeObject {
  if (kind.toStored !== undefined) return kind.toStored(object);
  object.apiVersion = kind.storedAs;
  return object;
}
