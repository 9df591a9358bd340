import { hostname, userInfo } from "node:os";
import type { DeployContext, PreparedDeploy } from "../deploy/index.ts";
import { SourceHasher } from "../dev/sourceHash.ts";
import { textOption, type CommandArgument, type CommandOption, type OptionValues } from "./Command.ts";
import { componentOf } from "./componentOf.ts";
import type { CommandContext } from "./CommandContext.ts";
import { loadPlatformFor } from "./loadPlatformFor.ts";
import { openTarget, type OpenTarget } from "./openTarget.ts";

export const environmentArgument: CommandArgument = {
  name: "environment",
  description: "as named in the platform file",
};

export const targetFlag: CommandOption = {
  flags: "--target <sandbox>",
  description: "the sandbox, instead of the environment's own cluster",
  choices: ["sandbox"],
};

/** What shapes a plan, for `plan` and `deploy` alike. */
export const planFlags: readonly CommandOption[] = [
  { flags: "--only <component>", description: "only this component and the objects that are its own" },
  {
    flags: "--adopt",
    description: "take over objects of the same name that kubectl, helm or another tool made",
  },
  { flags: "--force-conflicts", description: "take over fields that somebody else owns" },
  targetFlag,
];

/** Who acts, for the lock and the record: `ada@laptop`. */
export function whoActs(environment: CommandContext["environment"]): string {
  let user = environment.USER ?? environment.LOGNAME;
  try {
    user ??= userInfo().username;
  } catch {
    // A container may run under a uid without a name.
    user = `uid ${process.getuid?.() ?? "?"}`;
  }
  return `${user}@${hostname()}`;
}

/**
 * An environment of the platform file, with a client for where it runs.
 *
 * @param named a component that the user names: a slip in it is told before any cluster is met
 */
export async function openEnvironment(
  name: string,
  options: OptionValues,
  context: CommandContext,
  named?: string,
): Promise<
  OpenTarget & {
    loaded: Awaited<ReturnType<typeof loadPlatformFor>>;
    evaluated: EvaluatedEnvironment;
    component: string | undefined;
  }
> {
  const loaded = await loadPlatformFor(context);
  const { evaluateEnvironment } = await import("../platform/index.ts");
  const evaluated = evaluateEnvironment(loaded, name, {
    target: textOption(options, "target") === "sandbox" ? "sandbox" : undefined,
  });
  const component = componentOf(named, evaluated.components, evaluated.name);
  return { ...(await openTarget(loaded, evaluated, context)), loaded, evaluated, component };
}

type EvaluatedEnvironment = import("../platform/index.ts").EvaluatedEnvironment;

/** Evaluates, resolves secrets, renders and plans. The caller closes. */
export async function preparePlan(
  name: string,
  options: OptionValues,
  context: CommandContext,
  deployContext: Partial<DeployContext> = {},
  how: { readonly forDeploy?: boolean; readonly sampleCreates?: boolean } = {},
): Promise<
  PreparedDeploy &
    Pick<OpenTarget, "description" | "server" | "door"> & {
      context: DeployContext;
      close: () => Promise<void>;
    }
> {
  const opened = await openEnvironment(name, options, context, textOption(options, "only"));
  const { client, description, server, door, evaluated, component: only } = opened;
  try {
    const { prepareDeploy } = await import("../deploy/index.ts");
    const hasher = new SourceHasher();
    const given: DeployContext = {
      client,
      who: whoActs(context.environment),
      signal: context.signal,
      ...deployContext,
    };
    const prepared = await prepareDeploy(
      {
        evaluated,
        processEnvironment: context.environment,
        sourceOf: (folder) => hasher.hash(folder),
        onRedactor: (redact) => context.output.hide(redact),
      },
      given,
      {
        only,
        adopt: options.adopt === true,
        forceConflicts: options.forceConflicts === true,
        ...how,
      },
    );
    return {
      ...prepared,
      description,
      server,
      ...(door === undefined ? {} : { door }),
      context: { ...given, redact: prepared.redact },
      close: async () => await client.close(),
    };
  } catch (error) {
    await client.close();
    throw error;
  }
}
