import type { KubeObject } from "../../../contract/index.ts";

/** Between the form in which a kind is stored and one in which it is served. Neither changes what it is given. */
export interface Conversion {
  /** The apiVersion of what is stored. */
  readonly storedAs: string;
  /** Of the store. */
  readonly collection: string;
  fromStored(object: KubeObject): KubeObject;
  toStored(object: KubeObject): KubeObject;
}

/** An object with some of its fields under other names; what is undefined is left out. */
export function renamed(object: KubeObject, names: Readonly<Record<string, string>>): KubeObject {
  const next: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(object))
    if (value !== undefined) next[names[name] ?? name] = value;
  return next as unknown as KubeObject;
}
