import type { Failure } from "./DeployEvent.ts";
import type { Action } from "./plan/Plan.ts";
import type { PhaseTime } from "./wait/WaitClock.ts";

/** What a deploy did. */
export interface DeployResult {
  /** `failed`: with `keepGoing`, when some components did not become ready; without it, a failure is thrown. */
  readonly status: "unchanged" | "deployed" | "failed";
  /** Of the record; undefined when nothing was recorded. */
  readonly revision?: number;
  /** How many objects of the plan each action concerned. */
  readonly summary: Readonly<Record<Action, number>>;
  /** Only what was written or deleted. */
  readonly changes: readonly ChangedObject[];
  readonly components: readonly ComponentResult[];
  /** Components in the order in which they could begin, with the time that each wave took. */
  readonly waves: readonly Wave[];
  /** Addresses from outside of what was deployed. */
  readonly urls: readonly { readonly component: string; readonly url: string }[];
  /** With `keepGoing`: which components failed, and why. Empty otherwise. */
  readonly failures: readonly { readonly component: string; readonly failure: Failure }[];
  /** That it took altogether. */
  readonly milliseconds: number;
}

/** What a deploy did to one component. */
export interface ComponentResult {
  readonly component: string;
  /** Objects written. */
  readonly changed: number;
  /** Milliseconds from the first write (or look) until ready. */
  readonly milliseconds: number;
  /** Milliseconds after the deploy began, when it was written (or looked at) first. */
  readonly begunAfter: number;
  /** What it waited for, and how long; the longest first. */
  readonly waits: readonly PhaseTime[];
}

/** One object that a deploy wrote or deleted. */
export interface ChangedObject {
  /** In words: `Deployment curator-dev`. */
  readonly object: string;
  readonly action: Exclude<Action, "none">;
  /** That it belongs to; undefined for what belongs to none, such as a namespace. */
  readonly component?: string;
}

/** Components that needed nothing but those of earlier waves. */
export interface Wave {
  readonly components: readonly string[];
  /** Milliseconds from the first write of one of them until the last was ready. Waves overlap: nobody waits for what they don't need. */
  readonly milliseconds: number;
}
