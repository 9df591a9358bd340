import { expect, it } from "vitest";
import { selects, selectsByMap } from "./LabelSelector.ts";

it("selects by labels that are there, not by what every object has", () => {
  const key = "constructor";
  expect(selects({ matchExpressions: [{ key, operator: "Exists" }] }, {})).toBe(false);
  expect(selects({ matchExpressions: [{ key, operator: "DoesNotExist" }] }, {})).toBe(true);
  expect(selects({ matchExpressions: [{ key, operator: "Exists" }] }, { [key]: "a" })).toBe(true);
  expect(selectsByMap({ [key]: "a" }, { [key]: "a" })).toBe(true);
});
it("meets no labels without a selector, and all with an empty one", () => {
  expect(selects(undefined, { a: "b" })).toBe(false);
  expect(selects({}, { a: "b" })).toBe(true);
});
