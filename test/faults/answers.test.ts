import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { differences } from "./differences.ts";
import { applies } from "./FaultyTransport.ts";
import { FaultWorld } from "./FaultWorld.ts";

let world: FaultWorld;
let clean: Awaited<ReturnType<FaultWorld["clean"]>>;
beforeAll(async () => {
  world = await FaultWorld.make();
  clean = await world.clean();
});
afterAll(() => world?.close());

describe.each(["409", "429", "500", "503"] as const)("an answer of %s", (is) => {
  test(
    "changes neither the end nor what is made and deleted, without the user doing anything: at every request",
    {
      timeout: 300_000,
    },
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
