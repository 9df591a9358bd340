import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { entered } from "./entered.ts";
import { tokenPath, TokenMounts } from "./TokenMounts.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "moorage-mounts-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = process.env["PATH"];

const trial = mkdtempSync(join(tmpdir(), "moorage-mounts-"));
const works =
  (await new TokenMounts({ path, stateDir: trial }).enter(trial, join(trial, "run"))) !== undefined;
rmSync(trial, { recursive: true });

it.skipIf(!works)(
  "shows each program its own token at the same path, beside all else of /run, and leaves nothing behind",
  async () => {
    const before = existsSync(tokenPath);
    const said: string[] = [];
    for (const name of ["one", "two"]) {
      const volume = join(folder, name);
      mkdirSync(volume);
      writeFileSync(join(volume, "token"), name);
      const enter = await new TokenMounts({ path, stateDir: folder }).enter(
        volume,
        join(folder, `run-${name}`),
      );
      const surroundings = { cwd: folder, env: { PATH: path ?? "" }, enter: enter ?? [] };
      const [command = "", ...args] = entered(["sh", "-c", `cat ${tokenPath}/token; ls /run`], surroundings);
      said.push(execFileSync(command, args, { encoding: "utf8" }));
    }
    const others = readdirSync("/run").filter((each) => !each.startsWith(".") && each !== "secrets");
    for (const [at, text] of said.entries()) {
      expect(text.startsWith(at === 0 ? "one" : "two")).toBe(true);
      for (const other of others) expect(text).toContain(other);
    }
    expect(existsSync(tokenPath)).toBe(before);
  },
);

it.each([
  ["no Linux", { platform: "darwin" as const, path }],
  ["no unshare(1)", { path: "/nowhere" }],
])("can't where there is %s", async (_why, options) => {
  expect(
    await new TokenMounts({ stateDir: folder, ...options }).enter(folder, join(folder, "run")),
  ).toBeUndefined();
});

it("starts what isn't there as it is, so that the system says so", () => {
  const surroundings = { cwd: folder, env: { PATH: path ?? "" }, enter: ["enter"] };
  expect(entered(["nothing-like-it"], surroundings)).toEqual(["nothing-like-it"]);
  expect(entered(["./nothing"], surroundings)).toEqual(["./nothing"]);
  expect(entered(["sh", "-c", "true"], surroundings)).toEqual(["enter", "sh", "-c", "true"]);
});
