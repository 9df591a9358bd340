import { MoorageError, type ErrorCode } from "../contract/index.ts";
import type { Rendering } from "../platform/Rendering.ts";
import type { DeployOptions } from "./DeployOptions.ts";
import type { DeployResult } from "./DeployResult.ts";
import { contextOf, type DeployContext } from "./DeployContext.ts";
import type { Plan } from "./plan/Plan.ts";
import { refuseProblems } from "./plan/refuseProblems.ts";
import { planRollback } from "./rollback.ts";

type CarryOut = (
  rendering: Rendering,
  plan: Plan,
  context: DeployContext,
  options: DeployOptions,
) => Promise<DeployResult>;

/** What a rollback undoes: something that can't become ready, and a server that refuses halfway. A lost lock or Ctrl-C stop everything. */
const undone: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["ApiRefused", "WaitFailed"]);

/**
 * Goes back to the last revision after a deploy that failed. Gives what the user is told: why the deploy failed, always; and whether the environment is as it was, or in between because
 * going back failed as well.
 */
export async function goBack(
  error: unknown,
  plan: Plan,
  context: DeployContext,
  options: DeployOptions,
  carryOut: CarryOut,
): Promise<unknown> {
  if (!(error instanceof MoorageError) || !undone.has(error.code)) return error;
  const told = (hint: string, problems = error.problems): MoorageError =>
    new MoorageError(error.code, error.message, {
      hint,
      problems,
      ...error.location,
      cause: error,
      exitCode: error.exitCode,
    });
  if (plan.revision === undefined) {
    return told(
      `There is no earlier revision of ${plan.environment} to go back to: what was written is still there.\n${error.hint ?? ""}`.trim(),
    );
  }
  try {
    const { forceConflicts = false } = options;
    const back = await planRollback(plan, plan.revision, context, { forceConflicts });
    // It failed before anything was written.
    if (back.plan.nothingToDo) return error;
    refuseProblems(back.plan);
    context.onEvent?.({ type: "rolling-back", to: back.to });
    await carryOut(back.rendering, back.plan, context, {
      ...options,
      why: `rollback to ${back.to}, on failure`,
    });
    return told(
      `${plan.environment} was rolled back to revision ${back.to}. ${back.warnings.join(" ")}`.trim(),
    );
  } catch (second) {
    const why = second instanceof MoorageError ? second : undefined;
    const { redact } = contextOf(context);
    const hints = [
      redact(
        `Going back to revision ${plan.revision} failed too: ${second instanceof Error ? second.message : String(second)}`,
      ),
      ...(why?.hint === undefined ? [] : [why.hint]),
      `${plan.environment} is in between: deploy again, or go back with: moorage rollback ${plan.environment} ${plan.revision}`,
    ];
    return told(hints.join("\n"), [...error.problems, ...(why?.problems ?? [])]);
  }
}
