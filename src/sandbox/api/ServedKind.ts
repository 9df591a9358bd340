import { apiVersionOf, type KindInfo } from "../../kube/KindInfo.ts";
import type { KubeObject } from "../../contract/index.ts";

/** One kind in one version, as served: where it is stored and what rules its writes follow. */
export interface ServedKind extends KindInfo {
  /** Of the store: `apps/deployments`; the same for all versions of a kind. */
  readonly collection: string;
  /** The apiVersion in which it is stored. */
  readonly storedAs: string;
  readonly rules: KindRules;
}

/** What is special to one kind when it is written. All work in place. */
export interface KindRules {
  prepareForCreate(object: KubeObject): void;
  prepareForUpdate(next: KubeObject, live: KubeObject): void;
  prepareForStatusUpdate(next: KubeObject, live: KubeObject): void;
}

/** A kind that follows the conventions and nothing else. */
export const plainRules: KindRules = {
  prepareForCreate(object) {
    delete object["status"];
    object.metadata.generation = 1;
  },
  prepareForUpdate(next, live) {
    if (live["status"] === undefined) delete next["status"];
    else next["status"] = live["status"];
    const moved = JSON.stringify(next["spec"]) !== JSON.stringify(live["spec"]);
    next.metadata.generation = (live.metadata.generation ?? 0) + (moved ? 1 : 0);
  },
  prepareForStatusUpdate(next, live) {
    const status = next["status"];
    for (const key of Object.keys(next)) delete next[key];
    Object.assign(next, structuredClone(live), status === undefined ? {} : { status });
  },
};

/** All that is served, found by what a path says. */
export class ServedKinds {
  readonly #byPath = new Map<string, ServedKind>();

  add(kind: ServedKind): void {
    this.#byPath.set(`${apiVersionOf(kind)}/${kind.plural}`, kind);
  }

  remove(kind: ServedKind): void {
    this.#byPath.delete(`${apiVersionOf(kind)}/${kind.plural}`);
  }

  find(group: string, version: string, plural: string): ServedKind | undefined {
    return this.#byPath.get(`${group === "" ? version : `${group}/${version}`}/${plural}`);
  }

  all(): Iterable<ServedKind> {
    return this.#byPath.values();
  }
}
