import { mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { openKubeClient } from "../../src/kube/index.ts";
import { systemClock } from "../../src/sandbox/Clock.ts";
import { startNode } from "../../src/sandbox/node/index.ts";
import { startSandbox } from "../../src/sandbox/startSandbox.ts";
import { startCluster } from "../cluster/startCluster.ts";

/** One of the two clusters that are compared. */
export interface Side {
  readonly name: "real" | "sandbox";
  /** Its administrator's. */
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

/** The real control plane and the sandbox, each with a node of ours whose pods pretend. */
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
  const folder = mkdtempSync(join(tmpdir(), "moorage-clients-"));
  const cluster = await startCluster();
  const { client } = openKubeClient({ env: {}, home: homedir(), kubeconfig: cluster.kubeconfig });
  const node = await startNode(client, {
    stateDir: folder,
    clock: systemClock,
    random: Math.random,
    environment: process.env,
    simulate: true,
  });
  return {
    name: "real",
    kubeconfig: cluster.kubeconfig,
    async stop() {
      await node.stop();
      await client.close();
      await cluster.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startOurs(): Promise<Side> {
  const folder = mkdtempSync(join(tmpdir(), "moorage-clients-"));
  const sandbox = await startSandbox({
    stateDir: join(folder, ".moorage"),
    platform: "lab",
    environment: process.env,
    simulate: true,
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
