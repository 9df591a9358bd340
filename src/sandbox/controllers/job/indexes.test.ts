import fc from "fast-check";
import { expect, test } from "vitest";
import { formatIndexes, parseIndexes } from "./indexes.ts";

test.each([
  [[], ""],
  [[4], "4"],
  [[1, 2], "1,2"],
  [[5, 0, 1, 2], "0-2,5"],
  [[1, 3, 4, 5, 7], "1,3-5,7"],
])("writes %j as %j", (indexes, text) => {
  expect(formatIndexes(indexes)).toBe(text);
});

test("reads what it writes", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(60)), (indexes) => {
      expect([...parseIndexes(formatIndexes(indexes))]).toEqual(indexes.toSorted((a, b) => a - b));
    }),
  );
});
