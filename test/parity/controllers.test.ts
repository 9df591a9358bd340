import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clusterMissing } from "../cluster/startCluster.ts";
import { compareFlow } from "./compareFlow.ts";
import { describeDifference } from "./findDifferences.ts";
import { flows } from "./flows.ts";
import { startOurs, startReal, type ControlledServer } from "./startControlledServers.ts";

const missing = clusterMissing({ own: "simulated nodes and controllers of its own" });

describe.skipIf(missing !== undefined)(
  `The sandbox's controllers leave what the real ones leave${missing ? ` (skipped: ${missing})` : ""}`,
  () => {
    let real: ControlledServer;
    let ours: ControlledServer;
    beforeAll(async () => {
      [real, ours] = await Promise.all([startReal(), startOurs()]);
    }, 300_000);
    afterAll(async () => {
      await Promise.all([real?.stop(), ours?.stop()]);
    });

    test.each(flows)("$title", { timeout: 300_000 }, async ({ run }) => {
      const found = await compareFlow(run, real, ours);
      expect(found.map(describeDifference)).toEqual([]);
    });
  },
);
