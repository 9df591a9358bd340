import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { lastWords } from "./lastWords.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "moorage-words-"));
  writeFileSync(join(folder, "0.log"), "2026-01-01T00:00:00Z stderr F out of memory\n");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const said = (path: string, exitCode: number, terminationMessagePolicy?: string): Promise<string> => {
  const container = { name: "main", image: "example.org/x:1", terminationMessagePolicy };
  return lastWords(container as never, path, join(folder, "0.log"), exitCode);
};

it.each<[what: string, leave: (path: string) => void, expected: string]>([
  ["what it wrote", (path) => writeFileSync(path, "done\n"), "done\n"],
  // The first 4096 characters were told, of a file that was read whole.
  [
    "the last 4096 bytes of a long message",
    (path) => writeFileSync(path, `begin${"x".repeat(5000)}end`),
    `${"x".repeat(4093)}end`,
  ],
  ["nothing of a file that it took away", () => {}, ""],
  ["nothing of a folder in its place", (path) => mkdirSync(path), ""],
  // It was waited for a writer, by the whole sandbox.
  ["nothing of a pipe in its place", (path) => void execFileSync("mkfifo", [path]), ""],
])("tells of a program's end %s", async (_what, leave, expected) => {
  const path = join(folder, "termination-log");
  leave(path);
  expect(await said(path, 1)).toBe(expected);
});

it("tells the end of the log only of a program that failed, where that is asked for", async () => {
  const path = join(folder, "none");
  expect(await said(path, 1, "FallbackToLogsOnError")).toBe("out of memory\n");
  expect(await said(path, 0, "FallbackToLogsOnError")).toBe("");
  expect(await said(path, 1, "File")).toBe("");
});
