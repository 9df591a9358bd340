import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { expect, test } from "vitest";
import { openKubeClient } from "../../src/kube/index.ts";
import { clusterMissing, startCluster } from "./startCluster.ts";

const missing = clusterMissing();

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
