import type { KubeObject } from "../../contract/index.ts";
import { KubeError, isForbidden } from "../../kube/KubeError.ts";
import type { Context } from "../DeployContext.ts";
import { groupKind, objectKey, refOf } from "../objectKey.ts";

const pollEvery = 2000;

/**
 * Objects as they are now, by watches: one for each kind and namespace that somebody needs. Where watching is forbidden it lists every two seconds; where listing is forbidden too,
 * it holds nothing of that kind, and says so once.
 */
export class LiveView {
  readonly #context: Context;
  readonly #signal: AbortSignal;
  readonly #objects = new Map<string, KubeObject>();
  /** The same by `group/Kind/namespace`: everybody who waits asks for the pods of a namespace, at every change. */
  readonly #byKind = new Map<string, Map<string, KubeObject>>();
  readonly #followed = new Map<string, Promise<void>>();
  readonly #unreadable = new Set<string>();
  #version = 0;
  #wake = Promise.withResolvers<void>();
  #isTicking = false;

  constructor(context: Context, signal: AbortSignal) {
    this.#context = context;
    this.#signal = signal;
  }

  /** Begins to follow a kind; resolves when its objects are known. */
  follow(kind: { apiVersion: string; kind: string }, namespace: string | undefined): Promise<void> {
    const name = `${groupKind(kind)}/${namespace ?? ""}`;
    let synced = this.#followed.get(name);
    if (synced === undefined) {
      const done = Promise.withResolvers<void>();
      synced = done.promise;
      this.#followed.set(name, synced);
      void this.#run(kind, namespace, name, done);
    }
    return synced;
  }

  /** Whether nothing is known of a kind because it may not be read. */
  isUnreadable = (kind: { apiVersion: string; kind: string }, namespace: string | undefined): boolean =>
    this.#unreadable.has(`${groupKind(kind)}/${namespace ?? ""}`);

  get(key: string): KubeObject | undefined {
    return this.#objects.get(key);
  }

  ofKind(kind: string, namespace: string): KubeObject[] {
    return [...(this.#byKind.get(`${kind}/${namespace}`)?.values() ?? [])];
  }

  /** Goes up with every change. */
  get version(): number {
    return this.#version;
  }

  /**
   * Resolves at the next change after a version, at once when there was one, or after so many milliseconds at the latest. One timer serves all who wait: with a thousand of them, one each would cost
   * more than what they wait for.
   */
  async change(milliseconds: number, since: number): Promise<void> {
    this.#signal.throwIfAborted();
    if (since !== this.#version) return;
    if (!this.#isTicking) void this.#tick(milliseconds);
    await this.#wake.promise;
    this.#signal.throwIfAborted();
  }

  async #tick(milliseconds: number): Promise<void> {
    this.#isTicking = true;
    await this.#context.clock.sleep(milliseconds, this.#signal).catch(() => {});
    this.#isTicking = false;
    this.#wakeAll();
  }

  #keep(object: KubeObject): void {
    const key = objectKey(refOf(object));
    const kind = `${groupKind(object)}/${object.metadata.namespace ?? ""}`;
    this.#objects.set(key, object);
    const same = this.#byKind.get(kind) ?? new Map<string, KubeObject>();
    this.#byKind.set(kind, same.set(key, object));
  }

  #remove(object: KubeObject): void {
    const key = objectKey(refOf(object));
    this.#objects.delete(key);
    this.#byKind.get(`${groupKind(object)}/${object.metadata.namespace ?? ""}`)?.delete(key);
  }

  #changed(): void {
    this.#version++;
    this.#wakeAll();
  }

  #wakeAll(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers<void>();
  }

  async #run(
    kind: { apiVersion: string; kind: string },
    namespace: string | undefined,
    name: string,
    synced: PromiseWithResolvers<void>,
  ): Promise<void> {
    const scope = namespace === undefined ? {} : { namespace };
    try {
      for await (const event of this.#context.client.follow(kind, { ...scope, signal: this.#signal })) {
        if (event.type === "SYNCED") synced.resolve();
        else if (event.type === "DELETED") this.#remove(event.object);
        else this.#keep(event.object);
        this.#changed();
      }
      synced.resolve();
    } catch (error) {
      if (this.#signal.aborted) synced.resolve();
      else if (isForbidden(error)) await this.#poll(kind, namespace, name, synced);
      else if (error instanceof KubeError && error.httpStatus === 404) synced.resolve();
      else synced.reject(error);
    }
  }

  async #poll(
    kind: { apiVersion: string; kind: string },
    namespace: string | undefined,
    name: string,
    synced: PromiseWithResolvers<void>,
  ): Promise<void> {
    const scope = namespace === undefined ? {} : { namespace };
    while (!this.#signal.aborted) {
      try {
        const list = await this.#context.client.list(kind, { ...scope, signal: this.#signal });
        const seen = new Set(list.items.map((item) => objectKey(refOf(item))));
        for (const [key, object] of this.#objects) {
          if (key.startsWith(`${name}/`) && !seen.has(key)) this.#remove(object);
        }
        for (const item of list.items) this.#keep(item);
        synced.resolve();
        this.#changed();
      } catch (error) {
        if (isForbidden(error)) {
          this.#unreadable.add(name);
          this.#context.onEvent({
            type: "note",
            message: `This account may not read ${kind.kind} objects: their state is not waited for.`,
          });
          synced.resolve();
          return;
        }
      }
      await this.#context.clock.sleep(pollEvery, this.#signal).catch(() => {});
    }
    synced.resolve();
  }
}
