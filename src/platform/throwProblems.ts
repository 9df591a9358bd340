import { MoorageError, type Problem } from "../contract/index.ts";

/** Throws when there is an error among the problems; all of them are in it. */
export function throwProblems(problems: readonly Problem[], summary: (count: number) => string): void {
  const errors = problems.filter((problem) => problem.severity !== "warning");
  if (errors.length === 0) return;
  throw new MoorageError("PlatformInvalid", summary(errors.length), { exitCode: 2, problems: errors });
}

export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
