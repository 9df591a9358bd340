import type { KubeObject, OwnerReference } from "../../contract/index.ts";
import { createKubeClient } from "../../kube/createKubeClient.ts";
import type { KubeClient, ObjectRef } from "../../kube/KubeClient.ts";
import { isConflict, isNotFound } from "../../kube/KubeError.ts";
import type { Transport } from "../../kube/Transport.ts";
import type { Store, StoreEvent } from "./store/Store.ts";

/** Stands for an owner or a dependent while it is in the queue. */
interface Known {
  readonly ref: ObjectRef;
  readonly object: KubeObject;
}

/**
 * Deletes what is owned by what is gone, and finishes deletions in the foreground and with orphaning. It learns of objects from the
 * store it lives beside (an index of owners over every kind, without a watch each), and writes as a client like any other.
 *
 * Source: https://kubernetes.io/docs/concepts/architecture/garbage-collection/
 */
export class GarbageCollector {
  readonly #client: KubeClient;
  readonly #log: (text: string, error: unknown) => void;
  /** By uid: everything there is. */
  readonly #objects = new Map<string, Known>();
  /** By the owner's uid: uids of its dependents. */
  readonly #dependents = new Map<string, Set<string>>();
  /** Uids of owners whose end was seen, while they have dependents. */
  readonly #ended = new Set<string>();
  /** Uids to look at. */
  readonly #queue = new Set<string>();
  readonly #stop: () => void;
  #working: Promise<void> | undefined;
  #stopped = false;

  constructor(store: Store, transport: Transport, log: (text: string, error: unknown) => void = () => {}) {
    this.#client = createKubeClient(transport);
    this.#log = log;
    this.#stop = store.subscribeAll((event) => this.#onEvent(event));
    for (const collection of store.collections()) {
      for (const { object } of store.list(collection)) this.#learn(object);
    }
    for (const uid of this.#objects.keys()) this.#queue.add(uid);
    this.#work();
  }

  /** Resolves when what was begun is done; nothing is begun any more. */
  async close(): Promise<void> {
    this.#stopped = true;
    this.#stop();
    await this.#working;
  }

  #onEvent({ type, stored, previous }: StoreEvent): void {
    const { object } = stored;
    const uid = object.metadata.uid ?? "";
    if (previous !== undefined) this.#forget(previous.object);
    if (type === "DELETED") {
      if (this.#dependents.has(uid)) this.#ended.add(uid);
      for (const dependent of this.#dependents.get(uid) ?? []) this.#queue.add(dependent);
      // An owner that is deleted in the foreground waits for its dependents.
      for (const owner of ownersOf(object)) this.#queue.add(owner.uid);
    } else {
      this.#learn(object);
      if (ownersOf(object).length > 0 || object.metadata.deletionTimestamp !== undefined)
        this.#queue.add(uid);
    }
    this.#work();
  }

  #learn(object: KubeObject): void {
    const { uid, name, namespace } = object.metadata;
    if (uid === undefined || name === undefined) return;
    const { apiVersion, kind } = object;
    this.#objects.set(uid, {
      object,
      ref: { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) },
    });
    for (const owner of ownersOf(object)) {
      const dependents = this.#dependents.get(owner.uid) ?? new Set();
      this.#dependents.set(owner.uid, dependents.add(uid));
    }
  }

  #forget(object: KubeObject): void {
    const uid = object.metadata.uid ?? "";
    this.#objects.delete(uid);
    for (const owner of ownersOf(object)) {
      const dependents = this.#dependents.get(owner.uid);
      dependents?.delete(uid);
      if (dependents?.size === 0) {
        this.#dependents.delete(owner.uid);
        this.#ended.delete(owner.uid);
      }
    }
  }

  #work(): void {
    if (this.#working !== undefined || this.#stopped || this.#queue.size === 0) return;
    this.#working = this.#drain().finally(() => {
      this.#working = undefined;
      this.#work();
    });
  }

  async #drain(): Promise<void> {
    // The write that woke us is answered first.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#queue.size > 0 && !this.#stopped) {
      const [uid = ""] = this.#queue;
      this.#queue.delete(uid);
      const known = this.#objects.get(uid);
      if (known === undefined) continue;
      try {
        await this.#look(uid, known);
      } catch (error) {
        if (isNotFound(error) || this.#stopped) continue;
        if (isConflict(error)) this.#queue.add(uid);
        else this.#log(`garbage collection of ${known.ref.kind} ${known.ref.name} failed`, error);
      }
    }
  }

  async #look(uid: string, known: Known): Promise<void> {
    const { metadata } = known.object;
    if (metadata.deletionTimestamp !== undefined) {
      if (metadata.finalizers?.includes("orphan") === true) return await this.#orphan(uid, known);
      if (metadata.finalizers?.includes("foregroundDeletion") === true)
        return await this.#foreground(uid, known);
    }
    const owners = ownersOf(known.object);
    if (owners.length === 0) return;
    const gone: OwnerReference[] = [];
    for (const owner of owners) if (await this.#isGone(owner)) gone.push(owner);
    if (gone.length === 0) {
      // What waits for nothing but its dependents takes them along.
      const dying = owners.map((owner) => this.#objects.get(owner.uid)?.object.metadata);
      const all = dying.every(
        (one) =>
          one?.deletionTimestamp !== undefined && one.finalizers?.includes("foregroundDeletion") === true,
      );
      if (all && metadata.deletionTimestamp === undefined) {
        await this.#client.delete(known.ref, {
          uid,
          propagation: this.#dependents.has(uid) ? "Foreground" : "Background",
        });
      }
      return;
    }
    if (gone.length === owners.length) {
      if (metadata.deletionTimestamp === undefined)
        await this.#client.delete(known.ref, { uid, propagation: "Background" });
      return;
    }
    await this.#setOwners(
      known,
      owners.filter((owner) => !gone.includes(owner)),
    );
  }

  /** An owner of a kind that nobody serves may be back tomorrow, with its definition: it is not gone, unless its end was seen. */
  async #isGone({ uid, apiVersion, kind }: OwnerReference): Promise<boolean> {
    if (this.#objects.has(uid)) return false;
    if (this.#ended.has(uid)) return true;
    return await this.#client.kindOf({ apiVersion, kind }).then(
      () => true,
      () => false,
    );
  }

  async #foreground(uid: string, known: Known): Promise<void> {
    const dependents = [...(this.#dependents.get(uid) ?? [])];
    const blocking = dependents.filter((dependent) =>
      ownersOf(this.#objects.get(dependent)?.object).some(
        (owner) => owner.uid === uid && owner.blockOwnerDeletion === true,
      ),
    );
    if (blocking.length === 0) return await this.#dropFinalizer(known, "foregroundDeletion");
    for (const dependent of dependents) this.#queue.add(dependent);
  }

  async #orphan(uid: string, known: Known): Promise<void> {
    for (const dependent of this.#dependents.get(uid) ?? []) {
      const one = this.#objects.get(dependent);
      if (one !== undefined)
        await this.#setOwners(
          one,
          ownersOf(one.object).filter((owner) => owner.uid !== uid),
        );
    }
    await this.#dropFinalizer(known, "orphan");
  }

  async #setOwners({ ref, object }: Known, ownerReferences: OwnerReference[]): Promise<void> {
    const { uid } = object.metadata;
    await this.#client.patch(ref, "merge", {
      metadata: { uid, ownerReferences: ownerReferences.length > 0 ? ownerReferences : null },
    });
  }

  async #dropFinalizer({ ref, object }: Known, finalizer: string): Promise<void> {
    const { uid, resourceVersion, finalizers = [] } = object.metadata;
    const left = finalizers.filter((one) => one !== finalizer);
    await this.#client.patch(ref, "merge", {
      metadata: { uid, resourceVersion, finalizers: left.length > 0 ? left : null },
    });
  }
}

const ownersOf = (object: KubeObject | undefined): readonly OwnerReference[] =>
  object?.metadata.ownerReferences ?? [];
