import type { Problem } from "../contract/index.ts";
import type { ComponentResult, DeployEvent, Failure } from "../deploy/index.ts";
import type { Outage } from "./Outages.ts";
import type { FailureKind } from "./Scenario.ts";

/** What a rehearsal found. Holds no secret value. Times are the sandbox's, in milliseconds. */
export interface Rehearsal {
  readonly platform: string;
  readonly environment: string;
  readonly namespace: string;
  /** What was rehearsed. */
  readonly scenario: {
    readonly from: string;
    readonly failures: Readonly<Record<string, FailureKind>>;
    readonly slow: Readonly<Record<string, number>>;
  };
  /** Whether all went as it should: the deploy; or, when it was made to fail, the rollback. */
  readonly ok: boolean;
  /** The finding in a sentence. */
  readonly verdict: string;
  readonly phases: readonly RehearsedPhase[];
  /** Times without a ready pod, from the beginning of the deploy. */
  readonly outages: readonly Outage[];
  /** What was assumed, and what should be known. */
  readonly notes: readonly string[];
  /** What the rehearsal itself took on this machine. */
  readonly took: number;
}

/** One deploy of the rehearsal. */
export interface RehearsedPhase {
  /** `before`: bringing about what is there already. */
  readonly name: "before" | "deploy" | "rollback";
  readonly outcome: "done" | "nothing to do" | "failed";
  /** In words: `the platform file`, `revision 4`. */
  readonly of: string;
  /** Of the sandbox's time. */
  readonly milliseconds: number;
  /** How many objects of its plan each action concerned; undefined when there was no plan. */
  readonly summary?: Readonly<Record<"create" | "update" | "replace" | "delete" | "none", number>>;
  /** That it recorded. */
  readonly revision?: number;
  readonly events: readonly TimedEvent[];
  readonly components: readonly ComponentResult[];
  readonly failure?: PhaseFailure;
}

/** An event of the deploy, so many milliseconds after its phase began. */
export type TimedEvent = DeployEvent & { readonly at: number };

/** Why a phase failed, as the error of a real deploy would say it. */
export interface PhaseFailure {
  /** Of the error. */
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly problems: readonly Problem[];
  /** What could not become ready. */
  readonly components: readonly { readonly component: string; readonly failure: Failure }[];
}
