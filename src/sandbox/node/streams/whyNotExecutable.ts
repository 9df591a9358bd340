import { accessSync, constants, statSync } from "node:fs";
import { resolve } from "node:path";
import { findProgram } from "../builtins/findProgram.ts";

/** Why a program can't be started, as container runtimes say it. A terminal would start, and only say so in it. */
export function whyNotExecutable(program: string, cwd: string, path: string | undefined): string | undefined {
  const says = (why: string): string => `exec: ${JSON.stringify(program)}: ${why}`;
  if (!program.includes("/"))
    return findProgram(program, path) === undefined ? says("executable file not found in $PATH") : undefined;
  const file = resolve(cwd, program);
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return says(`stat ${program}: no such file or directory`);
  if (stat.isDirectory()) return says("is a directory");
  try {
    accessSync(file, constants.X_OK);
    return undefined;
  } catch {
    return says("permission denied");
  }
}
