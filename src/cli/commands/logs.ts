import { instanceOf, labels, MoorageError, type KubeObject } from "../../contract/index.ts";
import { liveRedactor } from "../liveRedactor.ts";
import { durationOption } from "../durationOption.ts";
import { defineCommand, textOption } from "../Command.ts";
import { environmentArgument, openEnvironment, targetFlag } from "../preparePlan.ts";

export const logsCommand = defineCommand({
  name: "logs",
  group: "Look after",
  summary: "show what the programs of an environment write",
  description:
    "Prints what the programs of an environment, or of one component, have written: pod by pod, init containers included, each line with its pod and container. Values of secrets are taken out.",
  arguments: [environmentArgument, { name: "component", description: "only this one", optional: true }],
  options: [
    { flags: "--follow", description: "go on until Ctrl-C, with pods that start later" },
    { flags: "--previous", description: "of the run before the last restart" },
    { flags: "-c, --container <name>", description: "only this container" },
    { flags: "--tail <lines>", description: "only the last lines of each container" },
    { flags: "--since <duration>", description: "only what is newer: 90s, 5m" },
    targetFlag,
  ],
  examples: [
    { command: "moorage logs prod curator --follow", explains: "all pods of curator, as they write" },
    { command: "moorage logs dev migrate --previous", explains: "why the last try failed" },
  ],
  async run({ args, options }, context) {
    const { output } = context;
    const opened = await openEnvironment(args[0] ?? "", options, context, args[1]);
    const { client, loaded, evaluated, component } = opened;
    try {
      const since = sinceOption(textOption(options, "since"));
      const environment = {
        platform: loaded.name,
        environment: evaluated.name,
        namespace: evaluated.namespace,
      };
      const redact = await liveRedactor(client, environment, context);
      const { followPodLogs } = await import("../../kube/index.ts");
      const instance = `${labels.instance}=${instanceOf(loaded.name, evaluated.name)}`;
      const labelSelector = component === undefined ? instance : `${instance},${labels.name}=${component}`;
      const wanted = textOption(options, "container");
      const containers = await followPodLogs(client, {
        namespace: evaluated.namespace,
        labelSelector,
        container: wanted,
        follow: options.follow === true,
        previous: options.previous === true,
        tailLines: wholeNumber(textOption(options, "tail"), "--tail"),
        sinceSeconds: since,
        signal: context.signal,
        onLine: ({ pod, container, line }) =>
          output.line(`${output.colors.dim(`${pod} ${container} |`)} ${redact(line)}`),
      });
      if (containers === 0 && !context.signal.aborted) {
        const { items } = await client.list(
          { apiVersion: "v1", kind: "Pod" },
          { namespace: evaluated.namespace, labelSelector, signal: context.signal },
        );
        output.paragraph(nothingText(component ?? evaluated.name, items, wanted, options.previous === true));
      }
      // Following ends by Ctrl-C alone.
      return context.signal.aborted ? 130 : 0;
    } finally {
      await client.close();
    }
  },
});

/**
 * Why there is nothing to print.
 *
 * @throws MoorageError `Usage` when no pod has the container that was asked for
 */
function nothingText(
  name: string,
  pods: readonly KubeObject[],
  container: string | undefined,
  previous: boolean,
): string {
  const containers = new Set(
    pods.flatMap(({ spec }) => {
      const { initContainers = [], containers: main = [] } = (spec ?? {}) as Record<
        string,
        { name: string }[] | undefined
      >;
      return [...initContainers, ...main].map((each) => each.name);
    }),
  );
  if (containers.size === 0) return `${name} has no pods now.`;
  if (container !== undefined && !containers.has(container)) {
    throw new MoorageError("Usage", `No pod of ${name} has a container "${container}".`, {
      hint: `There are: ${[...containers].join(", ")}.`,
      exitCode: 2,
    });
  }
  const what = container === undefined ? name : `Container ${container} of ${name}`;
  return previous
    ? `${what} has not been restarted: there is no run before this one.`
    : `${what} has not started yet.`;
}

/** Whole seconds: the API takes no others, and not 0. */
const sinceOption = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Math.ceil(durationOption(text, "--since", { positive: true }) / 1000);

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
