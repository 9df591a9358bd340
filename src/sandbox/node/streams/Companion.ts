import type { Session } from "./StreamTarget.ts";

/** A process beside a container's program. */
export interface Companion extends Session {
  /** Of its process group, too. */
  readonly pid: number;
}
