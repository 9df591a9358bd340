import { MoorageError } from "../../contract/index.ts";
import { defineCommand, listOption, textOption, type OptionValues } from "../Command.ts";
import type { CommandContext } from "../CommandContext.ts";
import { componentOf } from "../componentOf.ts";
import { durationOption } from "../durationOption.ts";
import { loadPlatformFor } from "../loadPlatformFor.ts";
import { openTarget, type OpenTarget } from "../openTarget.ts";
import type { Output } from "../Output.ts";
import { environmentArgument, whoActs } from "../preparePlan.ts";

export const rehearseCommand = defineCommand({
  name: "rehearse",
  group: "Deploy",
  summary: "carry a whole deploy out in a throw-away sandbox",
  description:
    "Deploys an environment, production included, into a sandbox in memory whose pods only pretend and whose time is driven: in seconds, without touching the cluster. With --fail it deploys well first, then a new version that fails, and goes back: what a bad rollout would do, and for how long users would notice. Exits with 1 when the deploy would fail, or going back would.",
  arguments: [environmentArgument],
  options: [
    {
      flags: "--fail <kind:component>",
      description: "a new version of this component fails: image (is not there), crash, ready (never is)",
      repeatable: true,
    },
    {
      flags: "--slow <component=duration>",
      description: "its pods take this much longer to be ready, its job to be done: db=5m",
      repeatable: true,
    },
    { flags: "--from <revision>", description: "begin with this revision of the environment (read only)" },
    { flags: "--live", description: "begin with the objects that are really there (read only)" },
    { flags: "--only <component>", description: "only this component and the objects that are its own" },
    { flags: "--timeout <duration>", description: "how long to wait for a component", default: "10m" },
    {
      flags: "--max-outage <duration>",
      description: "fail when a Service would be without a ready pod for longer: 0s, 30s",
    },
  ],
  json: true,
  examples: [
    { command: "moorage rehearse prod", explains: "would a first deploy of prod work?" },
    {
      command: "moorage rehearse prod --live --fail image:api",
      explains: "what would an image that is not there do to what runs now?",
    },
    {
      command: "moorage rehearse prod --slow db=5m --max-outage 0s",
      explains: "nobody may notice a slow database",
    },
  ],
  async run({ args, options }, context) {
    const { output } = context;
    const { parseScenario, rehearse, formatRehearsal } = await import("../../rehearse/index.ts");
    const scenario = parseScenario(listOption(options, "fail"), listOption(options, "slow"));
    const loaded = await loadPlatformFor(context);
    const { evaluateEnvironment } = await import("../../platform/index.ts");
    const evaluated = evaluateEnvironment(loaded, args[0] ?? "");
    const only = componentOf(textOption(options, "only"), evaluated.components, evaluated.name);
    const opened: { target?: OpenTarget } = {};
    try {
      const start = await startingPoint(options, evaluated, context, async () => {
        opened.target ??= await openTarget(loaded, evaluated, context);
        return opened.target;
      });
      const client = opened.target?.client;
      const rehearsal = await rehearse(
        {
          evaluated,
          processEnvironment: context.environment,
          onRedactor: (redact) => output.hide(redact),
        },
        {
          scenario,
          ...(start === undefined ? {} : { from: start }),
          ...(only === undefined ? {} : { only }),
          deploy: {
            timeoutSeconds:
              durationOption(textOption(options, "timeout") ?? "10m", "--timeout", { positive: true }) / 1000,
          },
          ...(textOption(options, "maxOutage") === undefined
            ? {}
            : { maxOutage: durationOption(textOption(options, "maxOutage") ?? "", "--max-outage") }),
          ...(client === undefined ? {} : { kindOf: (ref) => client.kindOf(ref).catch(() => undefined) }),
          who: whoActs(context.environment),
          signal: context.signal,
          log: (text) => (context.debug ? output.remark(text) : undefined),
        },
      );
      for (const line of formatRehearsal(rehearsal)) output.line(paint(line, output));
      output.json(rehearsal);
      return rehearsal.ok ? 0 : 1;
    } finally {
      await opened.target?.client.close();
    }
  },
});

type Evaluated = import("../../platform/index.ts").EvaluatedEnvironment;

async function startingPoint(
  options: OptionValues,
  evaluated: Evaluated,
  context: CommandContext,
  open: () => Promise<OpenTarget>,
): Promise<import("../../rehearse/index.ts").StartingPoint | undefined> {
  const revision = textOption(options, "from");
  if (revision !== undefined && options.live === true) {
    throw new MoorageError("Usage", "A rehearsal begins with --live or with --from, not with both.", {
      exitCode: 2,
    });
  }
  const environment = {
    platform: evaluated.platform,
    environment: evaluated.name,
    namespace: evaluated.namespace,
  };
  const { fromLive, fromRevision, kindsOf } = await import("../../rehearse/index.ts");
  if (revision !== undefined) {
    if (!/^[1-9]\d*$/.test(revision)) {
      throw new MoorageError("Usage", `"${revision}" is no number of a revision.`, {
        hint: `List them with: moorage history ${evaluated.name}`,
        exitCode: 2,
      });
    }
    const { client } = await open();
    return await fromRevision(environment, Number(revision), { client, signal: context.signal });
  }
  if (options.live !== true) return undefined;
  const { renderEnvironment } = await import("../../platform/index.ts");
  const { client } = await open();
  const { objects } = renderEnvironment(evaluated);
  return await fromLive(environment, kindsOf(objects), { client, signal: context.signal });
}

/** Colours a line by its mark; the words carry the meaning without. */
function paint(line: string, { colors }: Output): string {
  const mark = /^\s+(?:[\d.]+ (?:s|min|h) ?)*\s*(\S)/.exec(line)?.[1] ?? line[0];
  if (mark === "✓" || mark === "+") return colors.green(line);
  if (mark === "✗") return colors.red(line);
  if (mark === "~" || mark === "±" || mark === "!") return colors.yellow(line);
  return mark === "…" || mark === "·" ? colors.dim(line) : line;
}
