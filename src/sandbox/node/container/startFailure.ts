import type { ContainerPlan } from "../containerPlan.ts";

const limits: Readonly<Record<string, string>> = {
  EMFILE: "the sandbox may not open more files; start it with a higher limit (ulimit -n 4096)",
  EAGAIN: "this account may not start more processes; raise the limit (ulimit -u)",
};

/** Why a program could not be started, as container runtimes say it, and what to do. */
export function startFailure({ argv, cwd }: ContainerPlan, error: NodeJS.ErrnoException): string {
  const program = argv[0] ?? "";
  if (error.code === "ENOENT") {
    return program.includes("/")
      ? `exec: "${program}": no such file or directory (in ${cwd})`
      : `exec: "${program}": executable file not found in $PATH; install it, or say how the image runs here (dev: { run: [...] })`;
  }
  if (error.code === "EACCES") return `exec: "${program}": permission denied: the file is not executable`;
  const limit = limits[error.code ?? ""];
  return `exec: "${program}": ${error.message}${limit === undefined ? "" : `: ${limit}`}`;
}
