import { readFileSync } from "node:fs";
import { Output } from "./Output.ts";
import { printError } from "./printError.ts";
import { runCli } from "./runCli.ts";

/** The process's side of the command: streams, signals, exit code. */
export async function main(): Promise<void> {
  const interrupt = new AbortController();
  let interrupts = 0;
  /** The environment that is being changed. */
  let writing: string | undefined;
  let serving = false;
  const stop = (): void => {
    interrupts += 1;
    // The first asks everything to stop in order; who presses again is in a hurry.
    if (interrupts > 1) {
      if (writing !== undefined) last.remark(atOnce(writing));
      process.exit(130);
    }
    interrupt.abort();
    if (writing === undefined) return;
    const tell = (): void => last.remark("Stopping where it is safe; Ctrl-C again stops at once.");
    setTimeout(tell, 1000).unref();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  process.on("SIGHUP", stop);
  process.on("SIGQUIT", stop);
  // What nobody waited for is a bug; it is printed as one, not as a stack trace, and without the secrets that the command knew.
  const last = new Output({ stdout: process.stdout, stderr: process.stderr, environment: process.env });
  let crashed: number | undefined;
  process.on("uncaughtException", (error) => {
    const exitCode = printError(error, last, { debug: process.argv.includes("--debug") });
    if (!serving || crashed !== undefined) process.exit(exitCode);
    // What a sandbox runs would go on without it.
    crashed = exitCode;
    interrupt.abort();
    setTimeout(() => process.exit(exitCode), stopsWithin).unref();
  });
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      // Neither a deploy in the middle of its writes nor a sandbox that others use is over because `head` has seen enough.
      if (writing !== undefined || serving) return;
      // A reader that went away (`moorage logs | head`) is no error.
      if (error.code === "EPIPE") process.exit(0);
      if (stream === process.stdout)
        printError(Object.assign(error, { path: "stdout" }), last, {
          debug: process.argv.includes("--debug"),
        });
      process.exit(1);
    });
  }

  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  const exitCode = await runCli(process.argv.slice(2), {
    cwd: process.cwd(),
    environment: process.env,
    stdout: process.stdout,
    stderr: process.stderr,
    interactive: process.stdin.isTTY && process.stderr.isTTY,
    signal: interrupt.signal,
    version: manifest.version,
    onHide: (redact) => last.hide(redact),
    onBegin: (command, args) => {
      if (command.writes) writing = args[0] ?? "";
      serving = command.serves === true;
    },
  });
  process.exitCode = crashed ?? exitCode;
  process.off("SIGINT", stop);
  process.off("SIGTERM", stop);
  process.off("SIGHUP", stop);
  process.off("SIGQUIT", stop);
}

/** Milliseconds after which a command that was asked to stop has done so. */
const stopsWithin = 10_000;

const atOnce = (environment: string): string =>
  `Stopped at once: what was on the way to ${environment} may be written or not, and its lock is free once nobody has renewed it for 15 s.
  → See what is there with: moorage status ${environment}
  → Run the command again to finish; it waits for the lock by itself.`;
