import { afterAll, beforeAll } from "vitest";
import type { Trials } from "./atEachRequest.ts";
import { FaultWorld, type CleanRun } from "./FaultWorld.ts";

/** The simulated world of a test file: made before its tests, gone after them. */
export function simulatedTrials(): Trials {
  let world: FaultWorld;
  let clean: CleanRun;
  beforeAll(async () => {
    world = await FaultWorld.make();
    clean = await world.clean();
  });
  afterAll(() => world?.close());
  return {
    get clean() {
      return clean;
    },
    open: () => world.open(),
  };
}
