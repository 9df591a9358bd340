import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clusterAvailable } from "../cluster/startCluster.ts";
import { startRealTarget, startSandboxTarget, type ApiTarget, type SandboxTarget } from "./ApiTarget.ts";
import { answerTo, complaints } from "./BadRequest.ts";
import { prepare } from "./prepare.ts";
import { requests } from "./requests/index.ts";
import { meantDifferences } from "./requests/meantDifferences.ts";

const tables = Object.keys(requests);

/** Sends all of a list, one after the other; what is wrong about the answers, by what was sent. */
async function wrong(
  table: string,
  target: ApiTarget,
  instead: Readonly<Record<string, string>> = {},
): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const row of requests[table] ?? []) {
    const answer = instead[row.what] ?? row.answer;
    const complaint = complaints({ ...row, answer }, await answerTo(row, target));
    if (complaint.length > 0) found[row.what] = complaint;
  }
  return found;
}

describe("the sandbox's API server", () => {
  let sandbox: SandboxTarget;
  beforeAll(async () => {
    sandbox = await startSandboxTarget();
    await prepare(sandbox);
  });
  afterAll(async () => await sandbox.stop());

  it.each(tables)("answers bad requests as a real one: %s", async (table) => {
    expect(await wrong(table, sandbox, meantDifferences)).toEqual({});
  });

  it("still runs, holds no more than a little, and has nothing added to what all objects share", async () => {
    const { held, polluted, faults } = await sandbox.condition();
    expect({ polluted, faults, exit: sandbox.child.exitCode }).toEqual({
      polluted: [],
      faults: [],
      exit: null,
    });
    expect(held).toBeLessThan(150 * 1024 * 1024);
  });
});

it("says of every meant difference only what the tables have", () => {
  const all = Object.values(requests).flatMap((rows) => rows.map(({ what }) => what));
  expect(Object.keys(meantDifferences).filter((what) => !all.includes(what))).toEqual([]);
  expect(all.filter((what, i) => all.indexOf(what) !== i)).toEqual([]);
});

describe.skipIf(!clusterAvailable({ own: "an API server of ours, on this machine" }))(
  "a real API server",
  () => {
    let real: ApiTarget;
    beforeAll(async () => {
      real = await startRealTarget();
      await prepare(real);
    });
    afterAll(async () => await real?.stop());

    it.each(tables)("answers bad requests as the tables say: %s", async (table) => {
      expect(await wrong(table, real)).toEqual({});
    });
  },
);
