import { instanceOf, labels, MoorageError } from "../../contract/index.ts";
import { componentOf } from "../componentOf.ts";
import { liveRedactor } from "../liveRedactor.ts";
import { defineCommand, textOption } from "../Command.ts";
import { environmentArgument, openEnvironment, targetFlag } from "../preparePlan.ts";

export const logsCommand = defineCommand({
  name: "logs",
  group: "Look after",
  summary: "show what the programs of an environment write",
  arguments: [environmentArgument, { name: "component", description: "only this one", optional: true }],
  options: [
    { flags: "--follow", description: "go on until Ctrl-C, with pods that start later" },
    { flags: "--previous", description: "of the run before the last restart" },
    { flags: "-c, --container <name>", description: "only this container" },
    { flags: "--tail <lines>", description: "only the last lines of each container" },
    { flags: "--since <seconds>", description: "only what is newer" },
    targetFlag,
  ],
  examples: [
    { command: "moorage logs prod curator --follow", explains: "all pods of curator, as they write" },
    { command: "moorage logs dev migrate --previous", explains: "why the last try failed" },
  ],
  async run({ args, options }, context) {
    const { output } = context;
    const { client, loaded, evaluated } = await openEnvironment(args[0] ?? "", options, context);
    try {
      const component = componentOf(args[1], evaluated.components, evaluated.name);
      const environment = {
        platform: loaded.name,
        environment: evaluated.name,
        namespace: evaluated.namespace,
      };
      const redact = await liveRedactor(client, environment, context);
      const { followPodLogs } = await import("../../kube/index.ts");
      const instance = `${labels.instance}=${instanceOf(loaded.name, evaluated.name)}`;
      const containers = await followPodLogs(client, {
        namespace: evaluated.namespace,
        labelSelector: component === undefined ? instance : `${instance},${labels.name}=${component}`,
        container: textOption(options, "container"),
        follow: options.follow === true,
        previous: options.previous === true,
        tailLines: wholeNumber(textOption(options, "tail"), "--tail"),
        sinceSeconds: wholeNumber(textOption(options, "since"), "--since"),
        signal: context.signal,
        onLine: ({ pod, container, line }) =>
          output.line(`${output.colors.dim(`${pod} ${container} |`)} ${redact(line)}`),
      });
      if (containers === 0 && !context.signal.aborted) output.remark("Nothing has been started yet.");
      // Following ends by Ctrl-C alone.
      return context.signal.aborted ? 130 : 0;
    } finally {
      await client.close();
    }
  },
});

function wholeNumber(text: string | undefined, flag: string): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) {
    throw new MoorageError("Usage", `${flag} takes a whole number, not "${text}".`, {
      hint: `${flag} 100`,
      exitCode: 2,
    });
  }
  return Number(text);
}
