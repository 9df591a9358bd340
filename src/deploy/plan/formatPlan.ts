import { describe } from "../objectKey.ts";
import type { FieldChange } from "./difference.ts";
import { lineDifference } from "./lineDifference.ts";
import type { Plan, PlannedObject } from "./Plan.ts";

/** What of a plan is shown. */
export interface FormatPlanOptions {
  /** Each field that changes, below its object. Default true. */
  readonly fields?: boolean;
}

const signs = { create: "+", update: "~", replace: "±", delete: "-", none: " " } as const;

/**
 * A plan as lines of text, without colour: what changes, field by field; what is in the way; a sum. Lines of one object begin with its sign (`+ ~ ± -`), those of its
 * fields with two spaces.
 */
export function formatPlan(plan: Plan, options: FormatPlanOptions = {}): string[] {
  const lines: string[] = [];
  for (const planned of plan.objects) {
    if (planned.action === "none") continue;
    lines.push(...formatPlanned(planned, plan.namespace, options));
  }
  for (const kept of plan.kept) lines.push(`  ${describe(kept.ref, plan.namespace)}: kept, ${kept.reason}`);
  // What to do about several of them is said once, below the last.
  for (const [hint, problems] of Map.groupBy(plan.problems, (problem) => problem.hint)) {
    for (const problem of problems) lines.push(`! ${problem.object}: ${problem.message}`);
    if (hint !== undefined) lines.push(`  ${hint}`);
  }
  for (const note of plan.notes) lines.push(`note: ${note}`);
  lines.push(formatSummary(plan));
  return lines;
}

/** `2 to create, 1 to update, 30 unchanged`. */
export function formatSummary(plan: Plan): string {
  const { create, update, replace, delete: gone, none } = plan.summary;
  const parts = [
    create > 0 ? `${create} to create` : "",
    update > 0 ? `${update} to update` : "",
    replace > 0 ? `${replace} to replace` : "",
    gone > 0 ? `${gone} to delete` : "",
    none > 0 ? `${none} unchanged` : "",
  ].filter((part) => part !== "");
  if (plan.nothingToDo && none === 0) return "Nothing to do.";
  if (plan.nothingToDo)
    return `Nothing to do: ${none} ${none === 1 ? "object is" : "objects are"} as wanted.`;
  const unfinished = plan.unfinished === undefined ? "" : ` ${plan.unfinished}`;
  return `${parts.join(", ")}.${unfinished}`;
}

/** One object of a plan, in lines: what is done to it and why, then its fields unless they are left out. */
export function formatPlanned(
  planned: PlannedObject,
  namespace: string,
  { fields = true }: FormatPlanOptions = {},
): string[] {
  const remarks = [
    planned.reason,
    planned.immutable.length > 0 ? `immutable: ${planned.immutable.join(", ")}` : undefined,
    planned.adopts === undefined ? undefined : `adopted from ${planned.adopts}`,
    planned.ownershipOnly ? "only who owns the fields changes" : undefined,
    planned.predicted ? "predicted" : undefined,
  ].filter((remark) => remark !== undefined);
  const lines = [
    `${signs[planned.action]} ${describe(planned.ref, namespace)}${remarks.length > 0 ? ` (${remarks.join("; ")})` : ""}`,
  ];
  if (fields && planned.action !== "create" && planned.action !== "delete") {
    for (const change of planned.changes) lines.push(...formatChange(change).map((line) => `    ${line}`));
  }
  for (const { field, manager } of planned.drift) lines.push(`    ${field} was changed by ${manager}`);
  return lines;
}

/** `spec.replicas: 1 -> 2`; long texts line by line. */
export function formatChange(change: FieldChange): string[] {
  if (change.secret !== undefined) return [`${change.path}: ${change.secret} (value hidden)`];
  const { path, before, after } = change;
  if (typeof before === "string" && typeof after === "string" && (before + after).includes("\n")) {
    return [`${path}:`, ...lineDifference(before, after).map((line) => `  ${line}`)];
  }
  if (before === undefined) return [`${path}: + ${short(after)}`];
  if (after === undefined) return [`${path}: - ${short(before)}`];
  return [`${path}: ${short(before)} -> ${short(after)}`];
}

function short(value: unknown): string {
  if (typeof value === "string" && /^[^\s"'{}[\],]+$/.test(value)) return value;
  const text = JSON.stringify(value) ?? "";
  return text.length > 400 ? `${text.slice(0, 380)}… (${text.length} characters)` : text;
}
