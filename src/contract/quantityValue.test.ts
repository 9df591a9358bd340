import { expect, it } from "vitest";
import { quantityValue } from "./quantityValue.ts";

it.each([
  ["500m", 0.5],
  ["1Ki", 1024],
  ["1Gi", 2 ** 30],
  ["1k", 1000],
  ["2e3", 2000],
  ["2E3", 2000],
  ["1E", 1e18],
  ["100", 100],
  [".5", 0.5],
  ["-1", -1],
  [2.5, 2.5],
  ["x", Number.NaN],
  ["1ki", Number.NaN],
  ["1mi", Number.NaN],
  ["", Number.NaN],
])("the quantity %s is %d", (text, value) => expect(quantityValue(text)).toBe(value));
