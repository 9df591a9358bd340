import type { NodeBackend } from "../api/NodeBackend.ts";

/** One of the two ways in which pods of a node run: as processes, or only in pretence. */
export interface PodRunner {
  readonly backend: NodeBackend;
  /** Whether a pod is this runner's. */
  has(uid: string): boolean;
  /** Ends all that runs, for good; nothing is written any more. */
  stop(): Promise<void>;
}
