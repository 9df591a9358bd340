import type { KubeClient } from "../../kube/KubeClient.ts";
import type { EventRecorder } from "../controllers/runtime/EventRecorder.ts";
import type { Clock } from "../Clock.ts";
import type { BackoffOptions } from "./backoff.ts";
import type { NodeCapacity } from "./fieldReference.ts";
import type { Preparations } from "./process/Preparations.ts";
import type { ProcessLedger } from "./process/ProcessLedger.ts";
import type { TokenMounts } from "./process/TokenMounts.ts";
import type { Spawn } from "./process/startProcess.ts";
import type { ServiceProxies } from "./proxy/ServiceProxies.ts";
import type { PortBook } from "./references/PortBook.ts";

/** What every pod of the node works with. */
export interface NodeContext {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: (text: string) => void;
  readonly name: string;
  /** Absolute. */
  readonly stateDir: string;
  /** PATH, HOME, LANG and TMPDIR, as far as they are set: all that programs inherit. */
  readonly inherited: Readonly<Record<string, string>>;
  readonly spawn: Spawn;
  readonly ledger: ProcessLedger;
  readonly ports: PortBook;
  readonly services: ServiceProxies;
  readonly preparations: Preparations;
  readonly tokenMounts: TokenMounts;
  readonly events: EventRecorder;
  readonly capacity: NodeCapacity;
  readonly backoff: BackoffOptions;
  /** The node binary that runs what the sandbox brings itself. */
  readonly nodeBinary: string;
  readonly hostIP: string;
}

/** Why a container does not start: as in `state.waiting`. */
export interface StartProblem {
  readonly reason: string;
  readonly message: string;
  /** Trying again can't help before the pod is replaced. */
  readonly final?: boolean;
}
