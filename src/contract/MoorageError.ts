import type { ErrorCode } from "./errorCodes.ts";

/** Where in the user's input a problem lies. */
export interface Location {
  /** The file, as the user would name it (relative to the working folder when below it). */
  readonly file?: string;
  /** The path inside it: `components.curator.ports.http`. */
  readonly path?: string;
  /** One-based. */
  readonly line?: number;
  readonly column?: number;
}

/** One finding. Checks collect all of them and speak once. */
export interface Problem extends Location {
  readonly message: string;
  /** The next step: what to write instead, which command to run. */
  readonly hint?: string;
  /** `warning` never fails a command by itself. */
  readonly severity?: "error" | "warning";
}

export interface MoorageErrorOptions extends Location {
  readonly hint?: string;
  readonly cause?: unknown;
  /** All problems, when there are several; `message` then is their summary. */
  readonly problems?: readonly Problem[];
  /** 1 failed (the default), 2 wrong usage or input, 4 declined, 130 interrupted. */
  readonly exitCode?: 1 | 2 | 4 | 130;
}

const brand = Symbol.for("moorage.dev/error");

/**
 * The only error that Moorage throws on purpose. `cli/printError.ts` is the only place that prints it: what, where, why, what to do.
 * Any other error that reaches it is a bug of Moorage, and is printed as one.
 */
export class MoorageError extends Error {
  /** A platform file has the library of its own project: what that throws is known by its mark, since the command's class is another. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this === MoorageError) return typeof value === "object" && value !== null && brand in value;
    return Function.prototype[Symbol.hasInstance].call(this, value);
  }

  readonly [brand] = true;
  override readonly name = "MoorageError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly location: Location;
  readonly problems: readonly Problem[];
  readonly exitCode: 1 | 2 | 4 | 130;

  constructor(code: ErrorCode, message: string, options: MoorageErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.location = { file: options.file, path: options.path, line: options.line, column: options.column };
    this.problems = options.problems ?? [];
    this.exitCode = options.exitCode ?? 1;
  }
}
