import type { KubeObject } from "../../../contract/index.ts";
import { memoryJournal, type Journal } from "./Journal.ts";
import { TooLargeToStore } from "./TooLargeToStore.ts";

/** An object in the store: parsed and serialised once, shared by lists, watches and the journal. Never change `object`. */
export interface Stored {
  readonly key: string;
  readonly revision: number;
  readonly json: string;
  readonly object: KubeObject;
}

export interface StoreEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly revision: number;
  /** DELETED: the last state, with the revision of the deletion. */
  readonly stored: Stored;
  readonly previous: Stored | undefined;
}

type Listener = (event: StoreEvent) => void;

interface Collection {
  readonly objects: Map<string, Stored>;
  /** By key, as etcd lists; undefined after an insertion or a deletion. */
  sorted: Stored[] | undefined;
  readonly events: StoreEvent[];
  /** Characters of the events' objects. */
  eventsSize: number;
  /** The oldest revision from which a watch can start. */
  forgotten: number;
  readonly listeners: Set<Listener>;
}

/** `namespace/name`; cluster-wide kinds have an empty namespace. */
export const keyOf = (namespace: string | undefined, name: string): string => `${namespace ?? ""}/${name}`;

export interface StoreOptions {
  /** In memory only unless given. */
  readonly journal?: Journal;
  /** Events kept for each collection; a watch from before them is told 410. 2,000 unless said. */
  readonly historyLength?: number;
  /** Characters of objects in the events kept for each collection; 16 Mi unless said. Large objects that change often are not kept for ever. */
  readonly historySize?: number;
}

/**
 * All objects, under one revision that every write raises by one. A write is in the journal before it is seen by anybody. Synchronous:
 * what is read and then written without an `await` between is a transaction.
 */
export class Store {
  readonly #everywhere = new Set<(event: StoreEvent, collection: string) => void>();
  readonly #collections = new Map<string, Collection>();
  readonly #journal: Journal;
  readonly #historyLength: number;
  readonly #historySize: number;
  #revision: number;
  /** The revision at which this process began: what was before it is not known. */
  readonly #started: number;

  constructor(options: StoreOptions = {}) {
    this.#journal = options.journal ?? memoryJournal();
    this.#historyLength = options.historyLength ?? 2000;
    this.#historySize = options.historySize ?? 16 * 1024 * 1024;
    const { revision, rows } = this.#journal.load();
    this.#revision = Math.max(1, revision);
    for (const row of rows) {
      this.#collection(row.collection).objects.set(row.key, new LazyStored(row.key, row.revision, row.json));
      this.#revision = Math.max(this.#revision, row.revision);
    }
    this.#started = this.#revision > 1 ? this.#revision : 0;
    for (const collection of this.#collections.values()) collection.forgotten = this.#started;
  }

  /** The newest. */
  get revision(): number {
    return this.#revision;
  }

  get(collection: string, key: string): Stored | undefined {
    return this.#collections.get(collection)?.objects.get(key);
  }

  /** By key. With a namespace, only its objects. Do not change the array. */
  list(collection: string, namespace?: string): readonly Stored[] {
    const found = this.#collections.get(collection);
    if (found === undefined) return [];
    found.sorted ??= [...found.objects.values()].toSorted(byKey);
    if (namespace === undefined) return found.sorted;
    const prefix = `${namespace}/`;
    return found.sorted.filter((stored) => stored.key.startsWith(prefix));
  }

  /**
   * What `list` would have answered at an earlier revision: today's objects with the events since undone. Undefined when that is no longer
   * known (410). So a list that is read page by page shows one moment.
   */
  listAt(collection: string, revision: number, namespace?: string): readonly Stored[] | undefined {
    const since = this.since(collection, revision);
    if (since === undefined || since.length === 0) return since && this.list(collection, namespace);
    const objects = new Map(this.list(collection).map((stored) => [stored.key, stored]));
    for (const { stored, previous } of since.toReversed()) {
      if (previous === undefined) objects.delete(stored.key);
      else objects.set(stored.key, previous);
    }
    const prefix = namespace === undefined ? "" : `${namespace}/`;
    return [...objects.values()].filter(({ key }) => key.startsWith(prefix)).toSorted(byKey);
  }

  count(collection: string): number {
    return this.#collections.get(collection)?.objects.size ?? 0;
  }

  /**
   * Creates or replaces. Sets `metadata.resourceVersion` of `object`, which the store keeps from then on.
   *
   * @throws TooLargeToStore when it has more than `most` bytes.
   */
  put(collection: string, key: string, object: KubeObject, most = Infinity): Stored {
    const target = this.#collection(collection);
    const previous = target.objects.get(key);
    const revision = this.#revision + 1;
    object.metadata.resourceVersion = String(revision);
    const stored: Stored = { key, revision, json: JSON.stringify(object), object };
    // No character has more than three bytes.
    if (stored.json.length * 3 > most && Buffer.byteLength(stored.json) > most) throw new TooLargeToStore();
    this.#journal.put({ collection, key, revision, json: stored.json });
    this.#revision = revision;
    target.objects.set(key, stored);
    if (previous === undefined || target.sorted === undefined) target.sorted = undefined;
    else replaceSorted(target.sorted, stored);
    this.#publish(collection, target, {
      type: previous === undefined ? "ADDED" : "MODIFIED",
      revision,
      stored,
      previous,
    });
    return stored;
  }

  /** Returns the last state under the revision of its deletion; undefined if it was not there. */
  delete(collection: string, key: string, last?: KubeObject): Stored | undefined {
    const target = this.#collections.get(collection);
    const previous = target?.objects.get(key);
    if (target === undefined || previous === undefined) return undefined;
    const revision = this.#revision + 1;
    const from = last ?? previous.object;
    const object = { ...from, metadata: { ...from.metadata, resourceVersion: String(revision) } };
    this.#journal.delete(collection, key, revision);
    this.#revision = revision;
    target.objects.delete(key);
    target.sorted = undefined;
    const stored: Stored = { key, revision, json: JSON.stringify(object), object };
    this.#publish(collection, target, { type: "DELETED", revision, stored, previous });
    return stored;
  }

  /** What happened after `revision`, oldest first; undefined when that is no longer known (410). */
  since(collection: string, revision: number): readonly StoreEvent[] | undefined {
    const { events, forgotten } = this.#collection(collection);
    if (revision < forgotten) return undefined;
    let low = 0;
    let high = events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((events[middle]?.revision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    return events.slice(low);
  }

  /** Every event of a collection from now on, synchronously with its write. Returns the way to stop. */
  subscribe(collection: string, listener: Listener): () => void {
    const { listeners } = this.#collection(collection);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Every event of every collection from now on. Returns the way to stop. */
  subscribeAll(listener: (event: StoreEvent, collection: string) => void): () => void {
    this.#everywhere.add(listener);
    return () => this.#everywhere.delete(listener);
  }

  /** Names of the collections that hold anything. */
  collections(): string[] {
    return [...this.#collections].filter(([, { objects }]) => objects.size > 0).map(([name]) => name);
  }

  /** Forgets all history, as a compaction does: watches from before now are told 410. */
  compact(): void {
    for (const collection of this.#collections.values()) {
      collection.events.length = 0;
      collection.eventsSize = 0;
      collection.forgotten = this.#revision;
    }
  }

  close(): void {
    this.#journal.close();
  }

  #collection(name: string): Collection {
    let collection = this.#collections.get(name);
    if (collection === undefined) {
      collection = {
        objects: new Map(),
        sorted: undefined,
        events: [],
        eventsSize: 0,
        forgotten: this.#started,
        listeners: new Set(),
      };
      this.#collections.set(name, collection);
    }
    return collection;
  }

  #trim(target: Collection): void {
    let dropped = 0;
    for (const { stored, revision } of target.events) {
      if (target.events.length - dropped <= this.#historyLength && target.eventsSize <= this.#historySize)
        break;
      target.eventsSize -= stored.json.length;
      target.forgotten = revision;
      dropped += 1;
    }
    target.events.splice(0, dropped);
  }

  #publish(name: string, target: Collection, event: StoreEvent): void {
    target.events.push(event);
    target.eventsSize += event.stored.json.length;
    // Trimmed by half, so that a push costs the same on average however long the history is.
    const { length } = target.events;
    if (length > this.#historyLength * 1.5 || target.eventsSize > this.#historySize * 1.5) this.#trim(target);
    for (const listener of target.listeners) listener(event);
    for (const listener of this.#everywhere) listener(event, name);
  }
}

const byKey = (a: Stored, b: Stored): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);

/** As loaded from the journal: parsed when first needed. */
class LazyStored implements Stored {
  readonly key: string;
  readonly revision: number;
  readonly json: string;
  #object: KubeObject | undefined;

  constructor(key: string, revision: number, json: string) {
    this.key = key;
    this.revision = revision;
    this.json = json;
  }

  get object(): KubeObject {
    this.#object ??= JSON.parse(this.json) as KubeObject;
    return this.#object;
  }
}

function replaceSorted(sorted: Stored[], stored: Stored): void {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle]?.key ?? "") < stored.key) low = middle + 1;
    else high = middle;
  }
  sorted[low] = stored;
}
