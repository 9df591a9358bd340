import type { Plan } from "../deploy/index.ts";
import { formatPlan } from "../deploy/plan/formatPlan.ts";
import type { Output } from "./Output.ts";

/** A plan as a person reads it: what changes, field by field, and what stands in the way. */
export function printPlan(plan: Plan, output: Output, options: { fields?: boolean } = {}): void {
  const { colors } = output;
  for (const line of formatPlan(plan, options)) output.line(paint(line, colors));
}

/** Colours a line by its mark; the words carry the meaning without. */
function paint(line: string, colors: Output["colors"]): string {
  const mark = line.trimStart()[0];
  if (mark === "+") return colors.green(line);
  if (mark === "-") return colors.red(line);
  if (mark === "~" || mark === "±") return colors.yellow(line);
  if (mark === "!") return colors.magenta(line);
  return line;
}
