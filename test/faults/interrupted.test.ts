import { expect, test } from "vitest";
import { MoorageError } from "../../src/contract/index.ts";
import { atEachRequest } from "./atEachRequest.ts";
import { simulatedTrials } from "./simulatedTrials.ts";

const trials = simulatedTrials();

test(
  "Ctrl-C at any request ends a deploy with what was done and what is left, and with a lock that is free: the next deploy finishes, with nothing made or deleted twice",
  { timeout: 300_000 },
  async () => {
    const { requests } = trials.clean;
    let interrupted = 0;
    const wrong = await atEachRequest(trials, requests.keys(), async (trial, at) => {
      const first = trial.deploy({ at, is: "interrupted" });
      const error: unknown = await trial.cluster.run(
        first.work.then(
          () => undefined,
          (thrown: unknown) => thrown,
        ),
      );
      const lines: string[] = [];
      // Whoever interrupts what was over already sees it end well.
      if (error !== undefined) {
        interrupted++;
        const told =
          error instanceof MoorageError
            ? `${error.code} ${error.exitCode} ${error.message}`
            : `no error of ours: ${error instanceof Error ? error.message : typeof error}`;
        if (!told.startsWith("AbortedByUser 130 Interrupted")) lines.push(told);
      }
      const second = trial.deploy(undefined, { who: "bob" });
      const { status } = await trial.cluster.run(second.work);
      if (status === "failed") lines.push(status);
      if (second.notes.some((note) => note.startsWith("lock-"))) lines.push("the lock was still held");
      return lines;
    });
    expect(wrong).toEqual([]);
    expect(interrupted).toBeGreaterThan(requests.length * 0.8);
  },
);
