import { MoorageError } from "../../contract/index.ts";
import { defineCommand } from "../Command.ts";
import { DeployProgress } from "../DeployProgress.ts";
import { printPlan } from "../printPlan.ts";
import { liveRedactor } from "../liveRedactor.ts";
import { environmentArgument, openEnvironment, targetFlag, whoActs } from "../preparePlan.ts";

export const destroyCommand = defineCommand({
  name: "destroy",
  group: "Deploy",
  summary: "delete what was deployed",
  description:
    "Lists the objects of an environment, asks, and deletes them. Namespaces, claims and volumes stay unless --volumes is given: data is lost with them.",
  arguments: [environmentArgument],
  options: [
    { flags: "--volumes", description: "also claims and volumes, with their data" },
    { flags: "-y, --yes", description: "don't ask" },
    targetFlag,
  ],
  writes: true,
  examples: [
    { command: "moorage destroy staging", explains: "shows what would be deleted, asks, and deletes it" },
  ],
  async run({ args, options }, context) {
    const { output } = context;
    const { client, description, loaded, evaluated } = await openEnvironment(args[0] ?? "", options, context);
    try {
      const { planDestroy, destroy } = await import("../../deploy/index.ts");
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
      const plan = await planDestroy(environment, deployContext, { volumes: options.volumes === true });
      printPlan(plan, output);
      if (plan.nothingToDo) {
        output.line(`Volumes and their data go with: moorage destroy ${evaluated.name} --volumes`);
        return;
      }
      if (options.yes !== true) {
        const lost = options.volumes === true ? ", with all data on its volumes" : "";
        if (!(await context.prompt.confirm(`Delete all this from ${description}${lost}?`, "--yes"))) {
          throw new MoorageError("Declined", "Nothing was changed.", { exitCode: 4 });
        }
      }
      progress.current = await DeployProgress.start(output);
      try {
        await destroy(plan, deployContext);
      } finally {
        progress.current.stop();
      }
      const rest = plan.forgets ? "" : "; what holds data is kept: --volumes deletes that too";
      output.line(`${output.colors.green("✓")} ${evaluated.name} is gone${rest}`);
    } finally {
      await client.close();
    }
  },
});
