import { MoorageError } from "../contract/index.ts";

/** How the process of a sandbox ended. */
export interface SandboxEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last lines that it wrote to stderr. */
  readonly lastLines: readonly string[];
  /** What it said of it itself. */
  readonly failure: MoorageError | undefined;
}

const kept = "What it had acknowledged is kept.";

/** Why a development loop whose sandbox has ended can't go on. */
export function sandboxEnded({ code, signal, lastLines, failure }: SandboxEnd): MoorageError {
  if (failure !== undefined) return failure;
  const again = `${kept} Start it again: moorage dev`;
  if (signal !== null) {
    const memory = signal === "SIGKILL" ? ", or by the system for want of memory (dmesg says so)" : "";
    return new MoorageError("SandboxFailed", `The sandbox was ended from outside (${signal}).`, {
      hint: `By somebody${memory}. ${again}`,
    });
  }
  if (code === 0) {
    return new MoorageError("AbortedByUser", "The sandbox was stopped from elsewhere.", {
      hint: again,
      exitCode: 130,
    });
  }
  return new MoorageError("SandboxFailed", `The sandbox has stopped by itself (exit code ${code}).`, {
    // Without the marks of an error that was printed already.
    hint: [...lastLines.map((line) => line.replace(/^(error| *→) /, "")), again].join("\n"),
  });
}
