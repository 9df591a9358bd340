import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe } from "vitest";
import { clusterMissing, startCluster } from "../cluster/startCluster.ts";
import { describeStreams } from "./describeStreams.ts";

const missing =
  clusterMissing() ?? (process.env["MOORAGE_TEST_CONTEXT"] ? "it needs a cluster of its own" : undefined);

// The same, with a real API server between kubectl and the node: it passes websockets on as they are.
describe.skipIf(missing !== undefined)(
  `the streams of pods under a real control plane${missing === undefined ? "" : ` (skipped: ${missing})`}`,
  () => {
    describeStreams(
      async () => {
        const folder = mkdtempSync(join(tmpdir(), "moorage-streams-"));
        const cluster = await startCluster({ node: true });
        return {
          kubeconfig: cluster.kubeconfig,
          folder,
          async close() {
            await cluster.stop();
            rmSync(folder, { recursive: true, force: true });
          },
        };
      },
      { amounts: false },
    );
  },
);
