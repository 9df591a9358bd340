import { MoorageError } from "../../contract/index.ts";
import type { Plan } from "./Plan.ts";

/** Throws when a plan has problems, as a whole. Errors: `Conflict`, `Forbidden`, `ApiRefused`. */
export function refuseProblems(plan: Plan): void {
  const problems = plan.problems.filter((problem) => problem.severity !== "warning");
  if (problems.length === 0) return;
  const [first] = problems;
  const code = problems.some(({ cause }) => cause === "conflict" || cause === "not ours")
    ? "Conflict"
    : problems.some(({ cause }) => cause === "forbidden")
      ? "Forbidden"
      : "ApiRefused";
  const summary =
    problems.length === 1 && first !== undefined
      ? `${first.object} ${first.message}`
      : `${problems.length} objects cannot be deployed as they are.`;
  throw new MoorageError(code, summary, {
    ...(problems.length === 1 ? { hint: first?.hint } : {}),
    problems: problems.map((problem) => ({ ...problem, message: `${problem.object}: ${problem.message}` })),
  });
}
