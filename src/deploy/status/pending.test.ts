import { describe, expect, it } from "vitest";
import { isSameQuantity } from "./pending.ts";

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
