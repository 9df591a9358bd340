import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { MoorageError } from "../../contract/index.ts";
import { defineCommand, textOption } from "../Command.ts";
import { durationOption } from "../durationOption.ts";
import { DeployProgress } from "../DeployProgress.ts";
import { environmentArgument, planFlags, preparePlan } from "../preparePlan.ts";
import { printPlan } from "../printPlan.ts";
import { carryOut } from "../carryOut.ts";

export const deployCommand = defineCommand({
  name: "deploy",
  group: "Deploy",
  summary: "make an environment what the platform file says",
  description:
    "Plans, asks, locks the environment, applies in the order that references set, waits until everything is really ready, deletes what is no longer wanted (only what the plan listed), and records a revision. Nothing to do: nothing is written.",
  arguments: [environmentArgument],
  options: [
    ...planFlags,
    { flags: "-y, --yes", description: "don't ask" },
    {
      flags: "--plan <file>",
      description: "apply this saved plan as it was approved, or refuse and say what moved",
    },
    {
      flags: "--rollback-on-failure",
      description: "go back to the last good revision when something can't become ready",
    },
    { flags: "--timeout <duration>", description: "how long to wait for a component", default: "10m" },
    { flags: "--no-wait", description: "don't wait for readiness, other than between components" },
  ],
  json: true,
  writes: true,
  examples: [
    { command: "moorage deploy prod", explains: "shows the plan of prod, asks, and carries it out" },
    {
      command: "moorage deploy staging --yes",
      explains: "the same in a pipeline, where nobody can be asked",
    },
    { command: "moorage deploy prod --only curator", explains: "only one component" },
  ],
  async run({ args, options }, context) {
    const { output } = context;
    const progress: { current?: DeployProgress } = {};
    const file = textOption(options, "plan");
    // Before anything is asked of the cluster.
    const timeout = durationOption(textOption(options, "timeout") ?? "10m", "--timeout", { positive: true });
    const saved = file === undefined ? undefined : await savedPlanOf(context.cwd, file);
    const prepared = await preparePlan(
      args[0] ?? "",
      options,
      context,
      { onEvent: (event) => progress.current?.onEvent(event) },
      // A plan that was approved, or that somebody will read first, is made with every object asked about.
      { forDeploy: true, sampleCreates: options.yes === true && options.plan === undefined },
    );
    try {
      const { plan } = prepared;
      if (saved !== undefined && file !== undefined) {
        const { checkSavedPlan } = await import("../../deploy/index.ts");
        checkSavedPlan(saved, plan, { server: prepared.server, file, redact: prepared.redact });
      }
      printPlan(plan, output);
      if (plan.problems.length > 0) {
        throw new MoorageError("ApiRefused", `${plan.environment} can't be deployed as it is: see above.`, {
          // In text they stand in the plan.
          problems: output.format === "json" ? plan.problems : [],
        });
      }
      if (plan.nothingToDo) {
        output.json({ plan: "nothing to do", revision: plan.revision });
        return 0;
      }
      // An approved plan has been asked about already.
      if (options.yes !== true && file === undefined) {
        const question = `Deploy ${plan.environment} to ${prepared.description}?`;
        if (!(await context.prompt.confirm(question, "--yes"))) {
          throw new MoorageError("Declined", "Nothing was changed.", { exitCode: 4 });
        }
      }
      progress.current = await DeployProgress.start(output, plan);
      return await carryOut(prepared, progress.current, context, {
        timeoutSeconds: timeout / 1000,
        wait: options.wait !== false,
        rollbackOnFailure: options.rollbackOnFailure === true,
        forceConflicts: options.forceConflicts === true,
      });
    } finally {
      await prepared.close();
    }
  },
});

async function savedPlanOf(cwd: string, file: string): Promise<import("../../deploy/index.ts").SavedPlan> {
  const text = readSavedPlan(cwd, file);
  const { parseSavedPlan } = await import("../../deploy/index.ts");
  return parseSavedPlan(text, file);
}

function readSavedPlan(cwd: string, file: string): string {
  try {
    return readFileSync(resolve(cwd, file), "utf8");
  } catch (cause) {
    throw new MoorageError("Usage", `The saved plan ${file} can't be read.`, {
      file,
      hint: "Save one with: moorage plan ENV --save FILE",
      exitCode: 2,
      cause,
    });
  }
}
