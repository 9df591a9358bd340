import type { KubeObject } from "../../../contract/index.ts";
import type { ObjectTest } from "../selectors.ts";
import { StatusError } from "../StatusError.ts";
import type { Store, StoreEvent, Stored } from "../store/Store.ts";

export interface WatchOptions {
  readonly store: Store;
  readonly collection: string;
  readonly namespace: string | undefined;
  readonly test: ObjectTest | undefined;
  /** Undefined: what is there now comes first, as ADDED. */
  readonly from: number | undefined;
  /** Whether the end of the initial events is marked, as `sendInitialEvents=true` asks. */
  readonly markInitialEnd: boolean;
  /** How an object is written for this client: as stored, in another version, as a Table. */
  readonly encode: (stored: Stored, first: boolean) => string;
  /** An object that carries nothing but a revision. */
  readonly bookmark: (revision: number, initialEnd: boolean) => string;
  /** Fires when the watch has to end: client gone, time over, server stopping. */
  readonly signal: AbortSignal;
  /** Calls back when a bookmark is due; returns the way to stop. */
  readonly bookmarks?: (due: () => void) => () => void;
  /** Lines that may wait for a reader before it is given up. 10,000 unless said. */
  readonly longestQueue?: number;
  /** Characters that may wait likewise; 32 Mi unless said. */
  readonly largestQueue?: number;
  /** The reader was given up: its connection is of no more use. */
  readonly onOverflow?: () => void;
}

/** Characters of lines that are handed over together, unless one line has more. */
const largestPart = 1024 * 1024;
const line = (type: string, object: string): string => `{"type":"${type}","object":${object}}\n`;

/**
 * The lines of one watch. Events are queued as they are written to the store, so a slow reader holds up nobody; one that lets the queue
 * grow beyond its bound is disconnected, and comes back with its last revision.
 */
export function watchLines(options: WatchOptions): AsyncIterable<string> {
  const { store, collection, namespace, test, encode, signal } = options;
  const { longestQueue = 10_000, largestQueue = 32 * 1024 * 1024 } = options;
  const prefix = namespace === undefined ? "" : `${namespace}/`;
  const matches = (object: KubeObject): boolean => test === undefined || test(object);
  let queue: string[] = [];
  let queued = 0;
  /** What was there at the start may be any amount: the bound is on what comes while nobody reads. */
  let granted = { lines: 0, characters: 0 };
  let granting = true;
  let first = true;
  let wake: (() => void) | undefined;
  let over = false;

  const push = (text: string): void => {
    if (over) return;
    queue.push(text);
    queued += text.length;
    if (granting) granted = { lines: queue.length, characters: queued };
    else if (queue.length - granted.lines > longestQueue || queued - granted.characters > largestQueue) {
      queue = [];
      stop();
      options.onOverflow?.();
    }
    wake?.();
  };
  const send = (type: string, stored: Stored): void => {
    push(line(type, encode(stored, first)));
    first = false;
  };
  const onEvent = (event: StoreEvent): void => {
    if (!event.stored.key.startsWith(prefix)) return;
    if (test === undefined) return send(event.type, event.stored);
    const was = event.previous !== undefined && matches(event.previous.object);
    const is = event.type !== "DELETED" && matches(event.stored.object);
    if (is) send(was ? "MODIFIED" : "ADDED", event.stored);
    else if (was) send("DELETED", event.type === "DELETED" ? event.stored : lastMatching(event));
  };
  const stop = (): void => {
    over = true;
    unsubscribe();
    stopBookmarks?.();
    wake?.();
  };

  let unsubscribe = (): void => {};
  let stopBookmarks: (() => void) | undefined;
  if (options.from === undefined) {
    for (const stored of store.list(collection, namespace)) if (matches(stored.object)) send("ADDED", stored);
    if (options.markInitialEnd) push(line("BOOKMARK", options.bookmark(store.revision, true)));
  } else {
    const missed = store.since(collection, options.from);
    if (missed === undefined) {
      const { status } = new StatusError(
        410,
        "Expired",
        `too old resource version: ${options.from} (${store.revision})`,
      );
      queue.push(line("ERROR", JSON.stringify(status)));
      over = true;
    } else for (const event of missed) onEvent(event);
  }
  granting = false;
  if (!over) {
    unsubscribe = store.subscribe(collection, onEvent);
    stopBookmarks = options.bookmarks?.(() =>
      push(line("BOOKMARK", options.bookmark(store.revision, false))),
    );
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  }

  return (async function* () {
    try {
      for (;;) {
        if (queue.length > 0) {
          // Not all at once: what is handed over is out of the bound's sight until it is read.
          let lines = 0;
          let characters = 0;
          while (lines < queue.length && characters < largestPart) characters += queue[lines++]?.length ?? 0;
          const text = queue.splice(0, lines).join("");
          queued -= characters;
          granted = {
            lines: Math.max(0, granted.lines - lines),
            characters: Math.max(0, granted.characters - characters),
          };
          yield text;
        } else if (over) return;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        wake = undefined;
      }
    } finally {
      signal.removeEventListener("abort", stop);
      stop();
    }
  })();
}

/** An object that stopped matching is reported in its last matching state, under the revision of the change. */
function lastMatching({ previous, stored }: StoreEvent): Stored {
  const last = previous ?? stored;
  const object = {
    ...last.object,
    metadata: { ...last.object.metadata, resourceVersion: String(stored.revision) },
  };
  return { key: stored.key, revision: stored.revision, object, json: JSON.stringify(object) };
}
