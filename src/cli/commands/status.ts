import type { EnvironmentStatus } from "../../deploy/index.ts";
import { defineCommand } from "../Command.ts";
import { liveRedactor } from "../liveRedactor.ts";
import type { Output } from "../Output.ts";
import { environmentArgument, openEnvironment, targetFlag } from "../preparePlan.ts";

export const statusCommand = defineCommand({
  name: "status",
  group: "Look after",
  summary: "show how an environment is",
  description:
    "Health, versions and addresses of each component, and the last revision. The right to view is enough.",
  arguments: [environmentArgument],
  options: [targetFlag],
  json: true,
  examples: [
    { command: "moorage status prod", explains: "one screen: what is healthy, what is deployed, by whom" },
  ],
  async run({ args, options }, context) {
    const { client, loaded, evaluated, description } = await openEnvironment(args[0] ?? "", options, context);
    try {
      const { statusOf } = await import("../../deploy/index.ts");
      const environment = {
        platform: loaded.name,
        environment: evaluated.name,
        namespace: evaluated.namespace,
      };
      const redact = await liveRedactor(client, environment, context);
      const status = await statusOf(environment, { client, signal: context.signal, redact });
      context.output.json(status);
      printStatus(status, description, context.output);
      return status.components.some(({ health }) => health === "failed") ? 1 : 0;
    } finally {
      await client.close();
    }
  },
});

const marks = { ready: "✓", waiting: "…", failed: "✗" } as const;

function printStatus(status: EnvironmentStatus, place: string, output: Output): void {
  const { colors } = output;
  output.line(
    `${colors.bold(status.platform)} ${status.environment}, namespace ${status.namespace}, in ${place}`,
  );
  const { revision } = status;
  if (revision === undefined) output.line("No deploy is on record.");
  else
    output.line(
      `revision ${revision.number}, ${revision.at.replace("T", " ").slice(0, 16)} UTC, by ${revision.who}`,
    );
  if (status.unfinished !== undefined)
    output.line(colors.yellow("The last deploy did not come to its end; deploy again to finish it."));
  output.line();
  if (status.components.length > 0) {
    const paint = { ready: colors.green, waiting: colors.yellow, failed: colors.red } as const;
    output.table(
      ["COMPONENT", "HEALTH", "READY", "VERSION", "WHERE"],
      status.components.map((each) => [
        each.name,
        paint[each.health](`${marks[each.health]} ${each.message === "" ? each.health : each.message}`),
        each.replicas ?? "",
        each.version ?? "",
        each.addresses.join(" "),
      ]),
    );
  }
  for (const note of status.notes) output.line(colors.dim(`note: ${note}`));
}
