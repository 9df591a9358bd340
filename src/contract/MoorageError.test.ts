import { expect, it, vi } from "vitest";
import { MoorageError } from "./MoorageError.ts";

class Special extends MoorageError {}

it("knows the errors of another copy of the library, and their kinds by their class alone", async () => {
  vi.resetModules();
  const copy = await import("./MoorageError.ts");
  expect(copy.MoorageError).not.toBe(MoorageError);
  const theirs: unknown = new copy.MoorageError("PlatformInvalid", "a");
  expect(theirs).toBeInstanceOf(MoorageError);
  expect(theirs).not.toBeInstanceOf(Special);
  expect(new Special("Usage", "a")).toBeInstanceOf(Special);
  for (const other of [new Error("a"), null, "a", { code: "PlatformInvalid" }])
    expect(other instanceof MoorageError).toBe(false);
});
