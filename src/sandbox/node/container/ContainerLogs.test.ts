import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ContainerLogs } from "./ContainerLogs.ts";
import { ContainerRecord } from "./ContainerRecord.ts";

it("shows the log of the run before as that at every moment, also while the next one starts or has ended", async () => {
  const folder = mkdtempSync(join(tmpdir(), "moorage-logs-"));
  const container = { name: "main", image: "example.org/x:1" };
  const record = new ContainerRecord({ container, policy: "Always", waiting: "ContainerCreating", now: "" });
  const logs = new ContainerLogs(folder, Date.now, record);
  const before = (): string | undefined => {
    const found = logs.find(true);
    return found && readFileSync(found.file, "utf8").replace(/^.* /, "");
  };
  const terminated = { exitCode: 1, reason: "Error", startedAt: "", finishedAt: "" };
  try {
    const first = logs.open();
    expect(before()).toBeUndefined();
    await first.append("stdout", "first\n");
    await logs.close(first);
    record.state = { terminated };
    expect(before()).toBeUndefined();
    // The back-off, and its end.
    record.lastRun = record.restarts;
    record.lastState = { terminated };
    record.state = { waiting: { reason: "CrashLoopBackOff" } };
    expect(before()).toBe("first\n");
    record.restarts++;
    // Its log is there before its process is.
    const second = logs.open();
    expect(before()).toBe("first\n");
    record.state = { running: { startedAt: "" } };
    expect(before()).toBe("first\n");
    await second.append("stdout", "second\n");
    await logs.close(second);
    record.state = { terminated };
    expect(before()).toBe("first\n");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
