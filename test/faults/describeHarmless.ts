import { describe, expect, test } from "vitest";
import { atEachRequest } from "./atEachRequest.ts";
import { requestsFor, type Fault } from "./FaultyTransport.ts";
import { simulatedTrials } from "./simulatedTrials.ts";

/** Meets every request of a deploy, one deploy after the other, with each of these faults, which a deploy has to get over by itself. */
export function describeHarmless(subject: string, faults: readonly Fault[]): void {
  const trials = simulatedTrials();

  describe.each(faults)(`${subject} %s`, (is) => {
    test(
      "changes neither the end nor what is made and deleted, without the user doing anything: at every request",
      { timeout: 300_000 },
      async () => {
        let struck = 0;
        const possible = requestsFor(is, trials.clean.requests);
        const wrong = await atEachRequest(trials, possible, async (trial, at) => {
          const run = trial.deploy({ at, is });
          const { status } = await trial.cluster.run(run.work);
          if (run.transport.struck) struck++;
          return status === "deployed" ? [] : [status];
        });
        expect(wrong).toEqual([]);
        expect(struck).toBeGreaterThan(0);
      },
    );
  });
}
