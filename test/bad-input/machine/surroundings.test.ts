import { execFileSync, spawn } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { root } from "../../dev/DevRun.ts";
import { unclear } from "../unclear.ts";
import { Machine } from "./Machine.ts";

const command = [process.execPath, join(root, "bin", "moorage.js")] as const;

/** Whether the command can be run under another account here: that takes an administrator, and a checkout that others may read. */
function mayRun(user: number): boolean {
  try {
    const line = [`--reuid=${user}`, `--regid=${user}`, "--clear-groups", ...command, "--version"];
    execFileSync("setpriv", line, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(process.platform !== "linux")("where Moorage runs", () => {
  let machine: Machine;
  beforeEach(async () => {
    machine = await Machine.create();
  });
  afterEach(async () => {
    await machine.end();
    rmSync(`${machine.path}-moved`, { recursive: true, force: true });
  });

  /** What `moorage dev` prints and how it ends, begun by a shell line that may limit it. */
  const shell = async (line: string): Promise<{ code: number | null; stdout: string; stderr: string }> => {
    const child = spawn("/bin/bash", ["-c", `${line}; exec "$@"`, "bash", ...command, "dev"], {
      cwd: machine.path,
      env: machine.environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const printed = { stdout: "", stderr: "" };
    let asked = false;
    child.stdout.on("data", (chunk: Buffer) => {
      printed.stdout += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      printed.stderr += chunk.toString();
      if (asked || !/Ctrl-C stops it|waiting for a change/.test(printed.stderr)) return;
      // Once: asked twice it does not wait for its sandbox.
      asked = true;
      child.kill("SIGINT");
    });
    const code = await new Promise<number | null>((done) => child.once("close", done));
    return { code, ...printed };
  };

  it("a state folder that is removed meanwhile ends the sandbox and the loop, which say so", async () => {
    const dev = await machine.dev();
    rmSync(join(machine.path, ".moorage"), { recursive: true });
    expect(unclear(await dev.ended, 1, ["removed or moved", ".moorage", "moorage dev"])).toEqual([]);
    await machine.nothingLeft();
    expect(existsSync(join(machine.path, ".moorage"))).toBe(false);
  });

  it("a folder that is moved meanwhile takes the objects along, and the next start there finds them", async () => {
    const dev = await machine.dev();
    renameSync(machine.path, `${machine.path}-moved`);
    expect(unclear(await dev.ended, 1, ["removed or moved", "moorage dev"])).toEqual([]);
    expect(existsSync(machine.path)).toBe(false);
    renameSync(`${machine.path}-moved`, machine.path);
    const next = await machine.dev();
    expect(next.stderr).toContain("Running, as it was left");
    expect((await next.interrupt()).code).toBe(130);
    await machine.nothingLeft();
  });

  it("a disk that has room for the first objects only is told as full, and is no bug", async ({ skip }) => {
    const disk = join(machine.path, ".moorage");
    skip(!machine.mount(disk, "40k"), "needs the right to mount a small file system");
    expect(unclear(await machine.start(["dev"]).ended, 1, ["full", disk])).toEqual([]);
    await machine.nothingLeft();
  });

  it.each([
    [
      "no HOME, no temporary folder, 256 open files and a umask that shows everything",
      "unset HOME; export TMPDIR=/dev/null/none; ulimit -n 256; umask 000",
    ],
    [
      "proxies that are not there, another language, time zone and terminal",
      "export {HTTP,HTTPS,ALL,http,https,all}_PROXY=http://127.0.0.1:1 NODE_USE_ENV_PROXY=1 LANG=de_DE.ISO-8859-1 LC_ALL=C TZ=No/Where TERM=dumb COLUMNS=20",
    ],
  ])("with %s a platform runs, and ends in order", async (_what, line) => {
    const { code, stdout, stderr } = await shell(line);
    expect(stderr).toContain("Running, after");
    expect(stdout).toContain("http://web.tides.localhost:");
    expect(code).toBe(130);
    await machine.nothingLeft();
    // Private, whatever the umask says: tokens, keys and objects.
    const modes = execFileSync("stat", ["-c", "%a", ".moorage", ".moorage/objects.sqlite"], {
      cwd: machine.path,
    });
    expect(modes.toString().trim().split("\n")).toEqual(["700", "600"]);
  });

  it("a temporary folder that is not there is not made", () => {
    const none = join(machine.path, "none");
    const env = { ...machine.environment, TMPDIR: none };
    expect(execFileSync(command[0], [command[1], "--version"], { env }).toString()).toMatch(/^\d+\.\d+/);
    expect(existsSync(none)).toBe(false);
  });

  it("a folder whose name holds everything that a name may hold, and is long", async () => {
    const odd = join(machine.path, `o'd"d $(touch hi); ü`, "a".repeat(110), "b".repeat(110));
    mkdirSync(odd, { recursive: true });
    for (const name of ["moorage.config.ts", "web"]) renameSync(join(machine.path, name), join(odd, name));
    const dev = await machine.dev("--file", join(odd, "moorage.config.ts"));
    expect((await dev.interrupt()).code).toBe(130);
    expect(readdirSync(machine.path)).not.toContain("hi");
    await machine.nothingLeft();
  });

  it("an account without rights: works in its own folder, is told of a state folder that is another's", async ({
    skip,
  }) => {
    const nobody = 65_534;
    const asNobody = `exec setpriv --reuid=${nobody} --regid=${nobody} --clear-groups "$@"`;
    machine.environment["HOME"] = undefined;
    skip(!mayRun(nobody), "needs the right to run the command as another account, which may read it");
    for (const name of [".", "web", "moorage.config.ts", "web/server.js"])
      chownSync(join(machine.path, name), nobody, nobody);
    const works = await shell(asNobody);
    expect(works.stderr).toContain("Running, after");
    expect(works.code).toBe(130);
    chownSync(join(machine.path, ".moorage"), 0, 0);
    chmodSync(join(machine.path, ".moorage"), 0o700);
    expect(unclear(await shell(asNobody), 1, ["permission denied", join(machine.path, ".moorage")])).toEqual(
      [],
    );
    await machine.nothingLeft();
  });
});
