import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clusterAvailable, clusterMissing } from "../cluster/startCluster.ts";
import { differences } from "./differences.ts";
import { applies, type Fault } from "./FaultyTransport.ts";
import { cleanRun, type Outcome, type Trial } from "./FaultWorld.ts";
import { RealTrials } from "./RealTrials.ts";

const missing = clusterMissing();

/** One of so many requests meets one of the faults; another one each time, so that all come up. */
const sample = 4;
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

describe.skipIf(!clusterAvailable())(
  `On a real kube-apiserver${missing === undefined ? "" : ` (skipped: ${missing})`}`,
  () => {
    let trials: RealTrials;
    let clean: Awaited<ReturnType<typeof cleanRun>>;
    beforeAll(async () => {
      trials = await RealTrials.start();
      clean = await cleanRun(await trials.open());
    }, 120_000);
    afterAll(() => trials?.stop());

    test("a deploy makes and deletes each object once", () => {
      expect(clean.state.length).toBeGreaterThan(20);
      expect(Object.values(clean.counts).every(({ creates, deletes }) => creates + deletes === 1)).toBe(true);
    });

    /** Trials side by side, as each waits for the server most of the time. */
    const atEach = async (
      wanted: Outcome,
      requests: readonly number[],
      attempt: (trial: Trial, at: number) => Promise<void>,
    ): Promise<string[]> => {
      const wrong: string[] = [];
      const left = [...requests];
      const lane = async (): Promise<void> => {
        for (let at = left.shift(); at !== undefined; at = left.shift()) {
          const request = clean.requests[at];
          const place = `${at}: ${request?.method} ${request?.path}`;
          const trial = await trials.open();
          try {
            await attempt(trial, at);
            wrong.push(...differences(place, wanted, await trial.outcome()));
          } catch (error) {
            wrong.push(`${place}: ${String(error)}`);
          }
        }
      };
      await Promise.all([lane(), lane(), lane()]);
      return wrong;
    };

    test(
      "a deploy that is killed at any request and run again ends in the same state, with nothing made or deleted twice",
      { timeout: 600_000 },
      async () => {
        let struck = 0;
        const wrong = await atEach(clean, [...clean.requests.keys()], async (trial, at) => {
          const killed = trial.deploy({ at, is: "killed after" });
          await trial.cluster.run(Promise.race([killed.work, killed.transport.killed]));
          if (killed.transport.struck) struck++;
          await trial.cluster.run(trial.deploy().work);
        });
        expect(wrong).toEqual([]);
        expect(struck).toBeGreaterThan(clean.requests.length * 0.9);
      },
    );

    test(
      "a fault at any request changes nothing, without the user doing anything",
      { timeout: 600_000 },
      async () => {
        const chosen = [...clean.requests.keys()].filter((at) => at % sample === 1);
        const wrong = await atEach(clean, chosen, async (trial, at) => {
          const request = clean.requests[at];
          const possible = faults.filter((fault) => request !== undefined && applies(fault, request));
          const is = possible[Math.floor(at / sample) % possible.length];
          if (is === undefined) throw new Error("no fault fits");
          await trial.cluster.run(trial.deploy({ at, is }).work);
        });
        expect(wrong).toEqual([]);
      },
    );
  },
);
