import { Command as Program, CommanderError, Option, type OutputConfiguration } from "commander";
import { MoorageError } from "../contract/index.ts";
import type { Command, CommandGroup, OptionValues } from "./Command.ts";
import type { CommandContext } from "./CommandContext.ts";
import { commandRegistry } from "./commandRegistry.ts";
import { explainFollow } from "./explainFollow.ts";
import { Output, type TextStream } from "./Output.ts";
import { printError } from "./printError.ts";
import { createPrompt, type Prompt } from "./Prompt.ts";

/** The outside world, as `main` or a test gives it. */
export interface CliHost {
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  /** Whether a person can answer questions. */
  readonly interactive: boolean;
  readonly signal: AbortSignal;
  readonly version: string;
  readonly now?: () => Date;
  /** Instead of the terminal's. */
  readonly prompt?: Prompt;
  /** Told how to take secrets out of texts, for what is printed past the command: its crash. */
  readonly onHide?: (redact: (text: string) => string) => void;
  /** Told which command begins, with its arguments. */
  readonly onBegin?: (command: Command, args: readonly string[]) => void;
}

const groups: readonly CommandGroup[] = ["Describe", "Deploy", "Look after", "This machine"];

/**
 * Runs one command line, without the program's name.
 *
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage, 3 changes found, 4 declined, 130 interrupted
 */
export async function runCli(argv: readonly string[], host: CliHost): Promise<number> {
  let exitCode = 0;
  const mistake: { command?: string } = {};
  const program = createProgram(
    host,
    async (command, args, options) => {
      const global = program.opts<{ file?: string; debug?: boolean; output?: string }>();
      const context: CommandContext = {
        cwd: host.cwd,
        environment: host.environment,
        output: new Output({
          stdout: host.stdout,
          stderr: host.stderr,
          environment: host.environment,
          format: options.output === "json" ? "json" : "text",
          ...(host.onHide === undefined ? {} : { onHide: host.onHide }),
        }),
        prompt: host.prompt ?? createPrompt({ interactive: host.interactive, signal: host.signal }),
        signal: host.signal,
        file: global.file,
        debug: global.debug === true,
        now: host.now ?? (() => new Date()),
      };
      host.onBegin?.(command, args);
      try {
        exitCode = (await command.run({ args, options }, context)) ?? 0;
      } catch (error) {
        const interrupted = host.signal.aborted && !(error instanceof MoorageError && error.exitCode !== 1);
        if (interrupted && !(error instanceof MoorageError)) {
          context.output.remark("Interrupted.");
          exitCode = 130;
        } else {
          exitCode = printError(explainFollow(error, argv), context.output, { debug: context.debug });
          if (interrupted) exitCode = 130;
        }
      }
    },
    (command) => {
      mistake.command = command;
    },
  );

  try {
    await program.parseAsync([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    // `moorage` alone: the help that it printed says enough.
    if (mistake.command === undefined) return 2;
    const output = new Output({ ...host, format: asksForJson(argv) ? "json" : "text" });
    return printError(explainFollow(wrongUsage(error, mistake.command), argv), output, { debug: false });
  }
  return exitCode;
}

/** What commander found wrong with a command line, as every other mistake is told. */
function wrongUsage({ message }: CommanderError, command: string): MoorageError {
  const [what = "", meant] = message.replace(/^error: /, "").split("\n");
  const help = `See ${command} --help`;
  return new MoorageError("Usage", what, {
    hint: meant === undefined ? help : `${meant.replace(/^\((.*)\)$/, "$1")} ${help}`,
    exitCode: 2,
  });
}

/** Whether `-o json` was given, of a command line that could not be read as a whole. */
const asksForJson = (argv: readonly string[]): boolean =>
  argv.some(
    (word, index) =>
      ["-ojson", "-o=json", "--output=json"].includes(word) ||
      (word === "json" && ["-o", "--output"].includes(argv[index - 1] ?? "")),
  );

type Run = (command: Command, args: readonly string[], options: OptionValues) => Promise<void>;

function createProgram(host: CliHost, run: Run, onMistake: (command: string) => void): Program {
  const program = new Program("moorage");
  const write = {
    getOutHelpWidth: () => host.stdout.columns ?? 80,
    getErrHelpWidth: () => host.stderr.columns ?? 80,
    writeOut: (text: string) => void host.stdout.write(text),
    writeErr: (text: string) => void host.stderr.write(text),
  };
  program
    .description("Runs a research platform that is described in one typed file, and looks after it.")
    .version(host.version, "-V, --version", "print the version")
    .option(
      "-f, --file <path>",
      "the platform file (default: moorage.config.ts or moorage.yaml, here or above)",
    )
    .option("--debug", "show stack traces and causes of errors")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show help for a command")
    .configureHelp({ sortSubcommands: false, showGlobalOptions: true, subcommandTerm: termOf })
    .configureOutput({ ...write, outputError: () => onMistake("moorage") })
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText(
      "after",
      "\nExamples:\n  moorage init            a new platform file\n  moorage dev             run it on this machine\n  moorage plan prod       what a deploy would change\n\n`moorage COMMAND --help` shows the options of a command and an example.",
    );

  const parents = new Map<string, Program>();
  for (const group of groups) {
    for (const command of commandRegistry.filter((each) => each.group === group)) {
      const words = command.name.split(" ");
      const leaf = words.at(-1) ?? command.name;
      const parent = words.length > 1 ? parents.get(words[0] ?? "") : program;
      if (parent === undefined) throw new Error(`${command.name} stands before its parent in the registry`);
      const sub = parent.command(leaf);
      if (parent === program) sub.helpGroup(`${group}:`);
      parents.set(command.name, sub);
      const outputError = (): void => onMistake(`moorage ${command.name}`);
      describe(sub, command, { ...write, outputError }, run);
    }
  }
  return program;
}

/** A command in a list of commands: its name and arguments. That there are options goes without saying, and leaves room for what it does. */
const termOf = (sub: Program): string =>
  [
    sub.name(),
    ...sub.registeredArguments.map((one) => (one.required ? `<${one.name()}>` : `[${one.name()}]`)),
  ].join(" ");

function describe(sub: Program, command: Command, write: OutputConfiguration, run: Run): void {
  sub
    .summary(command.summary)
    .description(command.description ?? command.summary)
    .configureOutput(write)
    .exitOverride();
  sub.showSuggestionAfterError();
  for (const argument of command.arguments ?? []) {
    const name = `${argument.name}${argument.variadic ? "..." : ""}`;
    sub.argument(argument.optional ? `[${name}]` : `<${name}>`, argument.description);
  }
  for (const option of command.options ?? []) sub.addOption(createOption(option));
  if (command.json) {
    sub.addOption(
      new Option("-o, --output <format>", "how facts are printed").choices(["text", "json"]).default("text"),
    );
  }
  sub.addHelpText(
    "after",
    `\n${command.examples.length === 1 ? "Example" : "Examples"}:\n${command.examples
      .map(({ command: line, explains }) => `  ${line}\n      ${explains}`)
      .join("\n")}`,
  );
  sub.action(async (...actionArguments: unknown[]) => {
    const args = (
      actionArguments.slice(0, command.arguments?.length ?? 0) as (string | string[] | undefined)[]
    )
      .flat()
      .filter((arg): arg is string => arg !== undefined);
    // `sandbox env --state X`: an option that `sandbox` knows too is taken by it, wherever it stands.
    const above = sub.parent?.parent ? sub.parent.opts<OptionValues>() : {};
    await run(command, args, { ...above, ...sub.opts<OptionValues>() });
  });
}

function createOption(definition: NonNullable<Command["options"]>[number]): Option {
  const option = new Option(definition.flags, definition.description);
  if (definition.default !== undefined) option.default(definition.default);
  if (definition.choices) option.choices([...definition.choices]);
  if (definition.repeatable) {
    option.argParser((value: string, previous: string[] | undefined) => [...(previous ?? []), value]);
  }
  if (definition.hidden) option.hideHelp();
  return option;
}
