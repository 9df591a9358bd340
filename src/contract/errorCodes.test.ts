import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { errorCodes } from "./errorCodes.ts";

const source = resolve(import.meta.dirname, "..");
const texts = globSync("**/*.ts", { cwd: source })
  .filter((file) => !file.endsWith(".test.ts") && !file.endsWith("errorCodes.ts"))
  .map((file) => readFileSync(join(source, file), "utf8"));

describe("the list of error codes", () => {
  it("is in alphabetical order, each with a sentence", () => {
    const codes = Object.keys(errorCodes);
    expect(codes).toEqual(codes.toSorted());
    for (const meaning of Object.values(errorCodes)) expect(meaning).toMatch(/^[A-Z].*\.$/u);
  });

  it.each(Object.keys(errorCodes))("has %s because something uses it", (code) => {
    expect(texts.some((text) => text.includes(`"${code}"`))).toBe(true);
  });

  it("holds every code that is thrown", () => {
    const thrown = texts.flatMap((text) =>
      [...text.matchAll(/new MoorageError\(\s*"(\w+)"/gu)].map((match) => match[1] ?? ""),
    );
    expect(thrown.length).toBeGreaterThan(50);
    expect(thrown.filter((code) => !Object.hasOwn(errorCodes, code))).toEqual([]);
  });
});
