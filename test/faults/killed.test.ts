import { describe, expect, test } from "vitest";
import { atEachRequest } from "./atEachRequest.ts";
import { requestsFor } from "./FaultyTransport.ts";
import { cleanRun } from "./FaultWorld.ts";
import { simulatedTrials } from "./simulatedTrials.ts";

const trials = simulatedTrials();

test("a deploy without faults ends as it always does, and creates and deletes each object once", async () => {
  const { clean } = trials;
  const again = await cleanRun(await trials.open());
  expect({ state: again.state, counts: again.counts }).toEqual({ state: clean.state, counts: clean.counts });
  expect(clean.state.length).toBeGreaterThan(25);
  expect(Object.values(clean.counts).every(({ creates, deletes }) => creates + deletes === 1)).toBe(true);
});

describe.each(["killed before", "killed after"] as const)(
  "a deploy that is %s a request took effect",
  (is) => {
    test(
      "and is run again, ends in the same state, with nothing made or deleted twice: at every request",
      { timeout: 300_000 },
      async () => {
        let struck = 0;
        let finished = 0;
        const possible = requestsFor(is, trials.clean.requests);
        const wrong = await atEachRequest(trials, possible, async (trial, at) => {
          const killed = trial.deploy({ at, is });
          await trial.cluster.run(Promise.race([killed.work, killed.transport.killed]));
          if (!killed.transport.struck) return [];
          struck++;
          const { status } = await trial.cluster.run(trial.deploy().work);
          if (status === "deployed") finished++;
          return status === "failed" ? [status] : [];
        });
        expect(wrong).toEqual([]);
        // Requests that come in another order may leave one out; nearly all were struck, and what was left was finished.
        expect(struck).toBeGreaterThan(possible.length * 0.9);
        expect(finished).toBeGreaterThan(struck * 0.9);
      },
    );
  },
);
