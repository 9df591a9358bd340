import type { KubeObject } from "../../../contract/index.ts";
import { controllerOf, keyOf } from "../objects/controllerRef.ts";

export type StoreListener<T> = (before: T | undefined, after: T | undefined) => void;

/**
 * What is known of all objects of one kind: fed by a watch, and by the answers to our own writes, so that a reconcile reads what the one before it wrote
 * even when the watch lags behind. resourceVersions are compared as numbers (KEP-5504 promises that they can be): older news never replaces newer.
 */
export class ObjectStore<T extends KubeObject> {
  readonly #objects = new Map<string, T>();
  readonly #byNamespace = new Map<string, Map<string, T>>();
  readonly #byController = new Map<string, Map<string, T>>();
  /** Uids of deleted objects, so that a late answer to a write does not bring one back. */
  readonly #buried = new Set<string>();
  /** Keys that only our own writes have told of. */
  readonly #unconfirmed = new Set<string>();
  readonly #listeners: StoreListener<T>[] = [];

  onChange(listener: StoreListener<T>): void {
    this.#listeners.push(listener);
  }

  /** By `NAMESPACE/NAME`, or `NAME` for cluster-wide kinds. Never change what you get. */
  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  list(namespace?: string): T[] {
    return [...(namespace === undefined ? this.#objects : (this.#byNamespace.get(namespace) ?? [])).values()];
  }

  /** All objects whose controller has this uid. */
  controlledBy(uid: string): T[] {
    return [...(this.#byController.get(uid) ?? []).values()];
  }

  /** All objects of a namespace that no controller has: what one that selects them would adopt. */
  orphans(namespace: string | undefined): T[] {
    return [...(this.#byController.get(orphansOf(namespace)) ?? []).values()];
  }

  /** Our own write: reported to listeners too, since it may be all that ever tells of it. */
  wrote(object: T): void {
    const key = keyOf(object);
    const known = this.#objects.get(key);
    if (this.#buried.has(object.metadata.uid!)) return;
    if (known && known.metadata.uid === object.metadata.uid && versionOf(known) >= versionOf(object)) return;
    if (known === undefined) this.#unconfirmed.add(key);
    this.#put(key, object);
  }

  /** The watch told of an object. */
  saw(object: T): void {
    const key = keyOf(object);
    this.#unconfirmed.delete(key);
    const known = this.#objects.get(key);
    if (known && known.metadata.uid === object.metadata.uid && versionOf(known) >= versionOf(object)) return;
    this.#put(key, object);
  }

  /** The watch, or a question to the server, told that the object is gone. */
  gone(object: { metadata: T["metadata"] }): void {
    const uid = object.metadata.uid!;
    this.#buried.add(uid);
    if (this.#buried.size > 10_000) this.#buried.delete(this.#buried.values().next().value!);
    const key = keyOf(object);
    const known = this.#objects.get(key);
    this.#unconfirmed.delete(key);
    if (known === undefined || known.metadata.uid !== uid) return;
    this.#remove(key, known);
    this.#tell(known, undefined);
  }

  isUnconfirmed(key: string): boolean {
    return this.#unconfirmed.has(key);
  }

  #put(key: string, object: T): void {
    const before = this.#objects.get(key);
    if (before) this.#remove(key, before);
    this.#objects.set(key, object);
    addTo(this.#byNamespace, object.metadata.namespace ?? "", key, object);
    addTo(this.#byController, groupOf(object), key, object);
    this.#tell(before, object);
  }

  #remove(key: string, object: T): void {
    this.#objects.delete(key);
    removeFrom(this.#byNamespace, object.metadata.namespace ?? "", key);
    removeFrom(this.#byController, groupOf(object), key);
  }

  #tell(before: T | undefined, after: T | undefined): void {
    for (const listener of this.#listeners) listener(before, after);
  }
}

const orphansOf = (namespace: string | undefined): string => `orphans of ${namespace ?? ""}`;
const groupOf = (object: KubeObject): string =>
  controllerOf(object)?.uid ?? orphansOf(object.metadata.namespace);

const versionOf = (object: KubeObject): number => Number(object.metadata.resourceVersion ?? 0);

function addTo<T>(index: Map<string, Map<string, T>>, group: string, key: string, object: T): void {
  let members = index.get(group);
  if (members === undefined) index.set(group, (members = new Map()));
  members.set(key, object);
}

function removeFrom<T>(index: Map<string, Map<string, T>>, group: string, key: string): void {
  const members = index.get(group);
  members?.delete(key);
  if (members?.size === 0) index.delete(group);
}
