import type { Writable } from "node:stream";
import type { ContainerPlan } from "../containerPlan.ts";
import type { OutputTap } from "./OutputTap.ts";

/** A container whose program runs, for those who want to join it. */
export interface RunningContainer {
  readonly plan: ContainerPlan;
  /** What the program says. */
  readonly output: OutputTap;
  /** Undefined unless the pod's `stdin` is set. */
  readonly stdin: Writable | undefined;
  /** Fires when the program has ended. */
  readonly ended: AbortSignal;
}
