import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ContainerLog, rotateAt } from "./ContainerLog.ts";
import { logTail, readLog, type ReadLogOptions } from "./readLog.ts";

let folder = "";
let now = Date.parse("2026-01-01T00:00:00Z");
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "moorage-log-"));
  now = Date.parse("2026-01-01T00:00:00Z");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const begin = (): ContainerLog => new ContainerLog(join(folder, "main", "0.log"), () => now);
async function text(log: ContainerLog, options: ReadLogOptions = {}): Promise<string> {
  let all = "";
  for await (const chunk of readLog(log.file, log, options)) all += Buffer.from(chunk).toString("utf8");
  return all;
}

it("gives back what was written, also an unfinished last line and a character cut in two", async () => {
  const log = begin();
  const bytes = Buffer.from("grün\n");
  await log.append("stdout", bytes.subarray(0, 3));
  await log.append("stderr", "warned\n");
  await log.append("stdout", bytes.subarray(3));
  await log.append("stdout", "no end");
  await log.close();
  expect(await text(log)).toBe("warned\ngrün\nno end\n");
});

it("obeys tailLines, limitBytes, since and timestamps", async () => {
  const log = begin();
  for (let at = 0; at < 5; at++) {
    await log.append("stdout", `line ${at}\n`);
    now += 1000;
  }
  await log.close();
  expect(await text(log, { tailLines: 2 })).toBe("line 3\nline 4\n");
  expect(await text(log, { tailLines: 0 })).toBe("");
  expect(await text(log, { limitBytes: 9 })).toBe("line 0\nli");
  expect(await text(log, { since: Date.parse("2026-01-01T00:00:03Z") })).toBe("line 3\nline 4\n");
  expect(await text(log, { tailLines: 1, timestamps: true })).toBe("2026-01-01T00:00:04.000000000Z line 4\n");
  expect(await logTail(log.file, 1)).toBe("line 4\n");
});

it("keeps a line of any length whole, and counts it as one", async () => {
  const log = begin();
  const long = "x".repeat(100_000);
  await log.append("stdout", `${long}\nshort\n`);
  await log.close();
  expect(await text(log, { tailLines: 2, timestamps: true })).toMatch(/^2026\S+ x{100000}\n2026\S+ short\n$/);
});

it("follows until the container ends, across a rotation", async () => {
  const log = begin();
  await log.append("stdout", "first\n");
  const following = text(log, { follow: true });
  const line = `${"y".repeat(1000)}\n`;
  const count = Math.ceil((rotateAt * 1.2) / 1040);
  for (let at = 0; at < count; at++) await log.append("stdout", line);
  await log.append("stdout", "last\n");
  await log.close();
  const all = await following;
  expect(all.startsWith("first\n")).toBe(true);
  expect(all.endsWith("last\n")).toBe(true);
  expect(all.length).toBe("first\nlast\n".length + count * 1001);
});

it("stops following when asked", async () => {
  const log = begin();
  await log.append("stdout", "first\n");
  const stop = new AbortController();
  let all = "";
  for await (const chunk of readLog(log.file, log, { follow: true, signal: stop.signal })) {
    all += Buffer.from(chunk).toString("utf8");
    stop.abort();
  }
  expect(all).toBe("first\n");
  await log.close();
});
