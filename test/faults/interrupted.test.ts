import { afterAll, beforeAll, expect, test } from "vitest";
import { MoorageError } from "../../src/contract/index.ts";
import { differences } from "./differences.ts";
import { FaultWorld } from "./FaultWorld.ts";

let world: FaultWorld;
let clean: Awaited<ReturnType<FaultWorld["clean"]>>;
beforeAll(async () => {
  world = await FaultWorld.make();
  clean = await world.clean();
});
afterAll(() => world?.close());

test(
  "Ctrl-C at any request ends a deploy with what was done and what is left, and with a lock that is free: the next deploy finishes, with nothing made or deleted twice",
  { timeout: 300_000 },
  async () => {
    const wrong: string[] = [];
    let interrupted = 0;
    for (const [at, request] of clean.requests.entries()) {
      const place = `${at}: ${request.method} ${request.path}`;
      const trial = await world.open();
      try {
        const first = trial.deploy({ at, is: "interrupted" });
        const error: unknown = await trial.cluster.run(
          first.work.then(
            () => undefined,
            (thrown: unknown) => thrown,
          ),
        );
        if (!first.transport.struck) continue;
        // Whoever interrupts what was over already sees it end well.
        if (error !== undefined) {
          interrupted++;
          const told =
            error instanceof MoorageError
              ? `${error.code} ${error.exitCode} ${error.message}`
              : `no error of ours: ${error instanceof Error ? error.message : typeof error}`;
          if (!told.startsWith("AbortedByUser 130 Interrupted")) wrong.push(`${place}: ${told}`);
        }
        const second = trial.deploy(undefined, { who: "bob" });
        const result = await trial.cluster.run(second.work);
        if (result.status === "failed") wrong.push(`${place}: failed`);
        if (second.notes.some((note) => note.startsWith("lock-")))
          wrong.push(`${place}: the lock was still held`);
        wrong.push(...differences(place, clean, await trial.outcome()));
      } catch (error) {
        wrong.push(`${place}: ${String(error)}`);
      } finally {
        await trial.cluster.close();
      }
    }
    expect(wrong).toEqual([]);
    expect(interrupted).toBeGreaterThan(clean.requests.length * 0.8);
  },
);
