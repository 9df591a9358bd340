import { needed, steps, type StepOutcome } from "./steps.ts";

/** What one life has less than a whole one: everything, when a step that has to go well fails where it did not. */
export function compareOutcomes(
  whole: readonly StepOutcome[],
  part: readonly StepOutcome[],
): "needed" | string[] {
  const lost: string[] = [];
  for (const outcome of part) {
    const before = whole.find(({ step }) => step === outcome.step);
    if (before === undefined) continue;
    // In a rehearsal something may never get ready anyhow; it is refused only where a right is missing.
    if (outcome.error !== undefined && outcome.error !== before.error) {
      if (needed.has(outcome.step)) return "needed";
      lost.push(`${steps[outcome.step]} does not work`);
    }
    lost.push(...outcome.notes.filter((note) => !before.notes.includes(note)));
  }
  return [...new Set(lost)];
}
