import type { KubeObject } from "../../../contract/index.ts";
import type { KubeClient } from "../../../kube/KubeClient.ts";
import type { Pod } from "../objects/Pod.ts";
import type { ControllerOptions } from "../runtime/Controller.ts";
import { drivenCluster } from "./drivenCluster.ts";
import type { Fate } from "./scriptedNode.ts";

/** A cluster whose time passes by itself where something waits for it. */
export interface TestCluster {
  readonly client: KubeClient;
  /** Writes of controllers so far, `METHOD path`; events are left out. */
  readonly writes: string[];
  settle(): Promise<void>;
  /** What `look` finds, once it is not false; time passes meanwhile. */
  eventually<T>(what: string, look: () => Promise<T | false | undefined>): Promise<T>;
  /** Kills the controllers before their write of this number (0 is the next), and lets others take over. */
  killBeforeWrite(nth: number): void;
  kills(): number;
  list<T extends KubeObject>(apiVersion: string, kind: string): Promise<T[]>;
  stop(): Promise<void>;
}

export interface TestClusterOptions {
  /** What becomes of pods; ready unless said. */
  readonly behave?: (pod: Pod) => Fate;
  readonly controllers?: ControllerOptions;
  /** Whether there is a node. Default true. */
  readonly node?: boolean;
}

/** Steps of time before a wait gives up. */
const patience = 200;

export async function testCluster({
  behave,
  controllers,
  node,
}: TestClusterOptions = {}): Promise<TestCluster> {
  const cluster = await drivenCluster({ ...controllers, node });
  if (behave) await cluster.node.fate(behave);
  return {
    client: cluster.client,
    writes: cluster.writes,
    settle: () => cluster.settle(),
    async eventually(what, look) {
      for (let step = 0; step < patience; step += 1) {
        await cluster.settle();
        const found = await look();
        if (found !== false && found !== undefined) return found;
        await cluster.pass(1);
      }
      throw new Error(`waited in vain for: ${what}`);
    },
    killBeforeWrite: (nth) => cluster.killAtWrite(nth + 1, false),
    kills: () => cluster.kills(),
    list: async <T extends KubeObject>(apiVersion: string, kind: string) =>
      (await cluster.client.list<T>({ apiVersion, kind })).items,
    stop: () => cluster.stop(),
  };
}
