import type { DeployContext, DeployOptions, DeployResult, Plan } from "../deploy/index.ts";
import type { Rendering } from "../platform/index.ts";
import type { CommandContext } from "./CommandContext.ts";
import type { DeployProgress } from "./DeployProgress.ts";
import { formatResult } from "./formatResult.ts";

export interface Prepared {
  readonly rendering: Rendering;
  readonly plan: Plan;
  readonly context: DeployContext;
  /** Where the sandbox's front door serves what is exposed; else the addresses of the objects are told. */
  readonly door?: number | undefined;
  /** What is said of the environment at the end, instead of that it is deployed. */
  readonly done?: string;
}

/** Carries a plan out with its progress shown, and sums it up. Shared by all commands that deploy. */
export async function carryOut(
  { rendering, plan, context, door, done: outcome }: Prepared,
  progress: DeployProgress,
  { output }: CommandContext,
  options: DeployOptions,
): Promise<number> {
  const { deploy } = await import("../deploy/index.ts");
  const notes = new Set(plan.notes);
  try {
    const done = await deploy(
      rendering,
      plan,
      {
        ...context,
        onEvent: (event) => {
          if (event.type === "note") notes.add(event.message);
          if (event.type === "repaired") notes.add(`${event.object}: ${event.message}`);
          context.onEvent?.(event);
        },
      },
      options,
    );
    progress.stop();
    if (options.wait === false)
      notes.add(`Readiness was not waited for. See: moorage status ${plan.environment}`);
    const result: DeployResult =
      door === undefined ? done : { ...done, urls: await doorUrls(rendering, door) };
    for (const line of formatResult(result, {
      environment: plan.environment,
      width: output.stdout.columns ?? 100,
      colors: output.colors,
      notes: [...notes],
      ...(outcome === undefined ? {} : { done: outcome }),
    }))
      output.line(line);
    output.json({ ...result, notes: [...notes] });
    return 0;
  } catch (error) {
    progress.fail();
    output.beside({ components: progress.states() });
    throw error;
  } finally {
    progress.stop();
  }
}

async function doorUrls(rendering: Rendering, door: number): Promise<DeployResult["urls"]> {
  const { exposedUrls } = await import("../dev/exposedUrls.ts");
  return exposedUrls(rendering, door);
}
