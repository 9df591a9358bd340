import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { linesOf, soundChunk, toChunks } from "./chunks.ts";

const again = (lines: readonly string[]) =>
  linesOf(toChunks(lines).flatMap(({ compressed, id }) => soundChunk(compressed, id) ?? []));

describe("chunks of a revision", () => {
  it("give every line back", () => {
    const lines = fc.array(
      fc.string().map((text) => text.replaceAll("\n", " ")),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(lines, (all) => {
        expect(again(all)).toEqual(all);
      }),
    );
  });

  it("are told from what is torn, changed, or another one", () => {
    const [one, other] = [toChunks(["one"])[0], toChunks(["other"])[0]];
    if (one === undefined || other === undefined) throw new Error("no chunk");
    expect(soundChunk(one.compressed.subarray(1), one.id)).toBeUndefined();
    expect(soundChunk(new Uint8Array(), one.id)).toBeUndefined();
    expect(soundChunk(other.compressed, one.id)).toBeUndefined();
  });

  it("fit a Secret each, also for a line that is longer than one, and for 5 MB", () => {
    const lines = [
      "é".repeat(700_000),
      ...Array.from({ length: 5000 }, (_, index) => `${index} ${"x".repeat(1000)}`),
    ];
    expect(again(lines)).toEqual(lines);
    for (const chunk of toChunks(lines)) expect(chunk.compressed.length).toBeLessThan(1_000_000);
  });

  it("are mostly shared when one line changes", () => {
    const lines = Array.from({ length: 1000 }, (_, index) => `object ${index}`);
    const changed = lines.with(250, "something else");
    const before = new Set(toChunks(lines).map(({ id }) => id));
    const fresh = toChunks(changed).filter(({ id }) => !before.has(id));
    expect(before.size).toBeGreaterThan(10);
    expect(fresh.length).toBeLessThanOrEqual(2);
  });
});
