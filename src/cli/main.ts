import { readFileSync } from "node:fs";
import { Output } from "./Output.ts";
import { printError } from "./printError.ts";
import { runCli } from "./runCli.ts";

/** The process's side of the command: streams, signals, exit code. */
export async function main(): Promise<void> {
  const interrupt = new AbortController();
  let interrupts = 0;
  const stop = (): void => {
    interrupts += 1;
    // The first asks everything to stop in order; who presses again is in a hurry.
    if (interrupts > 1) process.exit(130);
    interrupt.abort();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  process.on("SIGHUP", stop);
  // What nobody waited for is a bug; it is printed as one, not as a stack trace, and without the secrets that the command knew.
  const last = new Output({ stdout: process.stdout, stderr: process.stderr, environment: process.env });
  process.on("uncaughtException", (error) => {
    process.exit(printError(error, last, { debug: process.argv.includes("--debug") }));
  });
  for (const stream of [process.stdout, process.stderr]) {
    // A reader that went away (`moorage logs | head`) is no error.
    stream.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
  }

  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  process.exitCode = await runCli(process.argv.slice(2), {
    cwd: process.cwd(),
    environment: process.env,
    stdout: process.stdout,
    stderr: process.stderr,
    interactive: process.stdin.isTTY && process.stderr.isTTY,
    signal: interrupt.signal,
    version: manifest.version,
    onHide: (redact) => last.hide(redact),
  });
  process.off("SIGINT", stop);
  process.off("SIGTERM", stop);
  process.off("SIGHUP", stop);
}
