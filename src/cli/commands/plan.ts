import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { defineCommand, textOption } from "../Command.ts";
import { environmentArgument, planFlags, preparePlan } from "../preparePlan.ts";
import { printPlan } from "../printPlan.ts";

export const planCommand = defineCommand({
  name: "plan",
  group: "Deploy",
  summary: "show what a deploy would change",
  description:
    "Compares what the platform file wants with what is live, field by field. Nothing is written. What the server can't be asked about before a namespace or a custom kind exists is marked as predicted.",
  arguments: [environmentArgument],
  options: [
    ...planFlags,
    { flags: "--save <file>", description: "keep the plan, to be approved and applied with `deploy --plan`" },
    { flags: "--exit-code", description: "exit with 3 when something would change" },
  ],
  json: true,
  examples: [
    {
      command: "moorage plan prod",
      explains: "what differs between the platform file and the environment prod",
    },
    { command: "moorage plan prod --save prod.plan", explains: "the same, kept for approval" },
  ],
  async run({ args, options }, context) {
    const { plan, server, redact, close } = await preparePlan(args[0] ?? "", options, context);
    try {
      const { planToJson, savePlan } = await import("../../deploy/index.ts");
      printPlan(plan, context.output);
      context.output.json(planToJson(plan));
      const file = textOption(options, "save");
      if (file !== undefined && plan.problems.length === 0) {
        writeFileSync(
          resolve(context.cwd, file),
          `${JSON.stringify(savePlan(plan, { server, redact }), null, 2)}\n`,
          {
            mode: 0o600,
          },
        );
        context.output.remark(
          `Saved as ${file}. Apply it with: moorage deploy ${plan.environment} --plan ${file}`,
        );
      }
      if (plan.problems.length > 0) return 1;
      return options.exitCode === true && !plan.nothingToDo ? 3 : 0;
    } finally {
      await close();
    }
  },
});
