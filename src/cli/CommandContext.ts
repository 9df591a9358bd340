import type { Output } from "./Output.ts";
import type { Prompt } from "./Prompt.ts";

/** Everything of the outside world that a command may use. A test makes its own. */
export interface CommandContext {
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly output: Output;
  readonly prompt: Prompt;
  /** Fires on Ctrl-C and SIGTERM; a command then stops what it started and releases what it holds. */
  readonly signal: AbortSignal;
  /** `--file`: the platform file, as given. */
  readonly file: string | undefined;
  readonly debug: boolean;
  readonly now: () => Date;
}
