import { randomBytes } from "node:crypto";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { SecretDeclaration } from "../platform/ComponentKind.ts";
import {
  environmentKey,
  fillTemplate,
  generateValue,
  resolveSecrets,
  templateReferences,
  valueHmac,
  type SecretInputs,
} from "./index.ts";

const inputs = (
  given: {
    files?: Record<string, string>;
    environment?: Record<string, string>;
    live?: Record<string, Record<string, string>>;
  } = {},
): SecretInputs => ({
  readFile: (path) => {
    const content = given.files?.[path];
    if (content === undefined) throw new Error(`ENOENT ${path}`);
    return new TextEncoder().encode(content);
  },
  environment: given.environment ?? {},
  findSecret: async (name) => {
    const data = given.live?.[name];
    return (
      data &&
      Object.fromEntries(
        Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString("base64")]),
      )
    );
  },
  random: (length) => randomBytes(length),
});

const database: SecretDeclaration = {
  name: "db",
  keys: {
    url: { from: "template", template: "postgresql://app:${PASSWORD}@db:5432/app", encode: "url" },
    PASSWORD: { from: "generated", shape: "password" },
  },
};

test("values come from dotenv files, the environment, and the cluster", async () => {
  const { values, problems } = await resolveSecrets(
    [
      {
        name: "mail",
        keys: {
          USER: { from: "dotenv", file: ".env", key: "MAIL_USER" },
          TOKEN: { from: "environment", variable: "MAIL_TOKEN" },
        },
      },
      { name: "old", existing: true, keys: { KEY: { from: "existing" } } },
    ],
    inputs({
      files: { ".env": "# mail\nMAIL_USER='a b'\n" },
      environment: { MAIL_TOKEN: "t" },
      live: { old: { KEY: "kept", OTHER: "x" } },
    }),
  );
  expect(problems).toEqual([]);
  expect(Object.fromEntries(values)).toEqual({ mail: { USER: "a b", TOKEN: "t" }, old: { KEY: "kept" } });
});

test("a generated value is made once and then kept", async () => {
  const first = await resolveSecrets([database], inputs());
  expect(first.generated).toEqual([{ secret: "db", key: "PASSWORD" }]);
  const password = first.values.get("db")?.["PASSWORD"] ?? "";
  const second = await resolveSecrets([database], inputs({ live: { db: { PASSWORD: password } } }));
  expect(second.generated).toEqual([]);
  expect(second.values).toEqual(first.values);
});

test("a template composes values of its own and of other Secrets, percent-encoded for URLs", async () => {
  const { values, problems } = await resolveSecrets(
    [
      {
        name: "app",
        keys: {
          url: { from: "template", template: "pg://u:${db/PASSWORD}@h", encode: "url" },
          file: { from: "template", template: "url = ${url} $${literal}" },
        },
      },
      { name: "db", existing: true, keys: { PASSWORD: { from: "existing" } } },
    ],
    inputs({ live: { db: { PASSWORD: "p@ss/w:rd'" } } }),
  );
  expect(problems).toEqual([]);
  expect(values.get("app")).toEqual({
    url: "pg://u:p%40ss%2Fw%3Ard%27@h",
    file: "url = pg://u:p%40ss%2Fw%3Ard%27@h ${literal}",
  });
});

test("all that is missing is named at once, with the place where it belongs", async () => {
  const { problems } = await resolveSecrets(
    [
      {
        name: "mail",
        keys: {
          A: { from: "dotenv", file: ".env", key: "A" },
          B: { from: "dotenv", file: ".env.prod", key: "B" },
          C: { from: "environment", variable: "MAIL_C" },
          D: { from: "existing" },
          E: { from: "template", template: "${F}" },
          G: { from: "template", template: "x${A}" },
          H: { from: "dotenv", file: ".env", key: "H" },
        },
      },
    ],
    inputs({ files: { ".env": "B=1\nH=" } }),
  );
  expect(problems.map(({ message, hint }) => [message, hint])).toEqual([
    ['secret "mail": A should be A in .env, which is not there', "add a line to .env: A=VALUE"],
    [
      'secret "mail": B should come from .env.prod, which is not there or can\'t be read',
      "add a line to .env.prod: B=VALUE",
    ],
    ['secret "mail": C should come from the environment variable MAIL_C, which is not set', "set MAIL_C"],
    [
      'secret "mail": D should be in the cluster, and there is no such Secret',
      expect.stringContaining("kubectl create secret generic mail"),
    ],
    ['secret "mail": H should be H in .env, which is empty', "add a line to .env: H=VALUE"],
    ['secret "mail/E" is composed of mail/F, but "mail" has no key F', undefined],
  ]);
});

test("a value that is composed of itself is an error, not a loop", async () => {
  const { problems } = await resolveSecrets(
    [
      {
        name: "a",
        keys: { X: { from: "template", template: "${Y}" }, Y: { from: "template", template: "${X}" } },
      },
    ],
    inputs(),
  );
  expect(problems).toMatchObject([{ message: expect.stringContaining("a/X -> a/Y -> a/X") }]);
});

test.each([
  ["password", /^[A-Za-z0-9]{33}$/u],
  ["hex", /^[0-9a-f]{64}$/u],
  ["base64", /^[A-Za-z0-9+/]{43}=$/u],
  ["base64url", /^[-A-Za-z0-9_]{43}=$/u],
  ["uuid", /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u],
] as const)("a generated %s has its shape, whatever chance gives", (shape, pattern) => {
  fc.assert(
    fc.property(fc.infiniteStream(fc.integer({ min: 0, max: 255 })), (stream) => {
      // A run of bytes that a password can't use must not be endless in the test.
      let left = 200;
      const random = (length: number) =>
        Uint8Array.from({ length }, () => (left-- > 0 ? (stream.next().value as number) : 7));
      expect(generateValue(shape, random)).toMatch(pattern);
    }),
  );
});

test("the strength of a generated value is what was asked for, within reason", () => {
  expect(generateValue("hex", (length) => randomBytes(length), 16)).toHaveLength(32);
  expect(() => generateValue("hex", (length) => randomBytes(length), 4)).toThrow("from 8 to 4096");
});

test("text that was escaped for a template comes out of it as it was", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const template = text.replaceAll("${", () => "$${");
      expect(templateReferences(template)).toEqual([]);
      expect(fillTemplate(template, () => "never")).toBe(text);
    }),
    { examples: [["$${a}"], ["$$${a}"], ["${A}${"]] },
  );
});

test("the environment's key is kept, and its HMACs tell that a value changed", async () => {
  const made = await environmentKey("p", "dev", inputs());
  expect(made).toMatchObject({ secret: "moorage-p-dev-key", isNew: true });
  const kept = await environmentKey("p", "dev", {
    random: () => new Uint8Array(),
    findSecret: async () => made.data,
  });
  expect(kept).toMatchObject({ isNew: false });
  expect(Buffer.from(kept.key)).toEqual(Buffer.from(made.key));

  expect(valueHmac(made.key, "a", "X", "1")).toBe(valueHmac(kept.key, "a", "X", "1"));
  expect(valueHmac(made.key, "a", "X", "1")).not.toBe(valueHmac(made.key, "a", "X", "2"));
  // Equal values in two places don't show.
  expect(valueHmac(made.key, "a", "X", "1")).not.toBe(valueHmac(made.key, "a", "Y", "1"));
});
