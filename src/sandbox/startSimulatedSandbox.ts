import type { KubeObject } from "../contract/index.ts";
import { createKubeClient } from "../kube/createKubeClient.ts";
import type { KubeClient } from "../kube/KubeClient.ts";
import type { Transport } from "../kube/Transport.ts";
import { administrator, createApiServer, keyOf } from "./api/index.ts";
import { GarbageCollector } from "./api/garbageCollector.ts";
import type { Clock, Random } from "./Clock.ts";
import { startControllers } from "./controllers/index.ts";
import { drivenClock } from "./drivenClock.ts";
import { startNode, type SimulatedBehaviour } from "./node/index.ts";
import { TimePasser } from "./time/TimePasser.ts";

/** How a cluster in memory begins. */
export interface SimulatedSandboxOptions {
  /** What pods pretend to do: ready after a moment, unless said. */
  readonly behaviour?: SimulatedBehaviour;
  /** Where time begins, in milliseconds since the epoch. */
  readonly start?: number;
  /** Uniform in [0, 1). Default `Math.random`; a seeded one makes runs alike. */
  readonly random?: Random;
  /** What should not happen. */
  readonly log?: (text: string) => void;
}

/** A cluster in memory, whose time passes only while something waits for it. */
export interface SimulatedSandbox {
  /** The administrator's. */
  readonly client: KubeClient;
  /** Its time. */
  readonly clock: Clock;
  /**
   * Lets time pass as fast as everything in it allows, until some work has ended: whenever nothing is left to do, the next timer is due.
   * Errors: the work's own, and `SandboxFailed` when it waits for what can't come.
   */
  run<T>(work: Promise<T>): Promise<T>;
  /** Lets everything happen that happens within so many milliseconds of its time. */
  pass(milliseconds: number): Promise<void>;
  /** Puts objects there as they were read elsewhere: with their uids, statuses and managed fields. */
  restore(objects: readonly KubeObject[]): Promise<void>;
  /** Ends everything; what was in it is gone. */
  stop(): Promise<void>;
}

/**
 * Starts an API server with its controllers and a node whose pods only pretend, all in memory: no socket, no file, no process. Hours of its
 * time take seconds. For rehearsals, and for tests of whatever speaks to a cluster.
 */
export async function startSimulatedSandbox(
  options: SimulatedSandboxOptions = {},
): Promise<SimulatedSandbox> {
  const { log = () => {}, random = Math.random } = options;
  const clock = drivenClock(options.start ?? Date.now());
  const logError = (text: string, error: unknown): void =>
    log(`${text}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  const api = createApiServer({ clock, random, log: logError });
  const time = new TimePasser({ clock, revision: () => api.store.revision });
  const run = <T>(work: Promise<T>): Promise<T> => time.run(work);
  const counted = (name: string): Transport => time.counted(api.transport({ ...administrator, name }));
  const user = (name: string): KubeClient => createKubeClient(counted(name), { clock, random });
  const client = user(administrator.name);
  const stopping = new AbortController();
  const { signal } = stopping;

  const collector = new GarbageCollector(api.store, counted("system:garbage-collector"), logError);
  const controllers = startControllers(user("system:kube-controller-manager"), {
    clock,
    random,
    signal,
    log,
    volumesDir: "/volumes",
    // Nothing is ever put into them.
    folders: { make: async () => {}, remove: async () => {} },
    rootCa: "",
  });
  const node = await run(
    startNode(user("system:node:sandbox"), {
      stateDir: "/",
      clock,
      random,
      log,
      environment: {},
      simulate: options.behaviour ?? true,
      signal,
    }),
  );
  api.attachNode(node);
  await run(controllers.ready);

  return {
    client,
    clock,
    run,
    pass: (milliseconds) => run(clock.sleep(milliseconds)),
    async restore(objects) {
      for (const object of objects) {
        const { group, plural } = await client.kindOf(object);
        const { name = "", namespace } = object.metadata;
        const collection = group === "" ? plural : `${group}/${plural}`;
        api.store.put(collection, keyOf(namespace, name), structuredClone(object));
      }
    },
    async stop() {
      stopping.abort();
      await collector.close();
      await node.stop();
      await controllers.stopped;
      await api.close();
    },
  };
}
