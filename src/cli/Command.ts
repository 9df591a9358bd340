import type { CommandContext } from "./CommandContext.ts";

export interface CommandArgument {
  readonly name: string;
  readonly description: string;
  readonly optional?: boolean;
  readonly variadic?: boolean;
}

export interface CommandOption {
  /** As commander writes them: `--only <component>`, `-y, --yes`. */
  readonly flags: string;
  readonly description: string;
  readonly default?: string | boolean;
  readonly choices?: readonly string[];
  /** May be given several times; the handler gets a list. */
  readonly repeatable?: boolean;
  readonly hidden?: boolean;
}

/** Values as the user gave them, by the camel-cased name of the option. Handlers check what they use. */
export type OptionValues = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** Under which heading a command stands in `moorage --help`. */
export type CommandGroup = "Describe" | "Deploy" | "Look after" | "This machine";

/** A command as data, and its handler. */
export interface Command {
  /** One word, or two for a command below another: `sandbox env`. */
  readonly name: string;
  readonly group: CommandGroup;
  readonly summary: string;
  readonly description?: string;
  readonly arguments?: readonly CommandArgument[];
  readonly options?: readonly CommandOption[];
  /** Whether `-o json` works: every command that prints facts. */
  readonly json?: boolean;
  /** It changes the cluster: begun, it goes to its end, or to where it is safe to stop, also when nobody reads what it prints any more. Its first argument is the environment. */
  readonly writes?: boolean;
  /** Others use what it runs: it goes on until it is asked to stop, also when nobody reads what it prints any more. */
  readonly serves?: boolean;
  /** At least one. `moorage plan prod`, and what it is for. */
  readonly examples: readonly { readonly command: string; readonly explains: string }[];
  /** Resolves to an exit code; nothing means 0. A MoorageError that it throws is printed, with that error's exit code. */
  run(input: CommandInput, context: CommandContext): Promise<number | void>;
}

export interface CommandInput {
  readonly args: readonly string[];
  readonly options: OptionValues;
}

/** Types a command; the value is the same. */
export const defineCommand = (command: Command): Command => command;

/** The value of an option that takes one. */
export function textOption(options: OptionValues, name: string): string | undefined {
  const value = options[name];
  return typeof value === "string" ? value : undefined;
}

/** The values of a repeatable option. */
export function listOption(options: OptionValues, name: string): readonly string[] {
  const value = options[name];
  return Array.isArray(value) ? (value as readonly string[]) : typeof value === "string" ? [value] : [];
}
