import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { substituteMounts } from "../references/substituteMounts.ts";
import { mountedArchive } from "./mountedArchive.ts";

describe("an archive out of a pod", () => {
  let folder = "";
  let work = "";
  const mounts = () => [
    { mountPath: "/data", folder: join(folder, "volume") },
    { mountPath: "/data/inner", folder: join(folder, "other volume") },
  ];
  const substitute = (text: string): string => substituteMounts(text, mounts());
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "moorage-archive-"));
    work = join(folder, "work");
    mkdirSync(work);
    mkdirSync(join(folder, "volume", "sub"), { recursive: true });
    mkdirSync(join(folder, "other volume"));
    writeFileSync(join(folder, "volume", "sub", "a file"), "a");
    writeFileSync(join(folder, "other volume", "b"), "b");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each<[string, string[], string[]]>([
    ["of a folder below a mount", ["tar", "cf", "-", "/data/sub"], ["data/sub/", "data/sub/a file"]],
    ["of a file", ["tar", "cf", "-", "/data/sub/a file"], ["data/sub/a file"]],
    ["of a whole mount", ["tar", "cf", "-", "/data"], ["data/./", "data/./sub/", "data/./sub/a file"]],
    ["of a mount in a mount", ["tar", "cf", "-", "/data/inner/b"], ["data/inner/b"]],
    ["that is gone on with", ["sh", "-c", "tar cf - /data/inner/b | tail -c+1"], ["data/inner/b"]],
  ])("%s holds the names that were asked for", async (_what, command, names) => {
    const prepared = await mountedArchive(command, substitute, work);
    const [program = "", ...args] = prepared?.argv ?? [];
    const archive = execFileSync(program, args);
    const listed = execFileSync("tar", ["tf", "-"], { input: archive }).toString().trim().split("\n");
    expect(listed.toSorted()).toEqual(names.toSorted());
    await prepared?.done();
    expect(readdirSync(work)).toEqual([]);
  });

  it.each([
    [["tar", "cf", "-", "/etc/hosts"]],
    [["tar", "cf", "-", "data/sub"]],
    [["tar", "xmf", "-", "-C", "/data"]],
    [["sh", "-c", "ls /data"]],
    [["ls", "/data"]],
  ])("is nothing else: %j", async (command) => {
    expect(await mountedArchive(command, substitute, work)).toBeUndefined();
  });
});
