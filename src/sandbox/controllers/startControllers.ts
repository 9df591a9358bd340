import type { KubeClient } from "../../kube/KubeClient.ts";
import { systemClock, type Clock, type Random } from "../Clock.ts";
import { controllers } from "./registry.ts";
import type { ControllerOptions } from "./runtime/Controller.ts";
import { runControllers, type RunningControllers } from "./runtime/runControllers.ts";

export interface StartOptions extends ControllerOptions {
  readonly signal: AbortSignal;
  readonly clock?: Clock;
  readonly random?: Random;
  /** What an operator of the sandbox may want to know: repeated failures. */
  readonly log?: (message: string) => void;
}

/**
 * Runs every controller of the sandbox against any Kubernetes API, until `signal` fires. Safe to stop at any write and to start again.
 */
export function startControllers(client: KubeClient, options: StartOptions): RunningControllers {
  const { signal, clock = systemClock, random = Math.random, log = () => undefined, ...rest } = options;
  return runControllers(client, controllers, { clock, random, signal, log, options: rest });
}
