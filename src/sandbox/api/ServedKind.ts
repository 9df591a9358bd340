import type { KubeObject } from "../../contract/index.ts";
import { apiVersionOf, type KindInfo } from "../../kube/KindInfo.ts";
import type { SubresourceInfo } from "../../kube/table/builtinKinds.ts";
import type { KindStrategy } from "./kinds/KindStrategy.ts";
import type { Printer } from "./printers/Printer.ts";
import type { JsonSchema, SchemaNode } from "./schema/index.ts";

/** One kind in one version, as served: where it is stored and what rules its writes follow. */
export interface ServedKind extends KindInfo {
  /** Of the store: `apps/deployments`; the same for all versions of a kind. */
  readonly collection: string;
  /** The apiVersion in which it is stored. */
  readonly storedAs: string;
  /** Where more than the apiVersion differs between what is stored and what is served. Neither changes what it is given. */
  readonly fromStored?: (object: KubeObject) => KubeObject;
  readonly toStored?: (object: KubeObject) => KubeObject;
  readonly strategy: KindStrategy;
  /** Made when first asked for: most kinds are never written. */
  readonly schema: SchemaNode;
  readonly printer: Printer;
  readonly subresourceInfos?: readonly SubresourceInfo[];
  /** Of a custom kind. */
  readonly custom?: CustomKind;
}

export interface CustomKind {
  readonly definition: KubeObject;
  /** All apiVersions of the definition, served or not. */
  readonly versions: ReadonlySet<string>;
  /** Fires when the definition was changed, or is gone: watches end. */
  readonly replaced: AbortController;
  /** What everybody who uses this version is told. */
  readonly deprecation?: string;
  readonly schema: JsonSchema | undefined;
  readonly scale?: {
    readonly specReplicas: string;
    readonly statusReplicas: string;
    readonly selector?: string;
  };
  readonly selectableFields: readonly string[];
}

/** All that is served, found by what a path says. */
export class ServedKinds {
  readonly #byPath = new Map<string, ServedKind>();
  #version = 0;

  add(kind: ServedKind): void {
    this.#byPath.set(`${apiVersionOf(kind)}/${kind.plural}`, kind);
    this.#version += 1;
  }

  remove(kind: ServedKind): void {
    this.#byPath.delete(`${apiVersionOf(kind)}/${kind.plural}`);
    this.#version += 1;
  }

  /** Moves when a kind comes or goes, so that what is derived from them can be kept. */
  get version(): number {
    return this.#version;
  }

  find(group: string, version: string, plural: string): ServedKind | undefined {
    return this.#byPath.get(`${group === "" ? version : `${group}/${version}`}/${plural}`);
  }

  all(): Iterable<ServedKind> {
    return this.#byPath.values();
  }
}
