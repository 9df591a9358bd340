import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createRedactor, redact, redacted, trivialValues } from "./index.ts";

/** Real-looking secrets: long enough to be hidden everywhere, of any characters. */
const secrets = fc
  .string({ minLength: 8, maxLength: 40, unit: "grapheme" })
  .filter(
    (value) =>
      value.trim().length >= 8 && !trivialValues.has(value.trim().toLowerCase()) && value.isWellFormed(),
  );
// What stands around a secret: nothing that the marker could be confused with.
const around = fc.stringMatching(/^[ =:"/.a-z]{0,20}$/u);

const disguises: Record<string, (value: string) => string> = {
  "as it is": (value) => value,
  trimmed: (value) => value.trim(),
  "as JSON": (value) => JSON.stringify(value).slice(1, -1),
  "as JSON in JSON": (value) => JSON.stringify(JSON.stringify(value)).slice(3, -3),
  "as JSON of ASCII only": (value) =>
    JSON.stringify(value)
      .slice(1, -1)
      .replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`),
  "percent-encoded": (value) => encodeURIComponent(value),
  "as a form": (value) => new URLSearchParams({ a: value }).toString().slice(2),
  "percent-encoded in lower case": (value) =>
    encodeURIComponent(value).replaceAll(/%../g, (escape) => escape.toLowerCase()),
  "as base64": (value) => Buffer.from(value).toString("base64"),
  "as base64url": (value) => Buffer.from(value).toString("base64url"),
};

test.each(Object.entries(disguises))(
  "a secret is taken out %s, and the text around it stays",
  (_name, disguise) => {
    fc.assert(
      fc.property(secrets, around, around, (secret, before, after) => {
        const shown = disguise(secret);
        const result = redact(`${before} ${shown} ${after}`, [secret]);
        expect(result).not.toContain(shown);
        fc.pre(!before.includes(shown) && !after.includes(shown));
        expect(result.startsWith(before)).toBe(true);
        expect(result.endsWith(after)).toBe(true);
      }),
    );
  },
);

test("a secret inside something longer that was encoded as base64 is taken out, wherever it stands in it", () => {
  fc.assert(
    fc.property(
      secrets,
      fc.uint8Array({ maxLength: 9 }),
      fc.uint8Array({ maxLength: 9 }),
      fc.constantFrom("base64" as const, "base64url" as const),
      (secret, before, after, encoding) => {
        const encoded = Buffer.concat([before, Buffer.from(secret), after]).toString(encoding);
        const result = redact(encoded, [secret]);
        expect(result).toContain(redacted);
        // What is left decodes to none of the secret's inner bytes in a row.
        const kept = result.split(redacted).map((part) => part.length);
        expect(kept.reduce((sum, length) => sum + length, 0)).toBeLessThanOrEqual(
          encoded.length - Math.floor((Buffer.from(secret).length * 8) / 6) + 2,
        );
      },
    ),
  );
});

test("a key of several lines is taken out line by line, however it is indented", () => {
  const key =
    "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nqTAGAQEBAQEBAQEBAQEBAQ==\n-----END PRIVATE KEY-----\n";
  const shown = `key: |\n${key
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n")}\nother: 1`;
  expect(redact(shown, [key])).toBe(
    "key: |\n    -----BEGIN PRIVATE KEY-----\n    [redacted]\n    [redacted]\n    -----END PRIVATE KEY-----\n    \nother: 1",
  );
});

test("overlapping secrets leave nothing of either", () => {
  expect(redact("x abcdefghijkl y", ["abcdefgh", "efghijkl"])).toBe("x [redacted] y");
  expect(redact("x abcdefghijkl y", ["abcdefgh", "abcdefghijkl"])).toBe("x [redacted] y");
});

test("no value of any set is left in any text", () => {
  fc.assert(
    fc.property(
      fc.array(secrets, { minLength: 1, maxLength: 5 }),
      fc.array(fc.oneof(around, fc.nat(4)), { maxLength: 12 }),
      (values, pieces) => {
        const text = pieces
          .map((piece) => (typeof piece === "number" ? values[piece % values.length] : piece))
          .join("");
        const result = redact(text, values);
        for (const value of values)
          for (const part of result.split(redacted)) expect(part).not.toContain(value);
      },
    ),
  );
});

test("short values are taken out where they stand alone, the shortest and trivial ones not at all", () => {
  expect(redact("PASS=x7Kq, path /x7Kqa/b, x7Kq", ["x7Kq"])).toBe(
    "PASS=[redacted], path /x7Kqa/b, [redacted]",
  );
  expect(redact("the app is on", ["app", "on", ""])).toBe("the app is on");
  expect(redact("postgres on localhost: true", ["postgres", "localhost", "true"])).toBe(
    "postgres on localhost: true",
  );
});

test("a text without secrets is the same text", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(createRedactor(["0123456789-not-in-there"])(text)).toBe(text);
    }),
  );
});

test("which key changed stays readable", () => {
  expect(redact('data.PASSWORD: "c2VjcmV0LXZhbHVlLTE=" -> changed', ["secret-value-1"])).toBe(
    'data.PASSWORD: "[redacted]" -> changed',
  );
});

test("the beginning of a secret is taken out too, where a text was cut off within it", () => {
  const hide = createRedactor(["correct horse battery", "q7Zk"]);
  expect(hide("said: correct hor…")).toBe("said: [redacted]…");
  expect(hide("said: correct hor… and correct horse battery")).toBe("said: [redacted]… and [redacted]");
  expect(hide("that is correct")).toBe("that is correct");
  expect(hide("corridor…")).toBe("corridor…");
});
