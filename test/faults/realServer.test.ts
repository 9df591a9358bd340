import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clusterMissing } from "../cluster/startCluster.ts";
import { differences } from "./differences.ts";
import type { Outcome } from "./FaultWorld.ts";
import { FaultyTransport, applies, type Fault } from "./FaultyTransport.ts";
import { RealWorld } from "./RealWorld.ts";
import { killedProcess } from "./killedProcess.ts";

const missing =
  clusterMissing() ?? (process.env["MOORAGE_TEST_CONTEXT"] ? "it needs a cluster of its own" : undefined);
const skipped = missing === undefined ? "" : ` (skipped: ${missing})`;

describe.skipIf(missing !== undefined)(`On a real kube-apiserver${skipped}`, () => {
  let world: RealWorld;
  let clean: Outcome;
  let requests: FaultyTransport["requests"];
  beforeAll(async () => {
    world = await RealWorld.start();
    const trial = await world.open("clean");
    let passed: FaultyTransport | undefined;
    const result = await trial.deploy((inner, clock) => (passed = new FaultyTransport(inner, clock)));
    expect(result.status).toBe("deployed");
    requests = passed?.requests ?? [];
    clean = await trial.outcome();
  }, 120_000);
  afterAll(async () => await world?.stop());

  test("a deploy without faults creates and deletes each object once", () => {
    expect(clean.state.length).toBeGreaterThan(25);
    expect(Object.values(clean.counts).map(({ creates, deletes }) => creates + deletes)).toEqual([
      1, 1, 1, 1, 1,
    ]);
  });

  /** Runs trials a few at a time; says what went wrong. */
  async function all(places: readonly number[], trial: (at: number) => Promise<string[]>): Promise<string[]> {
    const wrong: string[] = [];
    const left = [...places];
    const work = async (): Promise<void> => {
      for (let at = left.shift(); at !== undefined; at = left.shift()) {
        const place = `${at}: ${requests[at]?.method} ${requests[at]?.path}`;
        try {
          wrong.push(...(await trial(at)).map((line) => `${place}: ${line}`));
        } catch (error) {
          wrong.push(`${place}: ${String(error)}`);
        }
      }
    };
    await Promise.all([work(), work(), work()]);
    return wrong;
  }

  test(
    "a deploy that is killed after a request and run again ends in the same state, with nothing made or deleted twice: at every request",
    { timeout: 400_000 },
    async () => {
      let struck = 0;
      const places = requests.map((_request, at) => at);
      const wrong = await all(places, async (at) => {
        const trial = await world.open(`killed-${at}`);
        let faulty: FaultyTransport | undefined;
        const killed = trial.die(
          (inner, clock) => (faulty = new FaultyTransport(inner, clock, { at, is: "killed after" })),
        );
        await Promise.race([killed, faulty?.killed]);
        if (faulty?.struck === true) struck++;
        await trial.deploy();
        return differences("", clean, await trial.outcome());
      });
      expect(wrong).toEqual([]);
      expect(struck).toBeGreaterThan(requests.length * 0.9);
    },
  );

  test(
    "a process that is killed with SIGKILL leaves what the next one finishes",
    { timeout: 120_000 },
    async () => {
      const places = [4, 12, 20, 28, 36];
      const wrong = await all(places, async (at) => {
        const trial = await world.open(`process-${at}`);
        expect(await killedProcess(world.kubeconfig, trial.namespace, at)).toBe("SIGKILL");
        await trial.deploy();
        return differences("", { ...clean, counts: {} }, { ...(await trial.outcome()), counts: {} });
      });
      expect(wrong).toEqual([]);
    },
  );

  test(
    "a single fault changes neither the end nor what is made and deleted, without the user doing anything: a sample",
    { timeout: 300_000 },
    async () => {
      const faults: readonly Fault[] = [
        "dropped before",
        "dropped after",
        "reset",
        "409",
        "429",
        "500",
        "503",
        "watch cut",
        "410",
      ];
      const cases = requests.flatMap((request, at) =>
        faults.filter((is) => applies(is, request)).map((is) => ({ at, is })),
      );
      // Every thirteenth: the stride shares no factor with the number of faults, so that all of them come.
      const sample = cases.filter((_one, index) => index % 13 === 0);
      const wrong = await all(
        sample.map((_one, index) => index),
        async (index) => {
          const { at, is } = sample[index] as (typeof sample)[number];
          const trial = await world.open(`fault-${index}`);
          const result = await trial.deploy((inner, clock) => new FaultyTransport(inner, clock, { at, is }));
          const what = `${is} at ${at}`;
          if (result.status !== "deployed") return [`${what}: ${result.status}`];
          return differences(what, clean, await trial.outcome());
        },
      );
      expect(wrong).toEqual([]);
    },
  );
});
