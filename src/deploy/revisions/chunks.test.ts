import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromChunks, toChunks } from "./chunks.ts";

const content = (lines: readonly string[]) => toChunks(lines).map((chunk) => chunk.compressed);

describe("chunks of a revision", () => {
  it("give every line back", () => {
    const lines = fc.array(
      fc.string().map((text) => text.replaceAll("\n", " ")),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(lines, (all) => {
        expect(fromChunks(content(all))).toEqual(all);
      }),
    );
  });

  it("fit a Secret each, also for a line that is longer than one, and for 5 MB", () => {
    const lines = [
      "é".repeat(700_000),
      ...Array.from({ length: 5000 }, (_, index) => `${index} ${"x".repeat(1000)}`),
    ];
    expect(fromChunks(content(lines))).toEqual(lines);
    for (const chunk of toChunks(lines)) expect(chunk.compressed.length).toBeLessThan(1_000_000);
  });

  it("are mostly shared when one line changes", () => {
    const lines = Array.from({ length: 500 }, (_, index) => `object ${index}`);
    const changed = lines.with(250, "something else");
    const before = new Set(toChunks(lines).map(({ id }) => id));
    const fresh = toChunks(changed).filter(({ id }) => !before.has(id));
    expect(before.size).toBeGreaterThan(10);
    expect(fresh.length).toBeLessThanOrEqual(2);
  });
});
