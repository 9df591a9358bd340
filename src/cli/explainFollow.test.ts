import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runCli } from "./runCli.ts";

describe("-f where --follow was meant", () => {
  let folder: string;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "moorage-cli-")));
    mkdirSync(join(folder, "web"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const moorage = async (line: string): Promise<{ code: number; stderr: string }> => {
    let stderr = "";
    const code = await runCli(line.split(" "), {
      cwd: folder,
      environment: { HOME: folder, NO_COLOR: "1" },
      stdout: { write: () => {} },
      stderr: { write: (text) => void (stderr += text) },
      interactive: false,
      signal: new AbortController().signal,
      version: "0.0.0-test",
    });
    return { code, stderr };
  };

  it.each([
    ["logs dev -f", "logs dev --follow", "argument missing"],
    ["logs -f dev", "logs dev --follow", "missing required argument"],
    ["logs dev -f curator", "logs dev curator --follow", "there is no platform file curator"],
    ["logs dev -f web", "logs dev web --follow", "web is a folder"],
    ["logs dev -f --tail 3", "logs dev --tail 3 --follow", "there is no platform file --tail"],
    ["--file web logs dev -f", "--file web logs dev --follow", "argument missing"],
  ])("in `moorage %s` is told, with the line that was meant", async (line, meant, what) => {
    const { code, stderr } = await moorage(line);
    expect(code).toBe(2);
    expect(stderr).toContain(what);
    expect(stderr).toContain(`→ -f is --file, the platform file. To go on until Ctrl-C: moorage ${meant}\n`);
  });

  it.each([
    "-f web logs dev",
    "logs dev --file web",
    "status dev -f web",
    "status dev -f",
    "logs dev --tail",
  ])("is not told of `moorage %s`", async (line) => {
    const { code, stderr } = await moorage(line);
    expect(code).toBe(2);
    expect(stderr).not.toContain("--follow");
  });
});
