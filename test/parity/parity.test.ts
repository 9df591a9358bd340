import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clusterMissing } from "../cluster/startCluster.ts";
import { cases } from "./cases/index.ts";
import { describeDifference } from "./findDifferences.ts";
import { knownDifferences } from "./knownDifferences.ts";
import { startServers, type Servers } from "./startServers.ts";

const missing = clusterMissing({ own: "an API server beside which only two controllers run" });

describe.skipIf(missing !== undefined)(
  `The sandbox answers as a real API server${missing ? ` (skipped: ${missing})` : ""}`,
  () => {
    let servers: Servers;
    beforeAll(async () => {
      servers = await startServers();
    }, 300_000);
    afterAll(() => servers?.stop());

    const found = async (index: number): Promise<string[]> => {
      const { differences } = await servers.compare(cases[index] as (typeof cases)[number]);
      return differences.map(describeDifference);
    };
    for (const [index, { title }] of cases.entries()) {
      const known = knownDifferences[title];
      test(`${title}${known === undefined ? "" : `: still differs: ${known}`}`, async () => {
        const differences = await found(index);
        // One that no longer differs is to be taken off the list.
        expect(known === undefined ? differences : differences.length > 0).toEqual(
          known === undefined ? [] : true,
        );
      });
    }
  },
);

test("every known difference is that of a case", () => {
  const titles = new Set(cases.map(({ title }) => title));
  expect(titles.size).toBe(cases.length);
  expect(Object.keys(knownDifferences).filter((title) => !titles.has(title))).toEqual([]);
});
