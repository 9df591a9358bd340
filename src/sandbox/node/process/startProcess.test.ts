import { spawn } from "node:child_process";
import { expect, it } from "vitest";
import { systemClock } from "../../Clock.ts";
import { startProcess, type OutputSink, type ProcessExit } from "./startProcess.ts";

/** Runs lines of JavaScript to their end. */
async function run(line: string, sink: OutputSink, onExit?: () => void): Promise<ProcessExit> {
  const spec = { argv: [process.execPath, "-e", line], cwd: process.cwd(), env: {} };
  return await (
    await startProcess(spawn, spec, sink, onExit)
  ).exited;
}

// More than is read at once, and less than a pipe holds: the program does not wait.
it("loses nothing that a program said last, however long it takes to be handed on", async () => {
  const ended = Promise.withResolvers<void>();
  let said = 0;
  const exit = await run(
    `process.stdout.write("x".repeat(90_000)); process.exitCode = 3;`,
    async (_stream, chunk) => {
      const isFirst = said === 0;
      said += chunk.length;
      if (!isFirst) return;
      await ended.promise;
      // Longer than it is waited for who says nothing.
      await systemClock.sleep(800);
    },
    ended.resolve,
  );
  expect([exit.exitCode, said]).toEqual([3, 90_000]);
});

it.each([
  ["says nothing", "setInterval(() => {}, 1000)"],
  [
    "speaks on and on",
    // Ends by itself when nobody kills it; not as soon as nobody reads, which may be before it is looked for.
    `process.stdout.on("error", () => setTimeout(() => process.exit(), 60_000)); setInterval(() => process.stdout.write("y".repeat(99_999)), 1)`,
  ],
])("does not wait for a grandchild that left the group, holds its output, and %s", async (_what, line) => {
  // Not where the grandchild speaks: it may be the first.
  let told = "";
  await run(
    `const child = require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(line)}], { detached: true, stdio: "inherit" });
     console.error(child.pid);
     child.unref();`,
    (stream, chunk) => {
      if (stream === "stderr") told += Buffer.from(chunk).toString("utf8");
    },
  );
  expect(told).toMatch(/^\d+\n$/);
  expect(process.kill(Number(told), "SIGKILL")).toBe(true);
});
