import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { SandboxProcess } from "./SandboxProcess.ts";

it("says what the system says when its process can't be started, so that it is told as the machine's matter", async () => {
  const stateDir = mkdtempSync(join(tmpdir(), "moorage-sandbox-process-"));
  const { signal } = new AbortController();
  const program = [join(stateDir, "node"), "moorage.js"] as const;
  const start = SandboxProcess.start({ program, stateDir, platform: "tides", environment: {}, signal });
  await expect(start).rejects.toMatchObject({ code: "ENOENT", syscall: `spawn ${program[0]}` });
  rmSync(stateDir, { recursive: true });
});
