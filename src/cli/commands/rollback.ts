import { MoorageError } from "../../contract/index.ts";
import { carryOut } from "../carryOut.ts";
import { componentOf } from "../componentOf.ts";
import { liveRedactor } from "../liveRedactor.ts";
import { defineCommand, textOption } from "../Command.ts";
import { DeployProgress } from "../DeployProgress.ts";
import { environmentArgument, openEnvironment, targetFlag, whoActs } from "../preparePlan.ts";
import { printPlan } from "../printPlan.ts";

export const rollbackCommand = defineCommand({
  name: "rollback",
  group: "Deploy",
  summary: "go back to an earlier revision",
  description:
    "Plans, asks and deploys the objects of an earlier revision (unless said the one before the last, or after a deploy that did not come to its end the last one), with the secrets of today. Warns when a migration ran since: data is not rolled back.",
  arguments: [
    environmentArgument,
    { name: "revision", description: "a number from `moorage history`", optional: true },
  ],
  options: [
    { flags: "--only <component>", description: "only this component" },
    { flags: "-y, --yes", description: "don't ask" },
    targetFlag,
  ],
  json: true,
  writes: true,
  examples: [
    { command: "moorage rollback prod", explains: "back to what was there before the last deploy" },
    { command: "moorage rollback prod 7 --only curator", explains: "only curator, as it was in revision 7" },
  ],
  async run({ args, options }, context) {
    const { output } = context;
    const wanted = args[1] === undefined ? undefined : Number(args[1]);
    if (wanted !== undefined && !Number.isInteger(wanted)) {
      throw new MoorageError("Usage", `"${args[1]}" is no number of a revision.`, {
        hint: `List them with: moorage history ${args[0]}`,
        exitCode: 2,
      });
    }
    const { client, description, door, loaded, evaluated } = await openEnvironment(
      args[0] ?? "",
      options,
      context,
    );
    try {
      const { planRollback } = await import("../../deploy/index.ts");
      const progress: { current?: DeployProgress } = {};
      const environment = {
        platform: loaded.name,
        environment: evaluated.name,
        namespace: evaluated.namespace,
      };
      const deployContext = {
        client,
        redact: await liveRedactor(client, environment, context),
        who: whoActs(context.environment),
        signal: context.signal,
        onEvent: (event: Parameters<DeployProgress["onEvent"]>[0]) => progress.current?.onEvent(event),
      };
      const { to, rendering, plan, warnings } = await planRollback(environment, wanted, deployContext, {
        only: textOption(options, "only"),
        forDeploy: true,
      });
      componentOf(textOption(options, "only"), rendering.components, evaluated.name);
      printPlan(plan, output);
      for (const warning of warnings) output.warning(warning);
      if (plan.problems.length > 0)
        throw new MoorageError("ApiRefused", "The rollback can't be done as it is: see above.", {
          problems: output.format === "json" ? plan.problems : [],
        });
      if (plan.nothingToDo) return output.json({ plan: "nothing to do", revision: plan.revision });
      if (
        options.yes !== true &&
        !(await context.prompt.confirm(
          `Roll ${evaluated.name} back to revision ${to} in ${description}?`,
          "--yes",
        ))
      ) {
        throw new MoorageError("Declined", "Nothing was changed.", { exitCode: 4 });
      }
      progress.current = await DeployProgress.start(output, plan);
      const done = `is rolled back to revision ${to}`;
      return await carryOut(
        { rendering, plan, context: deployContext, door, done },
        progress.current,
        context,
        {
          why: [`rollback to ${to}`, ...(plan.only === undefined ? [] : [`only ${plan.only}`])].join(", "),
        },
      );
    } finally {
      await client.close();
    }
  },
});
