import { expect, test } from "vitest";
import { z } from "zod";
import { componentKinds } from "./index.ts";

test.each(componentKinds.map((kind) => [kind.kind, kind] as const))(
  "%s has a JSON Schema that refuses unknown fields",
  (_name, kind) => {
    const schema = z.toJSONSchema(kind.schema(), { io: "input", unrepresentable: "any" });
    expect(schema).toMatchObject({ type: "object", additionalProperties: false });
    expect(kind.schema().safeParse({ replcas: 1 }).success).toBe(false);
    expect(kind.description).toMatch(/^[A-Z].*\.$/u);
  },
);

test("a kind is listed once", () => {
  const names = componentKinds.map(({ kind }) => kind);
  expect(new Set(names).size).toBe(names.length);
});
