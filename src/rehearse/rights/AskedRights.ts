import type { Step, StepOutcome } from "./steps.ts";
import type { Right } from "./Right.ts";

/** What a life asked for, not yet told apart. */
export interface AskedRights {
  /** In namespaces. */
  readonly named: readonly Right[];
  readonly clusterWide: readonly Right[];
  /** Never asked for by a request of their own: an API server demands them of whoever writes certain objects. */
  readonly demanded: readonly Right[];
  /** How that life went. */
  readonly whole: readonly StepOutcome[];
  /** What each step asked for, in the order in which it did so first. */
  readonly byStep: ReadonlyMap<Step, readonly Right[]>;
}
