import * as fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson, isEqual } from "./hash.ts";

const value = fc.jsonValue({ maxDepth: 3 });

test("two values are equal exactly when their canonical JSON is", () => {
  fc.assert(
    fc.property(value, value, (a, b) => {
      expect(isEqual(a, b)).toBe(canonicalJson(a) === canonicalJson(b));
      expect(isEqual(a, structuredClone(a))).toBe(true);
    }),
    {
      examples: [
        [{ a: null }, {}],
        [{ a: [null] }, { a: [] }],
        [{ a: { b: null } }, { a: {} }],
        [[], {}],
        [null, {}],
      ],
    },
  );
});
