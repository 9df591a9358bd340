import { MoorageError } from "../../contract/index.ts";
import { SourceHasher } from "../../dev/sourceHash.ts";
import type { EnvironmentStatus, StatusOptions } from "../../deploy/index.ts";
import type { EvaluatedEnvironment } from "../../platform/index.ts";
import type { Rendering } from "../../platform/index.ts";
import { defineCommand } from "../Command.ts";
import type { CommandContext } from "../CommandContext.ts";
import { formatStatus } from "../formatStatus.ts";
import { liveRedactor } from "../liveRedactor.ts";
import { environmentArgument, openEnvironment, targetFlag } from "../preparePlan.ts";

export const statusCommand = defineCommand({
  name: "status",
  group: "Look after",
  summary: "show how an environment is",
  description:
    "One screen: health, versions and addresses of each component, what others changed since the last deploy and with which program, what is missing, the last revision, and who deploys now. The right to view is enough; what it does not show is said. Exit code 0: everything is ready; 1: it is not.",
  arguments: [environmentArgument],
  options: [
    { flags: "-w, --watch", description: "show it again every two seconds, until Ctrl-C" },
    targetFlag,
  ],
  json: true,
  examples: [
    {
      command: "moorage status prod",
      explains: "what is healthy, what is deployed, by whom, what was changed by hand",
    },
    {
      command: "until moorage status prod; do sleep 5; done",
      explains: "wait until everything is ready: the exit code says so",
    },
  ],
  async run({ args, options }, context) {
    const { client, door, loaded, evaluated, description } = await openEnvironment(
      args[0] ?? "",
      options,
      context,
    );
    const { output, signal } = context;
    const watch = options.watch === true;
    if (watch && output.format === "json") {
      await client.close();
      throw new MoorageError("Usage", "--watch shows a screen, and -o json prints one document.", {
        hint: "Leave one of them out.",
        exitCode: 2,
      });
    }
    try {
      const { statusOf } = await import("../../deploy/index.ts");
      const environment = {
        platform: loaded.name,
        environment: evaluated.name,
        namespace: evaluated.namespace,
      };
      const statusOptions: StatusOptions = {
        ...(await wanted(evaluated)),
        ...sandboxUrls(loaded.name, door),
      };
      const redact = await liveRedactor(client, environment, context);
      const show = async (): Promise<{ status: EnvironmentStatus; lines: string[] }> => {
        const status = await statusOf(environment, { client, signal, redact }, statusOptions);
        const lines = formatStatus(status, {
          place: `in ${description}`,
          width: output.stdout.columns ?? 100,
          now: context.now(),
          colors: output.colors,
        });
        return { status, lines };
      };
      if (watch) return await watchStatus(show, context);
      const { status, lines } = await show();
      output.json(status);
      for (const line of lines) output.line(line);
      return status.health === "ready" ? 0 : 1;
    } finally {
      await client.close();
    }
  },
});

/** What the file wants today. One that cannot be rendered is another command's matter: the status is shown without. */
async function wanted(evaluated: EvaluatedEnvironment): Promise<{ rendering?: Rendering }> {
  const { tryRender } = await import("../../platform/index.ts");
  const hasher = new SourceHasher();
  const { rendering, problems } = tryRender(evaluated, { sourceOf: (folder) => hasher.hash(folder) });
  return problems.some(({ severity }) => severity !== "warning") ? {} : { rendering };
}

/** In the sandbox the front door serves what is exposed. */
const sandboxUrls = (platform: string, door: number | undefined): StatusOptions =>
  door === undefined
    ? {}
    : { urlOf: ({ component }) => `http://${component}.${platform}.localhost:${door}/` };

/** Draws it anew until Ctrl-C; without a terminal, prints it when something but times changed. */
async function watchStatus(
  show: () => Promise<{ status: EnvironmentStatus; lines: string[] }>,
  { output, signal }: CommandContext,
): Promise<number> {
  const { setTimeout: sleep } = await import("node:timers/promises");
  const draw = output.live
    ? (await import("log-update")).createLogUpdate(output.stdout as NodeJS.WriteStream)
    : undefined;
  let before = "";
  let health: EnvironmentStatus["health"] = "unknown";
  while (!signal.aborted) {
    const { status, lines } = await show();
    ({ health } = status);
    const text = lines.join("\n");
    const { lock: _renewed, ...rest } = status;
    const facts = JSON.stringify(rest);
    if (draw !== undefined) draw(text);
    else if (facts !== before) output.line(`${text}\n`);
    before = facts;
    await sleep(2000, undefined, { signal }).catch(() => {});
  }
  draw?.done();
  return health === "ready" ? 0 : 1;
}
