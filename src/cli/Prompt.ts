import { MoorageError } from "../contract/index.ts";

/** Questions to a person. Without a terminal nothing is asked: what would ask is a MoorageError with exit code 2 that names the flag. */
export interface Prompt {
  /** Whether there is somebody to ask. */
  readonly interactive: boolean;
  /** @param flag what to give instead when there is nobody to ask: `--yes`. */
  confirm(question: string, flag: string): Promise<boolean>;
  input(
    question: string,
    options: { default?: string; flag: string; validate?: (value: string) => true | string },
  ): Promise<string>;
  select<T extends string>(
    question: string,
    choices: readonly { value: T; name: string }[],
    options: { flag: string },
  ): Promise<T>;
}

/** Asks on the terminal; the library is loaded at the first question. */
export function createPrompt(options: {
  interactive: boolean;
  signal: AbortSignal;
  input?: NodeJS.ReadableStream;
  output?: NodeJS.WritableStream;
}): Prompt {
  const context = { signal: options.signal, input: options.input, output: options.output };
  const ask = async <T>(question: string, flag: string, asker: () => Promise<T>): Promise<T> => {
    if (!options.interactive) {
      throw new MoorageError("Usage", `There is no terminal to ask on: ${question}`, {
        hint: `Give ${flag}.`,
        exitCode: 2,
      });
    }
    try {
      return await asker();
    } catch (error) {
      if (error instanceof Error && (error.name === "ExitPromptError" || error.name === "AbortPromptError")) {
        throw new MoorageError("AbortedByUser", "Interrupted.", { exitCode: 130, cause: error });
      }
      throw error;
    }
  };
  return {
    interactive: options.interactive,
    confirm: async (question, flag) =>
      await ask(question, flag, async () => {
        const { confirm } = await import("@inquirer/prompts");
        return await confirm({ message: question, default: false }, context);
      }),
    input: async (question, { default: initial, flag, validate }) =>
      await ask(question, flag, async () => {
        const { input } = await import("@inquirer/prompts");
        return await input({ message: question, default: initial, validate }, context);
      }),
    select: async (question, choices, { flag }) =>
      await ask(question, flag, async () => {
        const { select } = await import("@inquirer/prompts");
        return await select({ message: question, choices: [...choices] }, context);
      }),
  };
}
