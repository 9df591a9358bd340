import type { ContainerPlan } from "../containerPlan.ts";

/** Why a program could not be started, as container runtimes say it, and what to do. */
export function startFailure({ argv, cwd }: ContainerPlan, error: NodeJS.ErrnoException): string {
  const program = argv[0] ?? "";
  if (error.code === "ENOENT") {
    return program.includes("/")
      ? `exec: "${program}": no such file or directory (in ${cwd})`
      : `exec: "${program}": executable file not found in $PATH; install it, or say how the image runs here (dev: { run: [...] })`;
  }
  if (error.code === "EACCES") return `exec: "${program}": permission denied: the file is not executable`;
  return `exec: "${program}": ${error.message}`;
}
