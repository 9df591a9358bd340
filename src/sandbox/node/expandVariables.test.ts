import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expandVariables } from "./expandVariables.ts";

describe("$(NAME) expansion", () => {
  // The cases of Kubernetes' own expand_test.go.
  it.each([
    ["$(VAR_A)", "A"],
    ["___$(VAR_B)___", "___B___"],
    ["$(VAR_A)$(VAR_B)", "AB"],
    ["$$(VAR_B)_$(VAR_A)", "$(VAR_B)_A"],
    ["$$$(VAR_A)", "$A"],
    ["$$$$(VAR_A)", "$$(VAR_A)"],
    ["$(MISSING)", "$(MISSING)"],
    ["f000-$$VAR_A", "f000-$VAR_A"],
    ["foo\\$(VAR_A)", "foo\\A"],
    ["$VAR_A", "$VAR_A"],
    ["$(VAR_A", "$(VAR_A"],
    ["$", "$"],
    ["foo$", "foo$"],
    ["$(VAR_A)$", "A$"],
    ["$()", "$()"],
    ["$(VAR_REF)", "$(VAR_A)"],
    ["---$($(VAR_A))", "---$($(VAR_A))"],
  ])("%s becomes %s", (text, expected) => {
    expect(expandVariables(text, { VAR_A: "A", VAR_B: "B", VAR_REF: "$(VAR_A)" })).toBe(expected);
  });

  it("changes no text without a dollar sign", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!text.includes("$"));
        expect(expandVariables(text, { a: "b" })).toBe(text);
      }),
    );
  });
});
