import type { KubeObject } from "../contract/index.ts";
import { backoffDelay } from "./backoff.ts";
import type { Clock } from "./Clock.ts";
import type { FollowEvent, KindRef, KubeClient, ListOptions } from "./KubeClient.ts";
import { KubeError, isExpired } from "./KubeError.ts";
import { MoorageError } from "../contract/index.ts";

/** Failures of the first list in a row before `follow` gives up; later ones are repeated without end. */
const firstListAttempts = 5;

/**
 * What `KubeClient.follow` promises. A refusal that repeating can't cure (the right is missing, the kind is gone, the selector is
 * wrong) rejects; a connection that breaks, an overloaded server and an expired version do not. When `signal` fires, it just ends.
 */
export async function* follow<T extends KubeObject>(
  client: Pick<KubeClient, "list" | "watch">,
  kind: KindRef,
  options: ListOptions & { signal: AbortSignal },
  { clock, random }: { clock: Clock; random: () => number },
): AsyncGenerator<FollowEvent<T>, void, undefined> {
  const { signal } = options;
  const { resourceVersion: _ownVersions, ...selection } = options;
  const known = new Map<string, T>();
  let synced = false;
  let failures = 0;

  const pause = async (): Promise<void> => {
    await clock.sleep(backoffDelay(failures, { initial: 100, max: 30_000, random }), signal);
    failures += 1;
  };

  while (!signal.aborted) {
    let version: string | undefined;
    try {
      const list = await client.list<T>(kind, selection);
      const events = differences(known, list.items);
      for (const event of events) yield event;
      version = list.metadata.resourceVersion;
    } catch (error) {
      if (signal.aborted) return;
      if (!isTransient(error) || (!synced && failures + 1 >= firstListAttempts)) throw error;
      if (!(await completes(pause()))) return;
      continue;
    }
    if (!synced) {
      synced = true;
      yield { type: "SYNCED" };
    }

    // Watches from the last version seen, until that is too old.
    while (!signal.aborted) {
      const startedAt = clock.now();
      try {
        for await (const event of client.watch<T>(kind, { ...selection, resourceVersion: version })) {
          failures = 0;
          version = event.object.metadata.resourceVersion ?? version;
          if (event.type === "BOOKMARK") continue;
          const key = keyOf(event.object);
          if (event.type === "DELETED") {
            known.delete(key);
            yield { type: "DELETED", object: event.object };
          } else {
            const type = known.has(key) ? "MODIFIED" : "ADDED";
            known.set(key, event.object);
            yield { type, object: event.object };
          }
        }
        if (signal.aborted) return;
        // A server that ends watches at once is not to be asked in a loop.
        if (clock.now() - startedAt >= 1000) failures = 0;
        else if (!(await completes(pause()))) return;
      } catch (error) {
        if (signal.aborted) return;
        if (isExpired(error)) {
          if (!(await completes(pause()))) return;
          break;
        }
        if (!isTransient(error)) throw error;
        if (!(await completes(pause()))) return;
      }
    }
  }
}

/** What a fresh list says beyond what is known; brings `known` up to it. */
function differences<T extends KubeObject>(known: Map<string, T>, items: readonly T[]): FollowEvent<T>[] {
  const events: FollowEvent<T>[] = [];
  const seen = new Set<string>();
  for (const object of items) {
    const key = keyOf(object);
    seen.add(key);
    const before = known.get(key);
    if (before && before.metadata.uid !== object.metadata.uid) {
      // Deleted and made again under its name: two events, as a watch would have told.
      events.push({ type: "DELETED", object: before }, { type: "ADDED", object });
    } else if (before === undefined) {
      events.push({ type: "ADDED", object });
    } else if (before.metadata.resourceVersion !== object.metadata.resourceVersion) {
      events.push({ type: "MODIFIED", object });
    }
    known.set(key, object);
  }
  for (const [key, object] of known) {
    if (seen.has(key)) continue;
    known.delete(key);
    events.push({ type: "DELETED", object });
  }
  return events;
}

const keyOf = (object: KubeObject): string => `${object.metadata.namespace ?? ""}/${object.metadata.name}`;

/** May pass by itself. */
function isTransient(error: unknown): boolean {
  if (error instanceof KubeError) {
    return (
      error.httpStatus >= 500 || error.httpStatus === 429 || error.httpStatus === 408 || isExpired(error)
    );
  }
  return error instanceof MoorageError && error.code === "ApiUnreachable";
}

/** False when a wait was cut short by its signal. */
const completes = (wait: Promise<void>): Promise<boolean> =>
  wait.then(
    () => true,
    () => false,
  );
