import { liveRedactor } from "../liveRedactor.ts";
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
  writes: true,
  examples: [{ command: "moorage restart prod curator", explains: "new pods for curator" }],
  async run({ args, options }, context) {
    const opened = await openEnvironment(args[0] ?? "", options, context, args[1] ?? "");
    const { client, loaded, evaluated, component = "" } = opened;
    const progress = await DeployProgress.start(context.output);
    try {
      const environment = {
        platform: loaded.name,
        environment: evaluated.name,
        namespace: evaluated.namespace,
      };
      const redact = await liveRedactor(client, environment, context);
      const { restart } = await import("../../deploy/index.ts");
      await restart(environment, component, {
        client,
        who: whoActs(context.environment),
        signal: context.signal,
        onEvent: progress.onEvent,
        redact,
      });
      progress.stop();
      context.output.line(`${context.output.colors.green("✓")} ${component} was restarted`);
    } finally {
      progress.stop();
      await client.close();
    }
  },
});
