import type { LockOptions } from "./apply/Lock.ts";

/** How a plan is carried out. */
export interface DeployOptions {
  /** For the record: a commit message, `rollback to 4`. */
  readonly why?: string;
  /** Take over fields that another field manager owns, instead of refusing. Default false. */
  readonly forceConflicts?: boolean;
  /** Wait until everything is ready. Default true; without it, only components that others wait for are waited for. */
  readonly wait?: boolean;
  /** Seconds until a component has to be ready. Default 600. */
  readonly timeoutSeconds?: number;
  /** Seconds until a job has to be done. Default 2 hours. */
  readonly jobTimeoutSeconds?: number;
  /** Restarts after which a program that ends counts as one that cannot recover. Default 3. One whose command cannot be run at all is not waited for. */
  readonly crashRestarts?: number;
  /** When something cannot become ready, or is refused halfway, go back to the last revision; the error is thrown all the same, and says so, also when going back fails. */
  readonly rollbackOnFailure?: boolean;
  /** When a component fails, go on with those that do not need it. Nothing is pruned then, and no revision recorded. */
  readonly keepGoing?: boolean;
  /** How the lock of the environment is taken and kept. */
  readonly lock?: LockOptions;
}
