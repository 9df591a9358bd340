import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { loadKubeconfig, openKubeClient } from "../../src/kube/index.ts";
import { clusterMissing, startCluster } from "./startCluster.ts";

const missing = clusterMissing();
const notOurs = clusterMissing({ own: "a control plane of its own" });

afterEach(() => void vi.unstubAllEnvs());

test.skipIf(missing !== undefined)(
  `gives a real API server, and leaves nothing behind${missing ? ` (${missing})` : ""}`,
  async () => {
    const cluster = await startCluster({ components: ["kube-apiserver"] });
    try {
      const { client } = openKubeClient({ env: {}, home: homedir(), kubeconfig: cluster.kubeconfig });
      const version = await client.transport.send({ method: "GET", path: "/version" });
      const { major, minor } = (await version.json()) as { major: string; minor: string };
      expect(major).toBe("1");
      expect(Number.parseInt(minor, 10)).toBeGreaterThanOrEqual(34);
      await client.close();
    } finally {
      await cluster.stop();
    }
    for (const pid of Object.values(cluster.pids)) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    expect(cluster.ours && existsSync(cluster.kubeconfig)).toBe(false);
  },
);

test.skipIf(notOurs !== undefined)(
  `uses the context that is given, starts nothing, and leaves it running${notOurs ? ` (${notOurs})` : ""}`,
  { timeout: 300_000 },
  async () => {
    const theirs = await startCluster({ components: ["kube-apiserver"] });
    try {
      const { currentContext } = loadKubeconfig({ path: theirs.kubeconfig, env: {}, home: "/" });
      vi.stubEnv("KUBECONFIG", theirs.kubeconfig);
      vi.stubEnv("MOORAGE_TEST_CONTEXT", currentContext ?? "");
      expect(clusterMissing()).toBeUndefined();
      expect(clusterMissing({ own: "a node of ours" })).toBe(
        `needs a node of ours, which the context ${currentContext} does not promise`,
      );
      const given = await startCluster({ node: true });
      expect(given).toMatchObject({ ours: false, pids: {} });
      expect(given.description).toMatch(`context ${currentContext} at https://127.0.0.1:`);
      expect(given.kubeconfig).not.toBe(theirs.kubeconfig);
      const versionOf = async (kubeconfig: string): Promise<number> => {
        const { client } = openKubeClient({ env: {}, home: homedir(), kubeconfig });
        const { status } = await client.transport.send({ method: "GET", path: "/version" });
        await client.close();
        return status;
      };
      expect(await versionOf(given.kubeconfig)).toBe(200);
      await given.stop();
      expect(existsSync(given.kubeconfig)).toBe(false);
      expect(await versionOf(theirs.kubeconfig)).toBe(200);
    } finally {
      await theirs.stop();
    }
  },
);

test.skipIf(notOurs !== undefined)(
  `says why kind and k3d do not work, and goes on to what is built here${notOurs ? ` (${notOurs})` : ""}`,
  { timeout: 300_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "moorage-no-engine-"));
    for (const tool of ["kind", "k3d"])
      writeFileSync(
        join(folder, tool),
        `#!/bin/sh\n[ "$1" = version ] && exit 0\necho "Creating" >&2\necho "ERROR: ${tool} cannot connect to the Docker daemon" >&2\nexit 1\n`,
        { mode: 0o755 },
      );
    vi.stubEnv("PATH", `${folder}${delimiter}${process.env["PATH"]}`);
    const said: string[] = [];
    const cluster = await startCluster({ components: ["kube-apiserver"], build: (line) => said.push(line) });
    await cluster.stop();
    rmSync(folder, { recursive: true });
    expect(said).toEqual([
      "Starting a cluster with kind.",
      "kind does not work here: ERROR: kind cannot connect to the Docker daemon",
      "Starting a cluster with k3d.",
      "k3d does not work here: ERROR: k3d cannot connect to the Docker daemon",
    ]);
    expect(cluster.description).toContain("built here");
  },
);
