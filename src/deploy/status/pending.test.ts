import { describe, expect, it } from "vitest";
import { objectKey, refOf } from "../objectKey.ts";
import type { LiveState } from "./LiveState.ts";
import { isSameQuantity, pendingOf } from "./pending.ts";

describe("What waits to be deployed, without a revision to compare with", () => {
  const job = {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "migrate", namespace: "epi" },
  };
  const known = new Map([[objectKey(refOf(job)), refOf(job)]]);
  const state = (isFinished: boolean): LiveState => ({
    environment: { platform: "epidemiology", environment: "dev", namespace: "epi" },
    refs: known,
    last: undefined,
    byKey: new Map(),
    isFinished,
    isNew: false,
    isUnread: () => false,
  });

  // A plan counted it, the status did not.
  it("is also a job that a failed first deploy did not come to; one that is gone after a whole deploy has run", () => {
    expect(pendingOf([{ object: job }], new Map(), state(false))).toEqual([
      "Job migrate is not deployed yet",
    ]);
    expect(pendingOf([{ object: job }], new Map(), state(true))).toEqual([]);
  });
});

describe("Quantities", () => {
  it.each([
    ["0.5", "500m", true],
    ["1024Mi", "1Gi", true],
    [1, "1", true],
    ["1000m", "1", true],
    ["0.1", "100m", true],
    ["1Gi", "1G", false],
    ["500m", "501m", false],
    ["fast", "fast", false],
    [undefined, "1", false],
  ])("%s and %s are the same: %s", (a, b, same) => expect(isSameQuantity(a, b)).toBe(same));
});
