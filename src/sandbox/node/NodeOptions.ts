import type { Clock, Random } from "../Clock.ts";
import type { BackoffOptions } from "./backoff.ts";
import type { KubeletOptions } from "./kubelet/startKubelet.ts";
import type { Spawn } from "./process/startProcess.ts";
import type { TokenMountsOptions } from "./process/TokenMounts.ts";
import type { PortFree } from "./references/PortBook.ts";
import type { SimulatedBehaviour } from "./SimulatedBehaviour.ts";

/** How a node is started. */
export interface NodeOptions {
  /** Absolute. Ports, logs, volumes and the ledger of processes are kept below it. */
  readonly stateDir: string;
  readonly clock: Clock;
  readonly random: Random;
  /** What programs may inherit: PATH, HOME, LANG and TMPDIR are taken from it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What should not happen. */
  readonly log?: (text: string) => void;
  /** Stops the node, as `stop` does. */
  readonly signal?: AbortSignal;
  /** Of the Node object; `sandbox`. */
  readonly name?: string;
  /**
   * Pods only pretend to run; given a behaviour, they do what it says. `rest`: those that don't say how they run as processes do (the
   * annotation `dev.moorage.dev/containers`), and the others run.
   */
  readonly simulate?: boolean | "rest" | SimulatedBehaviour;
  readonly backoff?: BackoffOptions;
  readonly spawn?: Spawn;
  /** Tells whether a loopback port is free. */
  readonly portFree?: PortFree;
  /** Runs what the sandbox brings itself; the binary of this process. */
  readonly nodeBinary?: string;
  /** What to take this machine for, when tokens are shown to programs. */
  readonly tokenMounts?: Pick<TokenMountsOptions, "platform">;
  /** Where the API server is reached, when its own Service leads nowhere. */
  readonly apiServer?: { readonly host: string; readonly port: number };
  /** Serves an API server over HTTPS; the sandbox's own asks in-process. */
  readonly kubelet?: KubeletOptions;
}
