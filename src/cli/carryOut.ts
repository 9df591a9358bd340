import type { DeployContext, DeployOptions, Plan } from "../deploy/index.ts";
import type { Rendering } from "../platform/index.ts";
import type { CommandContext } from "./CommandContext.ts";
import { type DeployProgress, secondsText } from "./DeployProgress.ts";

/** Carries a plan out with its progress shown, and sums it up. Shared by all commands that deploy. */
export async function carryOut(
  prepared: { readonly rendering: Rendering; readonly plan: Plan; readonly context: DeployContext },
  progress: DeployProgress,
  { output }: CommandContext,
  options: DeployOptions,
): Promise<number> {
  const { deploy } = await import("../deploy/index.ts");
  try {
    const result = await deploy(prepared.rendering, prepared.plan, prepared.context, options);
    progress.stop();
    const done = `${prepared.plan.environment} is at revision ${result.revision}, after ${secondsText(result.milliseconds)}`;
    output.line(`${output.colors.green("✓")} ${done}`);
    output.json(result);
    return 0;
  } catch (error) {
    progress.stop();
    throw error;
  }
}
