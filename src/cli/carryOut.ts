import type { DeployContext, DeployOptions, DeployResult, Plan } from "../deploy/index.ts";
import type { Rendering } from "../platform/index.ts";
import type { CommandContext } from "./CommandContext.ts";
import type { DeployProgress } from "./DeployProgress.ts";
import { secondsText } from "./formatAge.ts";

/** Carries a plan out with its progress shown, and sums it up. Shared by all commands that deploy. */
export async function carryOut(
  prepared: { readonly rendering: Rendering; readonly plan: Plan; readonly context: DeployContext },
  progress: DeployProgress,
  { output }: CommandContext,
  options: DeployOptions,
): Promise<number> {
  const { deploy } = await import("../deploy/index.ts");
  const { plan, rendering, context } = prepared;
  try {
    const result = await deploy(rendering, plan, context, options);
    progress.stop();
    for (const line of summaryLines(result, plan)) output.line(line);
    output.json(result);
    return 0;
  } finally {
    progress.stop();
  }
}

/** What changed, how long it took, and what was slow. */
function summaryLines(result: DeployResult, plan: Plan): string[] {
  const { create, update, replace, delete: gone } = result.summary;
  const counts = [
    create > 0 ? `${create} created` : "",
    update > 0 ? `${update} updated` : "",
    replace > 0 ? `${replace} replaced` : "",
    gone > 0 ? `${gone} deleted` : "",
  ].filter((part) => part !== "");
  const recorded = result.revision === undefined ? "" : `revision ${result.revision}: `;
  const lines = [
    `${plan.environment} is deployed; ${recorded}${counts.join(", ") || "no object changed"}, ${secondsText(result.milliseconds)}`,
  ];
  const slow = result.components
    .filter((component) => component.milliseconds > 5_000 && component.milliseconds > result.milliseconds / 4)
    .toSorted((a, b) => b.milliseconds - a.milliseconds)
    .slice(0, 3);
  if (slow.length > 0) {
    lines.push(
      `slowest: ${slow.map((each) => `${each.component} ${secondsText(each.milliseconds)}`).join(", ")}`,
    );
  }
  return lines;
}
