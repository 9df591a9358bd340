import { MoorageError, type KubeObject } from "../../contract/index.ts";
import type { KindInfo } from "../../kube/KindInfo.ts";
import type { ObjectRef } from "../../kube/KubeClient.ts";
import { isForbidden, isNotFound } from "../../kube/KubeError.ts";
import type { Context } from "../DeployContext.ts";
import { inParallel } from "../inParallel.ts";
import { groupKind, objectKey, refOf } from "../objectKey.ts";

/** What is in the cluster of the kinds and namespaces that a plan concerns. */
export interface LiveObjects {
  readonly byKey: ReadonlyMap<string, KubeObject>;
  /** Keys that may not be read. */
  readonly unreadable: ReadonlySet<string>;
  /** `group/Kind` that the server does not serve. */
  readonly unserved: ReadonlySet<string>;
  /** What was done without. */
  readonly notes: readonly string[];
}

/** As many objects of a cluster-wide kind are read one by one; a list would bring everybody else's too. */
const fewObjects = 3;

interface Collection {
  readonly kind: KindInfo;
  readonly namespace: string | undefined;
  /** By name. */
  readonly refs: Map<string, ObjectRef>;
}

/**
 * Reads what is live: one list a kind and namespace. Where listing is forbidden, objects are read one by one; where that is forbidden too, they are done
 * without and said once.
 */
export async function readLiveObjects(refs: readonly ObjectRef[], context: Context): Promise<LiveObjects> {
  const { client, concurrency, signal } = context;
  const byKey = new Map<string, KubeObject>();
  const unreadable = new Set<string>();
  const unserved = new Set<string>();
  const forbidden = new Map<string, Set<string>>();
  const collections = new Map<string, Collection>();

  const kinds = new Map<string, ObjectRef>();
  for (const ref of refs) kinds.set(`${ref.apiVersion}/${ref.kind}`, ref);
  const infos = new Map<string, KindInfo>();
  await inParallel([...kinds], concurrency, async ([name, ref]) => {
    try {
      infos.set(name, await client.kindOf({ apiVersion: ref.apiVersion, kind: ref.kind }));
    } catch (error) {
      if (!(error instanceof MoorageError && error.code === "Unsupported")) throw error;
      unserved.add(groupKind(ref));
    }
  });
  for (const ref of refs) {
    const kind = infos.get(`${ref.apiVersion}/${ref.kind}`);
    if (kind === undefined) continue;
    const namespace = kind.namespaced ? ref.namespace : undefined;
    const name = `${groupKind(ref)}/${namespace ?? ""}`;
    const collection = collections.get(name) ?? { kind, namespace, refs: new Map() };
    collection.refs.set(ref.name, ref);
    collections.set(name, collection);
  }

  const deny = (ref: ObjectRef): void => {
    unreadable.add(objectKey(ref));
    const names = forbidden.get(ref.kind) ?? new Set();
    names.add(ref.name);
    forbidden.set(ref.kind, names);
  };
  const readOne = async (ref: ObjectRef): Promise<void> => {
    try {
      const live = await client.find(ref, { signal });
      if (live !== undefined) byKey.set(objectKey(ref), live);
    } catch (error) {
      if (!isForbidden(error)) throw error;
      deny(ref);
    }
  };

  await inParallel([...collections.values()], concurrency, async ({ kind, namespace, refs: byName }) => {
    const members = [...byName.values()];
    if (!kind.namespaced && members.length <= fewObjects) {
      await inParallel(members, fewObjects, readOne);
      return;
    }
    try {
      const list = await client.list(kind, { ...(namespace === undefined ? {} : { namespace }), signal });
      for (const item of list.items) byKey.set(objectKey(refOf(item)), item);
    } catch (error) {
      // A namespace that is not there has no objects; some servers answer a list in it with 404.
      if (isNotFound(error)) return;
      if (!isForbidden(error)) throw error;
      await inParallel(members, concurrency, readOne);
    }
  });

  const notes = [...forbidden].map(
    ([kind, names]) =>
      `This account may not read ${[...names].map((name) => `${kind} ${name}`).join(", ")}: done without.`,
  );
  return { byKey, unreadable, unserved, notes };
}
