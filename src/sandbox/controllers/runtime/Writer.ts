import type { KubeObject } from "../../../contract/index.ts";
import type { KubeClient, ObjectRef, PatchType } from "../../../kube/KubeClient.ts";
import { isNotFound } from "../../../kube/KubeError.ts";
import type { ObjectStore } from "./ObjectStore.ts";

export const refOf = (object: KubeObject): ObjectRef => ({
  apiVersion: object.apiVersion,
  kind: object.kind,
  name: object.metadata.name!,
  namespace: object.metadata.namespace,
});

/** Writes of one controller: under its field manager, never after the stop, and known to the stores at once. */
export class Writer {
  readonly #client: KubeClient;
  readonly #fieldManager: string;
  readonly #signal: AbortSignal;
  readonly #storeOf: (apiVersion: string, kind: string) => ObjectStore<KubeObject> | undefined;
  readonly #confirmLater: (ref: ObjectRef) => void;

  constructor(options: {
    client: KubeClient;
    fieldManager: string;
    signal: AbortSignal;
    storeOf: (apiVersion: string, kind: string) => ObjectStore<KubeObject> | undefined;
    confirmLater: (ref: ObjectRef) => void;
  }) {
    this.#client = options.client;
    this.#fieldManager = options.fieldManager;
    this.#signal = options.signal;
    this.#storeOf = options.storeOf;
    this.#confirmLater = options.confirmLater;
  }

  async create<T extends KubeObject>(object: T): Promise<T> {
    this.#signal.throwIfAborted();
    const created = await this.#client.create(object, { fieldManager: this.#fieldManager });
    this.#learn(created);
    this.#confirmLater(refOf(created));
    return created;
  }

  /** Refused when somebody else wrote since the object was read. */
  async replace<T extends KubeObject>(object: T): Promise<T> {
    this.#signal.throwIfAborted();
    return this.#learn(await this.#client.replace(object, { fieldManager: this.#fieldManager }));
  }

  /** The same for the status alone. */
  async replaceStatus<T extends KubeObject>(object: T, status: unknown): Promise<T> {
    this.#signal.throwIfAborted();
    const next = { ...object, status };
    const options = { fieldManager: this.#fieldManager, subresource: "status" };
    return this.#learn(await this.#client.replace(next, options));
  }

  async patch<T extends KubeObject>(
    object: T,
    type: PatchType,
    patch: unknown,
    subresource?: string,
  ): Promise<T> {
    this.#signal.throwIfAborted();
    const options = { fieldManager: this.#fieldManager, subresource };
    return this.#learn(await this.#client.patch<T>(refOf(object), type, patch, options));
  }

  /** The same, but for an object that may be gone: then there is nothing to do. */
  async patchIfThere(object: KubeObject, type: PatchType, patch: unknown): Promise<void> {
    await this.patch(object, type, patch).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
      this.#storeOf(object.apiVersion, object.kind)?.gone(object);
    });
  }

  /**
   * Deletes this very object. One that is gone already is fine. `onlyIfUnchanged`: and refused when it was written since.
   */
  async delete(
    object: KubeObject,
    options: {
      propagation?: "Background" | "Foreground" | "Orphan";
      gracePeriodSeconds?: number;
      onlyIfUnchanged?: boolean;
    } = {},
  ): Promise<void> {
    this.#signal.throwIfAborted();
    const ref = refOf(object);
    try {
      await this.#client.delete(ref, {
        propagation: options.propagation ?? "Background",
        uid: object.metadata.uid,
        resourceVersion: options.onlyIfUnchanged ? object.metadata.resourceVersion : undefined,
        gracePeriodSeconds: options.gracePeriodSeconds,
      });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    // Whether it is gone or going is for the server to say: without this the next reconcile could still see it as it was.
    const left = await this.#client.find(ref);
    if (left && left.metadata.uid === object.metadata.uid) this.#learn(left);
    else this.#storeOf(object.apiVersion, object.kind)?.gone(object);
  }

  #learn<T extends KubeObject>(object: T): T {
    this.#storeOf(object.apiVersion, object.kind)?.wrote(object);
    return object;
  }
}
