import { closeSync, openSync } from "node:fs";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CliProcess } from "../../cli/CliFolder.ts";
import { processesBelow, root } from "../../dev/DevRun.ts";
import { unclear } from "../unclear.ts";
import { Machine } from "./Machine.ts";

/** Loaded into the sandbox's process as a user's NODE_OPTIONS may: it then has a bug when it is told. */
const bug = `if (process.argv.includes("sandbox")) process.on("SIGUSR2", () => setImmediate(() => { throw new TypeError("the tide is out"); }));`;

describe.skipIf(process.platform !== "linux")(
  "however a process of Moorage ends",
  { timeout: 300_000 },
  () => {
    let machine: Machine;
    beforeEach(async () => {
      machine = await Machine.create();
    });
    afterEach(async () => await machine.end());

    it.each([
      ["is killed", "SIGKILL", 1, ["ended from outside (SIGKILL)", "moorage dev"]],
      ["crashes", "SIGUSR2", 1, ["the tide is out", "exit code 1", "moorage dev"]],
      ["is stopped", "SIGTERM", 130, ["stopped from elsewhere", "moorage dev"]],
    ] as const)(
      "a development loop whose sandbox %s says so and ends, with every program",
      async (_how, signal, code, says) => {
        machine.environment["NODE_OPTIONS"] = `--require ${machine.write("bug.cjs", bug)}`;
        const dev = await machine.dev();
        process.kill(machine.sandboxPid(), signal);
        const { stderr, ...result } = await dev.ended;
        // Here one is.
        const told = { ...result, stderr: stderr.replace("Moorage has a bug", "") };
        expect(unclear(told, code, says)).toEqual([]);
        await machine.nothingLeft();
      },
    );

    it("killed, a development loop takes its sandbox and its programs along; what it deployed is there again at the next start", async () => {
      const dev = await machine.dev();
      dev.child.kill("SIGKILL");
      await dev.ended;
      // At once: the old one may still be on its way out.
      const next = await machine.dev();
      expect(next.stderr).toContain("Running, as it was left");
      expect(processesBelow(machine.path).filter((each) => each.includes("server.js"))).toHaveLength(1);
      expect((await next.interrupt()).code).toBe(130);
      await machine.nothingLeft();
    });

    it.each([
      ["crashes", "SIGUSR2", 1],
      ["is quit", "SIGQUIT", 130],
    ] as const)("a sandbox by itself that %s ends what it runs", async (_how, signal, code) => {
      machine.environment["NODE_OPTIONS"] = `--require ${machine.write("bug.cjs", bug)}`;
      const sandbox = machine.start(["sandbox"]);
      await sandbox.prints(/Ctrl-C stops it/);
      expect(await machine.run(["deploy", "dev", "--yes"])).toMatchObject({ code: 0 });
      sandbox.child.kill(signal);
      expect((await sandbox.ended).code).toBe(code);
      await machine.nothingLeft();
    });

    it("a sandbox that was killed leaves programs running, and the next start replaces them", async () => {
      const run = async (): Promise<CliProcess> => {
        const sandbox = machine.start(["sandbox"]);
        await sandbox.prints(/Ctrl-C stops it/);
        return sandbox;
      };
      const programs = (): string[] =>
        processesBelow(machine.path).filter((each) => each.includes("server.js"));
      const first = await run();
      expect(await machine.run(["deploy", "dev", "--yes"])).toMatchObject({ code: 0 });
      const before = programs();
      expect(before).toHaveLength(1);
      first.child.kill("SIGKILL");
      await first.ended;
      const second = await run();
      await expect.poll(programs).toHaveLength(1);
      expect(programs()).not.toEqual(before);
      await second.interrupt();
      await machine.nothingLeft();
    });

    it("two development loops of one folder that start at once share a sandbox; the second says when it is gone", async () => {
      const both = [machine.start(["dev"]), machine.start(["dev"])];
      await Promise.all(both.map((each) => each.prints(/Ctrl-C stops it/)));
      const [second, ...no] = both.filter((each) =>
        each.stderr.includes("Using the sandbox that runs already"),
      );
      expect(no).toEqual([]);
      const first = both.find((each) => each !== second);
      expect((await first?.interrupt())?.code).toBe(130);
      expect(unclear(await second!.ended, 1, ["has ended", "moorage dev"])).toEqual([]);
      await machine.nothingLeft();
    });

    it("an output that is full is said, and fails", async () => {
      const full = openSync("/dev/full", "w");
      const child = spawn(process.execPath, [join(root, "bin", "moorage.js"), "render", "dev"], {
        cwd: machine.path,
        env: machine.environment,
        stdio: ["ignore", full, "pipe"],
      });
      closeSync(full);
      let stderr = "";
      child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
      const code = await new Promise<number | null>((done) => child.once("close", done));
      expect(unclear({ code, stdout: "", stderr }, 1, ["stdout", "the disk is full"])).toEqual([]);
    });
  },
);
