import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { systemClock } from "../../Clock.ts";
import { processIdentity } from "./processIdentity.ts";
import { ProcessLedger } from "./ProcessLedger.ts";
import { startProcess, type RunningProcess } from "./startProcess.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "moorage-ledger-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const start = (line: string, ledger: ProcessLedger): Promise<RunningProcess> =>
  startProcess(spawn, { argv: [process.execPath, "-e", line], cwd: folder, env: ledger.marker }, () => {});

it("ends what an earlier run left, also what ignores the signal", async () => {
  const before = new ProcessLedger(folder);
  const running = await start("process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)", before);
  await before.record(running.pid, "ns/pod/main");
  expect(await new ProcessLedger(folder).endLeftovers(systemClock, 100)).toEqual(["ns/pod/main"]);
  expect((await running.exited).exitCode).toBeGreaterThan(128);
  expect(readdirSync(join(folder, "processes"))).toEqual([]);
});

it("leaves a process alone that has only the number of one it knew", async () => {
  const ledger = new ProcessLedger(folder);
  const running = await start("setInterval(() => {}, 1000)", new ProcessLedger(join(folder, "other")));
  writeFileSync(
    join(folder, "processes", `${running.pid}.json`),
    JSON.stringify({ pid: running.pid, identity: "another/1", what: "x", stopSignal: "SIGTERM" }),
  );
  expect(await ledger.endLeftovers(systemClock, 100)).toEqual([]);
  expect(running.signal("SIGTERM")).toBe(true);
  await running.exited;
});

it.skipIf(process.platform !== "linux")(
  "ends what left its group, and resolves when it is gone, not when it was told",
  async () => {
    const ledger = new ProcessLedger(folder);
    const stay = JSON.stringify("setInterval(() => {}, 1000)");
    const spawnOne = `require("node:child_process").spawn(process.execPath, ["-e", ${stay}], { detached: true, stdio: "ignore" }).unref();`;
    const running = await start(spawnOne.repeat(4), ledger);
    expect(await running.exited).toEqual({ exitCode: 0 });
    const strays = await ledger.endStrays(systemClock);
    expect(strays).toHaveLength(4);
    expect(await Promise.all(strays.map(processIdentity))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(await ledger.endStrays(systemClock)).toEqual([]);
  },
);
