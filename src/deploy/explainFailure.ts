import { MoorageError } from "../contract/index.ts";
import type { Plan } from "./plan/Plan.ts";

/** How a deploy stood when it failed. */
export interface FailureState {
  /** Aborted by the user's Ctrl-C. */
  readonly interrupted: AbortSignal;
  /** Aborted when the lock was lost. */
  readonly lost: AbortSignal;
  /** How far it came, when anything may have been written. */
  readonly reached: string | undefined;
}

/** What the user is told: the lock that was lost and their own Ctrl-C come before the request that these cut short; and how far the deploy came. */
export function explainFailure(
  error: unknown,
  plan: Plan,
  { interrupted, lost, reached }: FailureState,
): unknown {
  const back =
    plan.revision === undefined
      ? "."
      : `, or go back to what was there before: moorage rollback ${plan.environment} ${plan.revision}`;
  const next = `Deploy again to finish${back}`;
  if (interrupted.aborted && !lost.aborted) {
    return new MoorageError(
      "AbortedByUser",
      `Interrupted: ${reached ?? "no object of the platform was written."} ${released}`,
      { hint: reached === undefined ? "Deploy again when you want to." : next, exitCode: 130 },
    );
  }
  const cause: unknown = lost.aborted ? lost.reason : error;
  // What cannot become ready has its own next steps, and the components' lines say how far it came.
  if (reached === undefined || !(cause instanceof MoorageError) || cause.code === "WaitFailed") return cause;
  return hinted(cause, `Till then ${reached} ${next}`);
}

const released = "The lock is released.";

/** The lock could not be given back: the server does not answer, or does not accept us any more. */
export function withLockHeld(told: unknown): unknown {
  if (!(told instanceof MoorageError)) return told;
  const held =
    "The lock could not be released: the next deploy takes it over once nobody has renewed it for 15 s.";
  const { message } = told;
  return hinted(
    told,
    held,
    message.endsWith(released) ? message.slice(0, -released.length).trimEnd() : message,
  );
}

/** The same with one more thing to do. */
export function hinted(error: MoorageError, more: string, message = error.message): MoorageError {
  const { code, hint, problems, exitCode, location, cause } = error;
  return new MoorageError(code, message, {
    ...location,
    hint: hint === undefined ? more : `${hint}\n${more}`,
    problems,
    exitCode,
    // Not the error itself: whoever left a cause out had a reason (a secret in the server's words).
    cause,
  });
}
