import { accessSync, constants, statSync } from "node:fs";
import { resolve } from "node:path";
import { findProgram } from "../builtins/findProgram.ts";

/** What a command of a container runs in. */
export interface Surroundings {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** What its command lines begin with, so that it finds its token. */
  readonly enter?: readonly string[];
}

/** A command line as it is started. A program that isn't there is started as it is: the system's error says more. */
export function entered(argv: readonly string[], { cwd, env, enter = [] }: Surroundings): readonly string[] {
  const [program = ""] = argv;
  return enter.length > 0 && canRun(program, cwd, env["PATH"]) ? [...enter, ...argv] : argv;
}

function canRun(program: string, cwd: string, path: string | undefined): boolean {
  if (!program.includes("/")) return findProgram(program, path) !== undefined;
  const file = resolve(cwd, program);
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
