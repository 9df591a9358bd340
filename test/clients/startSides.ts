import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSandbox } from "../../src/sandbox/startSandbox.ts";
import { startCluster } from "../cluster/startCluster.ts";

/** One of the two clusters that are compared. */
export interface Side {
  readonly name: "real" | "sandbox";
  /** Its administrator's. */
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

/** The real control plane and the sandbox, each with our node: pods that say how they run as processes do, the others pretend. */
export async function startSides(): Promise<readonly [real: Side, sandbox: Side]> {
  const sides = await Promise.allSettled([startReal(), startOurs()]);
  const [real, sandbox] = sides;
  if (real.status === "fulfilled" && sandbox.status === "fulfilled") return [real.value, sandbox.value];
  for (const side of sides) if (side.status === "fulfilled") await side.value.stop();
  throw new Error("a side did not start", {
    cause: sides.find((side) => side.status === "rejected")?.reason,
  });
}

async function startReal(): Promise<Side> {
  const cluster = await startCluster({ node: "rest" });
  return { name: "real", kubeconfig: cluster.kubeconfig, stop: () => cluster.stop() };
}

async function startOurs(): Promise<Side> {
  const folder = mkdtempSync(join(tmpdir(), "moorage-clients-"));
  const sandbox = await startSandbox({
    stateDir: join(folder, ".moorage"),
    platform: "lab",
    environment: process.env,
    simulate: "rest",
  });
  return {
    name: "sandbox",
    kubeconfig: sandbox.kubeconfig,
    async stop() {
      await sandbox.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
