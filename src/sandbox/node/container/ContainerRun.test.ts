import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { testNode } from "../testing/testNode.ts";

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

// It went on beside the next one, and the one after: a full disk filled the machine with programs.
it("leaves no program running that it could not note down", async () => {
  const cluster = await testNode({ backoff: { base: 50, max: 200 } });
  const notes = join(cluster.stateDir, "processes");
  try {
    rmSync(notes, { recursive: true });
    writeFileSync(notes, "");
    const cwd = cluster.program({
      "program.cjs":
        "require('fs').appendFileSync('pids', process.pid + '\\n'); setInterval(() => {}, 1000);",
    });
    const pids = (): number[] =>
      existsSync(join(cwd, "pids"))
        ? readFileSync(join(cwd, "pids"), "utf8").trim().split("\n").map(Number)
        : [];
    await cluster.pod(
      "unnoted",
      { containers: [{ name: "main", image: "x", command: [process.execPath, "program.cjs"] }] },
      { main: { cwd } },
    );
    await cluster.eventually("the reason", async () => {
      const pod = await cluster.getPod("unnoted");
      return pod?.status?.containerStatuses?.[0]?.state.waiting?.reason === "RunContainerError";
    });
    rmSync(notes);
    mkdirSync(notes, { mode: 0o700 });
    await cluster.eventually("the program to run", async () => {
      const pod = await cluster.getPod("unnoted");
      return pod?.status?.containerStatuses?.[0]?.state.running !== undefined && pids().length > 0;
    });
    await expect.poll(() => pids().filter(isAlive)).toHaveLength(1);
  } finally {
    rmSync(notes, { recursive: true, force: true });
    mkdirSync(notes, { mode: 0o700 });
    await cluster.stop();
  }
});
