import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clusterMissing } from "../cluster/startCluster.ts";
import { compareFlow } from "./compareFlow.ts";
import { describeDifference } from "./findDifferences.ts";
import { flows } from "./flows.ts";
import { startOurs, startReal, type ControlledServer } from "./startControlledServers.ts";

const missing = clusterMissing();

/** Where ours still leave something else: flow -> the paths of what differs, and why it may. */
const known: Readonly<Record<string, readonly string[]>> = {
  // A number of a kind of rollout that is gone since 1.9, kept by Kubernetes for clients that are older.
  "a DaemonSet": [
    "DaemonSet a.metadata.annotations",
    "ControllerRevision a-<hash>.metadata.annotations",
    "Pod a-<generated>.metadata.labels.pod-template-generation",
  ],
};

describe.skipIf(missing !== undefined)(
  `The sandbox's controllers leave what the real ones leave${missing ? ` (skipped: ${missing})` : ""}`,
  () => {
    let real: ControlledServer;
    let ours: ControlledServer;
    beforeAll(async () => {
      [real, ours] = await Promise.all([startReal(), startOurs()]);
    }, 180_000);
    afterAll(async () => {
      await Promise.all([real?.stop(), ours?.stop()]);
    });

    test.each(flows)("$title", { timeout: 120_000 }, async ({ title, run }) => {
      const expected = known[title] ?? [];
      const found = await compareFlow(run, real, ours);
      expect(found.filter(({ path }) => !expected.includes(path)).map(describeDifference)).toEqual([]);
      // What no longer differs is to be taken off the list.
      expect(found.map(({ path }) => path).filter((path) => expected.includes(path))).toEqual(expected);
    });
  },
);
