import type { Action } from "./plan/Plan.ts";

/**
 * What happens while a deploy runs, in order: give `onEvent` in the `DeployContext` to hear of it. A command line shows it; a test compares it; a chat bot posts it. Texts are redacted already, and
 * everything is plain data, so that an event can be written as a line of JSON. Whoever reads events should pass over types that they don't know: there may be more one day.
 *
 * For one component: `component-pending`, while others have to be ready before it; `applied` for each of its objects; `component-waiting`, each time that what it waits for changes; and at last
 * `component-ready`, `component-failed` or `component-skipped`.
 *
 * @example
 *     await deploy(rendering, plan, {
 *       client,
 *       onEvent: (event) => {
 *         if (event.type === "component-failed") void post(`${event.component}: ${event.failure.reason}`);
 *       },
 *     });
 */
export type DeployEvent =
  /** Somebody else holds the lock; it is watched whether they still renew it. */
  | { readonly type: "lock-waiting"; readonly holder: string; readonly since?: string }
  | { readonly type: "lock-taken-over"; readonly holder: string }
  | { readonly type: "locked" }
  /** An object is written. `object` is readable: `Deployment curator-dev`. */
  | {
      readonly type: "applied";
      readonly object: string;
      readonly action: Exclude<Action, "none" | "delete">;
      readonly component?: string;
    }
  | { readonly type: "pruned"; readonly object: string }
  /** A component that has something to be written, and does not begin before `after` are ready. Reported again when one of them is. */
  | { readonly type: "component-pending"; readonly component: string; readonly after: readonly string[] }
  /** A component that has to be ready, and is not: `message` says what is awaited. Reported again when the message changes. */
  | { readonly type: "component-waiting"; readonly component: string; readonly message: string }
  | { readonly type: "component-ready"; readonly component: string; readonly milliseconds: number }
  | { readonly type: "component-failed"; readonly component: string; readonly failure: Failure }
  /** A component was not deployed because one that it waits for failed. */
  | { readonly type: "component-skipped"; readonly component: string; readonly because: string }
  /** A stuck pod was deleted so that a rollout can go on. */
  | { readonly type: "repaired"; readonly object: string; readonly message: string }
  /** The deploy failed, and goes back to the last revision: what follows is of that. */
  | { readonly type: "rolling-back"; readonly to: number }
  /** Something was done without, or should be known: said once. */
  | { readonly type: "note"; readonly message: string }
  | { readonly type: "recorded"; readonly revision: number };

/** Why something that was deployed cannot become ready. */
export interface Failure {
  /** `Deployment curator-dev`. */
  readonly object: string;
  /** The cause, in a word that Kubernetes uses: `ErrImagePull`, `CrashLoopBackOff`, `BackoffLimitExceeded`, `Timeout`. */
  readonly reason: string;
  readonly message: string;
  /** `Warning FailedScheduling: 0/3 nodes are available`, newest last. */
  readonly events: readonly string[];
  /** The last lines that the container wrote. */
  readonly log: readonly string[];
  /** `pod/container` of the log. */
  readonly logOf?: string;
}
