import type { Writable } from "node:stream";
import type { ContainerPlan } from "../containerPlan.ts";
import type { OutputTap } from "./OutputTap.ts";
import type { TerminalSize } from "./StreamTarget.ts";

/** A container whose program runs, for those who want to join it. */
export interface RunningContainer {
  readonly plan: ContainerPlan;
  /** What the program says. */
  readonly output: OutputTap;
  /** Undefined unless the pod's `stdin` is set. */
  readonly stdin: Writable | undefined;
  /** Whether it ends with the first client that is attached to it. */
  readonly stdinOnce?: boolean;
  /** Of its terminal, if it has one. */
  resize?(size: TerminalSize): void;
  /** Fires when the program has ended. */
  readonly ended: AbortSignal;
}
