import { basename, dirname, join, resolve } from "node:path";
import { MoorageError } from "../contract/index.ts";
import {
  findSandbox,
  findSandboxes,
  namedStateFolder,
  stateFolderOf,
  type SandboxRecord,
} from "../dev/sandboxState.ts";
import { textOption, type CommandOption, type OptionValues } from "./Command.ts";
import type { CommandContext } from "./CommandContext.ts";

/** Which sandbox a command means. */
export interface SandboxPlace {
  /** Where its state is kept; absolute. */
  readonly stateDir: string;
  /** Of its hosts and of the context in its kubeconfig. */
  readonly name: string;
}

/** The options by which every command below `sandbox` finds one. */
export const placeOptions: readonly CommandOption[] = [
  { flags: "--name <name>", description: "the one that was started with this name" },
  {
    flags: "--state <folder>",
    description: "its folder (default: .moorage beside the platform file, or here)",
  },
];

/** A label of a host name (RFC 1123). */
const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * The folder that was given; else, by its name, one of those beside each other in `.moorage`; else `.moorage` itself. It lies beside the
 * platform file, or, without one, in the working folder.
 */
export async function sandboxPlace(
  options: OptionValues,
  context: Pick<CommandContext, "cwd" | "file">,
): Promise<SandboxPlace> {
  const state = textOption(options, "state");
  const name = textOption(options, "name");
  if (name !== undefined && !label.test(name)) {
    throw new MoorageError("Usage", `"${name}" can't name a sandbox: it becomes a part of host names.`, {
      hint: "Small letters, digits and hyphens, at most 63: --name lab-2",
      exitCode: 2,
    });
  }
  const home = state === undefined ? await homeOf(context) : resolve(context.cwd, state);
  const stateDir = state === undefined && name !== undefined ? namedStateFolder(home, name) : home;
  return { stateDir, name: name ?? nameOf(home) };
}

/** The one that runs there. Errors: `SandboxNotRunning`, with those that do run. */
export async function runningSandbox(
  options: OptionValues,
  context: Pick<CommandContext, "cwd" | "file">,
): Promise<SandboxRecord & { readonly stateDir: string }> {
  const { stateDir } = await sandboxPlace(options, context);
  const record = findSandbox(stateDir);
  if (record !== undefined) return { ...record, stateDir };
  const others = textOption(options, "state") === undefined ? findSandboxes(await homeOf(context)) : [];
  const named = others.map((each) => each.name).filter((each) => each !== undefined);
  const name = textOption(options, "name");
  const asked = name === undefined ? "" : ` --name ${name}`;
  throw new MoorageError("SandboxNotRunning", "No sandbox is running here.", {
    file: stateDir,
    hint:
      named.length > 0
        ? `These run here: ${named.map((each) => `--name ${each}`).join(", ")}`
        : `Start one: ${asked === "" ? "moorage dev, or " : ""}moorage sandbox${asked}`,
  });
}

/** `.moorage` beside the platform file, or here. */
export async function homeOf(context: Pick<CommandContext, "cwd" | "file">): Promise<string> {
  const { findPlatformFile } = await import("../platform/findPlatformFile.ts");
  try {
    return stateFolderOf(findPlatformFile({ cwd: context.cwd, file: context.file }));
  } catch (error) {
    // By itself the sandbox needs no platform; one that was named has to be there.
    if (context.file !== undefined || !(error instanceof MoorageError)) throw error;
    return stateFolderOf(resolve(context.cwd, "moorage.yaml"));
  }
}

/** After the folder that it belongs to, so that contexts and hosts of several can be told apart. */
function nameOf(stateDir: string): string {
  const own = basename(stateDir);
  const text = own === ".moorage" ? basename(dirname(stateDir)) : own;
  const name = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, 63)
    .replaceAll(/^-+|-+$/g, "");
  return name === "" ? "sandbox" : name;
}

/** As people type it after `cd`. */
export const shownFolder = (stateDir: string, cwd: string): string =>
  stateDir.startsWith(join(cwd, "/")) ? stateDir.slice(join(cwd, "/").length) : stateDir;
