import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clusterMissing } from "../../cluster/startCluster.ts";
import { describeDifference } from "../findDifferences.ts";
import { startServers, type Servers } from "../startServers.ts";
import { sequences } from "./sequences.ts";

const missing = clusterMissing({ own: "an API server beside which only two controllers run" });
/** Sequences of each kind, with some twenty steps each. */
const asked = process.env["PARITY_RUNS"];
const seed = Number(process.env["PARITY_SEED"] ?? 20_261_121);

describe.skipIf(missing !== undefined)(
  `The sandbox answers random sequences as a real API server${missing ? ` (skipped: ${missing})` : ""}`,
  () => {
    let servers: Servers;
    beforeAll(async () => {
      servers = await startServers();
    }, 300_000);
    afterAll(() => servers?.stop());

    const tried = Object.entries(sequences).filter(([, { runs }]) => asked !== undefined || runs > 0);
    test.for(tried)("of %s", { timeout: 600_000 }, async ([title, { steps, whole, runs }]) => {
      // A difference is cut down to the steps that it needs; the steps stay as they are.
      const late = fc.array(fc.noShrink(steps), { minLength: 5, maxLength: 30, size: "max" });
      await fc.assert(
        fc.asyncProperty(late, async (some) => {
          const sequence = whole(some);
          const { differences } = await servers.compare(sequence);
          if (differences.length === 0) return;
          // One of the two may have passed from one second to the next where the other didn't: what differs, differs again.
          const again = await servers.compare(sequence);
          expect(again.differences.map(describeDifference)).toEqual([]);
          // Not passed silently: the seed and the steps say how to see it again.
          const seen = differences.map(describeDifference).join("\n").slice(0, 4000);
          const requests = sequence.steps.map(({ method, path }) => `${method} ${path}`).join(", ");
          console.warn(`${title}: differed once, not twice (seed ${seed})\n${seen}\nafter ${requests}`);
        }),
        { seed, numRuns: asked === undefined ? runs : Number(asked) },
      );
    });
  },
);
