import type { KubeClient } from "../../kube/KubeClient.ts";
import type { Clock, Random } from "../Clock.ts";
import type { ClusterView } from "./ClusterView.ts";

/** What every request through one door is answered from. */
export interface DoorContext {
  readonly client: KubeClient;
  readonly view: ClusterView;
  readonly clock: Clock;
  readonly random: Random;
  readonly port: number;
  readonly platformName: string;
  readonly patience: number;
  /** Service -> whose turn it is. */
  readonly turns: Map<string, number>;
  /** Services that have answered before: what is away now is being replaced. */
  readonly seen: Set<string>;
}
