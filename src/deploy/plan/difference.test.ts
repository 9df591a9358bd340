import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { differences } from "./difference.ts";
import { formatPath } from "./fieldPath.ts";
import { formatChange } from "./formatPlan.ts";
import { lineDifference } from "./lineDifference.ts";
import { showable } from "./secretMask.ts";

const shown = (before: unknown, after: unknown, kind = "Deployment"): string[] =>
  showable({ apiVersion: "v1", kind }, differences(before, after)).flatMap(formatChange);

describe("a difference", () => {
  it.each([
    [{ spec: { replicas: 1 } }, { spec: { replicas: 2 } }, ["spec.replicas: 1 -> 2"]],
    [
      {
        containers: [
          { name: "api", image: "a" },
          { name: "side", image: "s" },
        ],
      },
      {
        containers: [
          { name: "side", image: "s" },
          { name: "api", image: "b" },
        ],
      },
      ["containers[api].image: a -> b"],
    ],
    [{ args: ["a", "b"] }, { args: ["a"] }, ['args: ["a","b"] -> ["a"]']],
    [{ a: { "x.y/z": "1" } }, { a: {} }, ['a["x.y/z"]: - 1']],
    // Names that every object has from its prototype: read there, a key that was not there was a function before.
    [{ data: { a: "1" } }, { data: { a: "1", constructor: "2" } }, ["data.constructor: + 2"]],
    [{ data: { toString: "1" } }, { data: { valueOf: "1" } }, ["data.toString: - 1", "data.valueOf: + 1"]],
    [
      { ports: [{ port: 80, protocol: "TCP" }] },
      { ports: [{ port: 80, protocol: "UDP" }] },
      ['ports[80]: - {"port":80,"protocol":"TCP"}', 'ports[80/UDP]: + {"port":80,"protocol":"UDP"}'],
    ],
    [
      { data: { f: "a\nb\nc\nd" } },
      { data: { f: "a\nb\nX\nd" } },
      ["data.f:", "  …", "    b", "  - c", "  + X", "    d"],
    ],
  ])("of %j and %j reads %j", (before, after, expected) => {
    expect(shown(before, after)).toEqual(expected);
  });

  it("of a secret names keys and no values", () => {
    expect(shown({ data: { a: "MQ==", b: "Mg==" } }, { data: { a: "Mw==", c: "NA==" } }, "Secret")).toEqual([
      "data.a: changed (value hidden)",
      "data.b: removed (value hidden)",
      "data.c: added (value hidden)",
    ]);
    expect(shown({}, { data: { a: "MQ==" } }, "Secret")).toEqual(["data.a: added (value hidden)"]);
  });

  it("is empty for equal values only, and has each path once", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        expect(differences(a, structuredClone(a))).toEqual([]);
        const found = differences(a, b);
        expect(found.length === 0).toBe(JSON.stringify(sorted(a)) === JSON.stringify(sorted(b)));
        const paths = found.map((one) => JSON.stringify(one.path));
        expect(new Set(paths).size).toBe(paths.length);
        for (const one of found) formatPath(one.path);
      }),
    );
  });

  it("of lines gives both texts back", () => {
    const texts = fc
      .array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 12 })
      .map((lines) => lines.join("\n"));
    fc.assert(
      fc.property(texts, texts, (a, b) => {
        const lines = lineDifference(a, b, 1000);
        const side = (other: string) =>
          lines
            .filter((line) => !line.startsWith(other))
            .map((line) => line.slice(2))
            .join("\n");
        if (a === b) return;
        expect(side("+")).toBe(a);
        expect(side("-")).toBe(b);
      }),
    );
  });
});

/** JSON with sorted keys; -0 is 0 there. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, child]) => [key, sorted(child)]),
  );
}
