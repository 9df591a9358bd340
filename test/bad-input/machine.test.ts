import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
} from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CliFolder, type CliProcess, type CliResult } from "../cli/CliFolder.ts";
import { processesBelow } from "../dev/DevRun.ts";
import { unclear } from "./unclear.ts";

const listening = async (): Promise<{ server: Server; port: number }> => {
  const server = createServer();
  const port = await new Promise<number>((done) => {
    server.listen(0, "127.0.0.1", () => done((server.address() as { port: number }).port));
  });
  return { server, port };
};

const isOpen = async (port: number): Promise<boolean> =>
  await new Promise((done) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      done(true);
    });
    socket.once("error", () => done(false));
  });

/** A file system of a few pages, where this account may mount one. */
function mountTiny(path: string, size: string): boolean {
  mkdirSync(path, { recursive: true });
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "moorage-test", path], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(process.platform !== "linux")("a machine that is in the way", { timeout: 180_000 }, () => {
  let folder: CliFolder;
  let running: CliProcess | undefined;
  let mounted: string | undefined;
  beforeEach(async () => {
    folder = new CliFolder();
    await folder.run(["init", "--name", "tides", "--template", "web", "--yes"]);
  });
  afterEach(async () => {
    await running?.interrupt();
    running = undefined;
    if (mounted !== undefined) execFileSync("umount", ["-l", mounted]);
    mounted = undefined;
    folder.remove();
  });

  const moorage = async (...argv: string[]): Promise<CliResult> => {
    running = folder.start(argv);
    const result = await running.ended;
    running = undefined;
    return result;
  };
  const nothingLeft = (): void => {
    expect(processesBelow(realpathSync(folder.path))).toEqual([]);
    expect(existsSync(join(folder.path, ".moorage", "sandbox.json"))).toBe(false);
  };

  it.each([["dev"], ["sandbox"]])("a port in use is named (%s)", async (command) => {
    const { server, port } = await listening();
    const result = await moorage(command, "--port", String(port));
    server.close();
    expect(unclear(result, 1, [`port ${port}`, "taken by another program"])).toEqual([]);
    nothingLeft();
  });

  it("a program that dies at once is told with its last lines, and the loop waits for a change", async () => {
    folder.write("web/server.js", "console.error('the tide is out');\nprocess.exit(3);\n");
    running = folder.start(["dev"]);
    await running.prints(/waiting for a change/);
    expect(running.stderr).toContain("the tide is out");
    expect(running.stderr.match(/^error /gm)).toHaveLength(1);
    folder.write(
      "web/server.js",
      "require('node:http').createServer((_, answer) => answer.end('ok')).listen(process.env.PORT);\n",
    );
    const [, port] = await running.prints(/http:\/\/web\.tides\.localhost:(\d+)\//);
    const { code } = await running.interrupt();
    expect(code).toBe(130);
    expect(await isOpen(Number(port))).toBe(false);
    nothingLeft();
  });

  it("a second sandbox over the same folder is refused, and the first goes on", async () => {
    running = folder.start(["sandbox"]);
    await running.prints(/The sandbox is ready/);
    const second = folder.start(["sandbox"]);
    expect(unclear(await second.ended, 1, ["runs over this folder already", "moorage sandbox env"])).toEqual(
      [],
    );
    expect((await folder.run(["history", "dev"])).code).toBe(0);
    await running.interrupt();
    nothingLeft();
  });

  it("a disk that is full when the sandbox starts is said, with the file", async ({ skip }) => {
    const disk = join(folder.path, "disk");
    skip(!mountTiny(disk, "8k"), "needs the right to mount a small file system");
    mounted = disk;
    symlinkSync(disk, join(folder.path, ".moorage"));
    expect(unclear(await moorage("dev"), 1, ["full", "disk"])).toEqual([]);
    nothingLeft();
  });

  it("a disk that fills up while the sandbox runs loses nothing that was acknowledged", async ({ skip }) => {
    const disk = join(folder.path, "disk");
    skip(!mountTiny(disk, "3m"), "needs the right to mount a small file system");
    mounted = disk;
    symlinkSync(disk, join(folder.path, ".moorage"));
    running = folder.start(["sandbox"]);
    await running.prints(/The sandbox is ready/);
    const text = readFileSync(join(folder.path, "moorage.config.ts"), "utf8");
    const big = (size: number): string =>
      text
        .replace("import { platform", "import { manifests, platform")
        .replace(
          "return { web };",
          `const big = manifests({ objects: Array.from({ length: ${size} }, (_, i) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "big-" + i }, data: { text: "x".repeat(60000) } })) });\n    return { big };`,
        );
    folder.write("moorage.config.ts", big(1));
    const first = await folder.run(["deploy", "dev", "--yes"]);
    expect(first).toMatchObject({ code: 0 });
    folder.write("moorage.config.ts", big(100));
    expect(unclear(await folder.run(["deploy", "dev", "--yes"]), 1, ["full"])).toEqual([]);
    folder.write("moorage.config.ts", big(1));
    expect((await folder.run(["history", "dev", "-o", "json"])).stdout).toContain('"number": 1');
    await running.interrupt();
    nothingLeft();
  });

  it("a folder that can't be written to is said", async ({ skip }) => {
    skip(process.getuid?.() === 0, "the administrator may write everywhere");
    chmodSync(folder.path, 0o500);
    const result = await moorage("dev");
    chmodSync(folder.path, 0o700);
    expect(unclear(result, 1, [".moorage"])).toEqual([]);
    nothingLeft();
  });

  it("a file where the state's folder belongs is said", async () => {
    folder.write(".moorage", "mine");
    const before = readdirSync(folder.path);
    expect(unclear(await moorage("dev"), 1, [".moorage"])).toEqual([]);
    expect(folder.read(".moorage")).toBe("mine");
    expect(readdirSync(folder.path)).toEqual(before);
  });

  it("a plan that can't be saved is said", async () => {
    folder.write("taken/file", "");
    running = folder.start(["sandbox"]);
    await running.prints(/The sandbox is ready/);
    expect(
      unclear(await folder.run(["plan", "dev", "--save", "missing/dev.plan"]), 1, [
        join(folder.path, "missing", "dev.plan"),
        "not there",
      ]),
    ).toEqual([]);
  });
});
