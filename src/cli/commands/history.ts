import { defineCommand } from "../Command.ts";
import { timeText } from "../ageText.ts";
import { liveRedactor } from "../liveRedactor.ts";
import { environmentArgument, openEnvironment, targetFlag } from "../preparePlan.ts";

export const historyCommand = defineCommand({
  name: "history",
  group: "Look after",
  summary: "list the revisions of an environment",
  arguments: [environmentArgument],
  options: [targetFlag],
  json: true,
  examples: [
    {
      command: "moorage history prod",
      explains: "who deployed what, and when; `rollback` takes a number from here",
    },
  ],
  async run({ args, options }, context) {
    const { output } = context;
    const { client, loaded, evaluated } = await openEnvironment(args[0] ?? "", options, context);
    try {
      const { listRevisions } = await import("../../deploy/index.ts");
      const environment = {
        platform: loaded.name,
        environment: evaluated.name,
        namespace: evaluated.namespace,
      };
      const redact = await liveRedactor(client, environment, context);
      const revisions = await listRevisions(environment, {
        client,
        signal: context.signal,
        redact,
        onEvent: (event) => event.type === "note" && output.warning(event.message),
      });
      output.json(revisions);
      if (revisions.length === 0) return output.line(`${evaluated.name} has not been deployed yet.`);
      output.table(
        ["REVISION", "WHEN (UTC)", "WHO", "WHAT"],
        revisions.map(({ number, at, who, why, summary }) => [
          String(number),
          timeText(at).replace(" UTC", ""),
          who,
          [changesText(summary), why].filter((part) => part !== "").join("; "),
        ]),
      );
    } finally {
      await client.close();
    }
  },
});

/** `2 created, 1 updated`. */
const changesText = (summary: Readonly<Record<string, number>>): string =>
  ["create", "update", "replace", "delete"]
    .filter((action) => (summary[action] ?? 0) > 0)
    .map((action) => `${summary[action]} ${action}d`)
    .join(", ");
