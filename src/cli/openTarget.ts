import { homedir } from "node:os";
import { MoorageError, type Location } from "../contract/index.ts";
import { findSandbox, stateFolderOf } from "../dev/sandboxState.ts";
import type { KubeClient } from "../kube/index.ts";
import type { EvaluatedEnvironment, LoadedPlatform } from "../platform/index.ts";
import type { CommandContext } from "./CommandContext.ts";

/** A cluster that a command may speak to. */
export interface OpenTarget {
  readonly client: KubeClient;
  /** For a person: `the sandbox`, `context okd (https://api.example.org:6443)`. */
  readonly description: string;
  /** What tells its cluster from others: the address of its API server; of the sandbox, whose port may change, its name. */
  readonly server: string;
  /** Port of the front door, when it is the sandbox. */
  readonly door?: number;
}

/**
 * A client for an environment's target: the sandbox that runs beside the platform file, or a context of the user's kubeconfig.
 *
 * @throws MoorageError `SandboxNotRunning`, `KubeconfigInvalid`; also when the context leads to another server than the environment pins
 */
export async function openTarget(
  loaded: Pick<LoadedPlatform, "file" | "locate">,
  evaluated: Pick<EvaluatedEnvironment, "name" | "target">,
  context: CommandContext,
): Promise<OpenTarget> {
  const { openKubeClient } = await import("../kube/index.ts");
  const { createRedactor } = await import("../secrets/index.ts");
  const { target } = evaluated;
  const onCredentials = (secrets: readonly string[]): void => context.output.hide(createRedactor(secrets));
  const onWarning = (text: string): void => context.output.warning(text);
  const onDelay = (text: string): void => context.output.remark(text);
  const home = context.environment.HOME ?? homedir();
  if (target === "sandbox") {
    const sandbox = findSandbox(stateFolderOf(loaded.file));
    if (sandbox === undefined) {
      throw new MoorageError("SandboxNotRunning", "The sandbox of this platform is not running.", {
        hint: "Start it in another terminal: moorage dev",
      });
    }
    const { client } = openKubeClient({
      env: context.environment,
      home,
      kubeconfig: sandbox.kubeconfig,
      onWarning,
      onCredentials,
      onDelay,
    });
    return { client, description: "the sandbox", server: "the sandbox", door: sandbox.door };
  }
  const { client, connection } = inPlatformFile(loaded, evaluated, "context", () =>
    openKubeClient({
      env: context.environment,
      home,
      context: target.context,
      onWarning,
      onCredentials,
      onDelay,
    }),
  );
  if (target.server !== undefined && new URL(target.server).href !== new URL(connection.server).href) {
    await client.close();
    throw new MoorageError(
      "KubeconfigInvalid",
      `The context ${target.context} leads to ${connection.server}, but this environment is pinned to ${target.server}.`,
      {
        ...placeOf(loaded, evaluated, "server"),
        hint: "Point the context to the right server, or change `target.server` in the platform file.",
      },
    );
  }
  return {
    client,
    description: `context ${target.context} (${connection.server})`,
    server: connection.server,
  };
}

/** Where in the platform file a field of the target stands. */
function placeOf(
  loaded: Pick<LoadedPlatform, "locate">,
  { name }: Pick<EvaluatedEnvironment, "name">,
  field: "context" | "server",
): Location {
  const path = ["environments", name, "target", field];
  return { ...loaded.locate(path), path: path.join(".") };
}

/** A context that isn't there is told with the place that names it; what is wrong with a file keeps that file. */
function inPlatformFile<T>(
  loaded: Pick<LoadedPlatform, "locate">,
  evaluated: Pick<EvaluatedEnvironment, "name">,
  field: "context" | "server",
  open: () => T,
): T {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof MoorageError) || error.location.file !== undefined) throw error;
    const { code, message, hint, problems, exitCode } = error;
    const place = placeOf(loaded, evaluated, field);
    throw new MoorageError(code, message, { ...place, hint, problems, exitCode, cause: error });
  }
}
