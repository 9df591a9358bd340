import { MoorageError } from "../../contract/index.ts";
import { defineCommand } from "../Command.ts";
import { DeployProgress } from "../DeployProgress.ts";
import { environmentArgument, openEnvironment, targetFlag, whoActs } from "../preparePlan.ts";

export const restartCommand = defineCommand({
  name: "restart",
  group: "Deploy",
  summary: "start the programs of a component anew",
  description:
    "Rolls the pods of a component, new ones first where its strategy allows, and waits until they are ready.",
  arguments: [environmentArgument, { name: "component", description: "as named in the platform file" }],
  options: [targetFlag],
  examples: [{ command: "moorage restart prod curator", explains: "new pods for curator" }],
  async run({ args, options }, context) {
    const { client, loaded, evaluated } = await openEnvironment(args[0] ?? "", options, context);
    const progress = await DeployProgress.start(context.output);
    try {
      const component = args[1] ?? "";
      const keys = evaluated.components.map((each) => each.key);
      if (!keys.includes(component)) {
        throw new MoorageError("Usage", `${evaluated.name} has no component "${component}".`, {
          hint: `It has: ${keys.join(", ")}.`,
          exitCode: 2,
        });
      }
      const { restart } = await import("../../deploy/index.ts");
      await restart(
        { platform: loaded.name, environment: evaluated.name, namespace: evaluated.namespace },
        component,
        { client, who: whoActs(context.environment), signal: context.signal, onEvent: progress.onEvent },
      );
      progress.stop();
      context.output.line(`${context.output.colors.green("✓")} ${component} was restarted`);
    } finally {
      progress.stop();
      await client.close();
    }
  },
});
