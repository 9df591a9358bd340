import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { differences } from "./differences.ts";
import { applies, type Fault } from "./FaultyTransport.ts";
import { FaultWorld } from "./FaultWorld.ts";

/** Meets every request of a deploy, one deploy after the other, with each of these faults, which a deploy has to get over by itself. */
export function describeHarmless(subject: string, faults: readonly Fault[]): void {
  let world: FaultWorld;
  let clean: Awaited<ReturnType<FaultWorld["clean"]>>;
  beforeAll(async () => {
    world = await FaultWorld.make();
    clean = await world.clean();
  });
  afterAll(() => world?.close());

  describe.each(faults)(`${subject} %s`, (is) => {
    test(
      "changes neither the end nor what is made and deleted, without the user doing anything: at every request",
      { timeout: 300_000 },
      async () => {
        const wrong: string[] = [];
        let struck = 0;
        for (const [at, request] of clean.requests.entries()) {
          if (!applies(is, request)) continue;
          const place = `${at}: ${request.method} ${request.path}`;
          const trial = await world.open();
          try {
            const run = trial.deploy({ at, is });
            const result = await trial.cluster.run(run.work);
            if (run.transport.struck) struck++;
            if (result.status !== "deployed") wrong.push(`${place}: ${result.status}`);
            wrong.push(...differences(place, clean, await trial.outcome()));
          } catch (error) {
            wrong.push(`${place}: ${String(error)}`);
          } finally {
            await trial.cluster.close();
          }
        }
        expect(wrong).toEqual([]);
        expect(struck).toBeGreaterThan(0);
      },
    );
  });
}
