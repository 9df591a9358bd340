import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { buildGoProgram, findGoProgram, kapp, type GoProgram } from "../tools/goProgram.ts";

/** An operator out of controller-runtime, with cached informers, owned objects, a finalizer and leader election. */
export const operator: GoProgram = { folder: join(import.meta.dirname, "go", "operator"), main: "." };

const programs: Readonly<Record<string, GoProgram>> = { kapp, operator };

/** Why the Go programs can't be run, for a skipped test; undefined when they are built, or can be. */
export function programsMissing(): string | undefined {
  if (Object.values(programs).every((program) => findGoProgram(program) !== undefined)) return undefined;
  try {
    execFileSync("go", ["version"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "kapp and the operator are not built, and there is no Go to build them with";
  }
}

/** Their paths by the names that scripts use; built when they are not yet, which takes minutes the first time. */
export async function buildPrograms(): Promise<Readonly<Record<string, string>>> {
  const built: Record<string, string> = {};
  // One after the other: a build takes the whole machine.
  for (const [name, program] of Object.entries(programs)) built[name] = await buildGoProgram(program);
  return built;
}
