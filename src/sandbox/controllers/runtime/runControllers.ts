import type { KubeObject } from "../../../contract/index.ts";
import type { KubeClient, ObjectRef } from "../../../kube/KubeClient.ts";
import { isConflict, isNotFound } from "../../../kube/KubeError.ts";
import { timeOf, type Clock, type Random } from "../../Clock.ts";
import { keyOf } from "../objects/controllerRef.ts";
import type { Controller, ControllerContext, ControllerOptions, Watch } from "./Controller.ts";
import { EventRecorder } from "./EventRecorder.ts";
import { ObjectStore } from "./ObjectStore.ts";
import { WorkQueue } from "./WorkQueue.ts";
import { Writer } from "./Writer.ts";

export interface RunOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly log: (message: string) => void;
  readonly options: ControllerOptions;
}

export interface RunningControllers {
  /** Resolves once everything there is has been read; reconciling begins then. */
  readonly ready: Promise<void>;
  /** Resolves when, after the signal, no watch and no reconcile runs any more. */
  readonly stopped: Promise<void>;
  /** Whether nothing waits to be reconciled (timers aside). */
  readonly idle: () => boolean;
}

/** Milliseconds before a kind that the server lacks is looked for again. */
const lookForKind = 10_000;
/** Milliseconds before a watch that failed for good is begun anew. */
const repeatWatch = 2000;
/** How long the watch may take to confirm an object that we made, before the server is asked. */
const confirmAfter = 15_000;

/** Runs controllers until `signal` fires: one watch and one store per kind for all, one queue each. */
export function runControllers(
  client: KubeClient,
  controllers: readonly Controller[],
  { clock, random, signal, log, options }: RunOptions,
): RunningControllers {
  const stores = new Map<string, ObjectStore<KubeObject>>();
  const synced: Promise<void>[] = [];
  const running: Promise<void>[] = [];
  const queues: WorkQueue[] = [];
  const inWork = new Set<Promise<unknown>>();

  /** Ends early, without a word, at the signal. */
  const pause = (milliseconds: number): Promise<void> =>
    clock.sleep(milliseconds, signal).catch(() => undefined);

  const storeOf = (apiVersion: string, kind: string): ObjectStore<KubeObject> | undefined =>
    stores.get(`${apiVersion} ${kind}`);

  function openStore(watch: Watch): ObjectStore<KubeObject> {
    const id = `${watch.apiVersion} ${watch.kind}`;
    const known = stores.get(id);
    if (known) return known;
    const store = new ObjectStore<KubeObject>();
    stores.set(id, store);
    synced.push(new Promise((resolve) => running.push(feed(store, watch, resolve))));
    return store;
  }

  async function feed(store: ObjectStore<KubeObject>, watch: Watch, onSynced: () => void): Promise<void> {
    const { apiVersion, kind } = watch;
    while (!signal.aborted) {
      try {
        await client.kindOf({ apiVersion, kind });
        for await (const change of client.follow({ apiVersion, kind }, { signal })) {
          if (change.type === "SYNCED") onSynced();
          else if (change.type === "DELETED") store.gone(change.object);
          else store.saw({ ...change.object, apiVersion, kind });
        }
      } catch (error) {
        if (signal.aborted) break;
        if (!watch.optional) log(`watch of ${kind}: ${String(error)}`);
        else onSynced();
        await pause(watch.optional ? lookForKind : repeatWatch);
      }
    }
    onSynced();
  }

  async function confirm(ref: ObjectRef): Promise<void> {
    await pause(confirmAfter);
    const store = storeOf(ref.apiVersion, ref.kind);
    const key = keyOf({ metadata: { name: ref.name, namespace: ref.namespace } });
    if (signal.aborted || !store?.isUnconfirmed(key)) return;
    const known = store.get(key)!;
    const live = await client.find(ref).catch(() => known);
    if (live === undefined || live.metadata.uid !== known.metadata.uid) store.gone(known);
  }

  for (const controller of controllers) {
    const context: ControllerContext = {
      client,
      clock,
      random,
      signal,
      options,
      write: new Writer({
        client,
        signal,
        storeOf,
        fieldManager: controller.fieldManager ?? "kube-controller-manager",
        confirmLater: (ref) => void confirm(ref),
      }),
      events: new EventRecorder({
        client,
        component: controller.eventSource ?? controller.name,
        clock,
        signal,
        log,
      }),
      store: <T extends KubeObject>(apiVersion: string, kind: string) => {
        const store = storeOf(apiVersion, kind);
        if (store === undefined) throw new Error(`${controller.name} does not watch ${kind}`);
        // The kind is what it was opened for; the caller says its shape.
        return store as unknown as ObjectStore<T>;
      },
      now: () => timeOf(clock.now()),
      log: (message) => log(`${controller.name}: ${message}`),
    };
    const queue = new WorkQueue({
      clock,
      random,
      signal,
      concurrency: controller.concurrency ?? 4,
      reconcile: (key) => {
        const work = controller.reconcile(key, context);
        const tracked = work.catch(() => undefined).finally(() => inWork.delete(tracked));
        inWork.add(tracked);
        return work;
      },
      // A conflict, or an object that is gone, only says that the watch is behind: the repetition sees what there is.
      onError: (key, error, attempt) => {
        if ((!isConflict(error) && !isNotFound(error)) || attempt > 5)
          context.log(`${key}: ${messageOf(error)}`);
      },
    });
    queues.push(queue);
    for (const key of controller.initialKeys ?? []) queue.add(key);
    for (const watch of controller.watches) {
      const keys = watch.keys?.bind(watch) ?? ((object: KubeObject) => [keyOf(object)]);
      openStore(watch).onChange((before, after) => {
        for (const object of [before, after])
          if (object) for (const key of keys(object, context)) queue.add(key);
      });
    }
  }

  const ready = Promise.all(synced).then(() => {
    if (!signal.aborted) for (const queue of queues) queue.start();
  });
  return {
    ready,
    stopped: Promise.all([ready, ...running]).then(async () => {
      while (inWork.size > 0) await Promise.all(inWork);
    }),
    idle: () => queues.every((queue) => queue.idle),
  };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
