import { describe, expect, it } from "vitest";
import { withoutSecretValues } from "./withoutSecretValues.ts";

const secret = (fields: object) => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "db" },
  ...fields,
});

describe("What a server says of a Secret", () => {
  it.each([
    ["text", { stringData: { a: "hunter2hunter2" } }, 'bad value "hunter2hunter2"', 'bad value "***"'],
    ["base64, decoded", { data: { a: "aHVudGVyMmh1bnRlcjI=" } }, "bad hunter2hunter2", "bad ***"],
    // YAML without quotes: it was reported as a bug of Moorage, with the number in it.
    ["a number", { stringData: { a: 47_114_711 } }, "cannot unmarshal 47114711", "cannot unmarshal ***"],
    ["a list", { stringData: { a: ["hunter2hunter2", null] } }, "not text: hunter2hunter2", "not text: ***"],
    ["no data at all", { stringData: null }, "nothing", "nothing"],
  ])("has no value in it: %s", (_what, fields, said, told) => {
    expect(withoutSecretValues(secret(fields), said)).toBe(told);
  });
});
