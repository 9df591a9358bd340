import { describe, expect, it } from "vitest";
import { loadTerminals, startWithTerminal } from "./startWithTerminal.ts";

const missing = await loadTerminals().then(
  () => "",
  (error: Error) => ` (skipped: ${error.message})`,
);

const spec = (line: string) => ({
  argv: ["sh", "-c", line],
  cwd: "/",
  env: { PATH: process.env["PATH"] ?? "" },
});

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe.skipIf(missing)(`a terminal${missing}`, () => {
  it("hands on the last that a process says, however late it is read", async () => {
    let text = "";
    const held = Promise.withResolvers<void>();
    let first = true;
    const { ended, pid } = await startWithTerminal(
      spec("echo BEGIN; sleep 0.1; echo END"),
      (_stream, chunk) => {
        text += Buffer.from(chunk).toString("latin1");
        if (!first) return undefined;
        first = false;
        return held.promise;
      },
    );
    // The reader comes back long after the process has ended.
    while (isThere(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
    await new Promise((resolve) => setTimeout(resolve, 500));
    held.resolve();
    expect(await ended).toEqual({ exitCode: 0 });
    expect(text).toBe("BEGIN\r\nEND\r\n");
  });

  it.each<[string, number]>([
    ["echo short; exit 3", 3],
    ["kill -9 $$", 137],
  ])("tells how `%s` ended", async (line, exitCode) => {
    const { ended } = await startWithTerminal(spec(line), () => undefined);
    expect((await ended).exitCode).toBe(exitCode);
  });
});
