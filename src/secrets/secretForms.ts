import { percentEncoded } from "./fillTemplate.ts";

/** From this length on, a value is taken out wherever it stands. */
const plainlySecretLength = 8;
/** Below this length, a value is not taken out. */
const shortestSecretLength = 4;

/** Values that are no secrets, and would take half of every text with them. */
export const trivialValues: ReadonlySet<string> = new Set([
  "admin",
  "changeme",
  "default",
  "example",
  "false",
  "guest",
  "http",
  "https",
  "localhost",
  "minio",
  "minioadmin",
  "mysql",
  "none",
  "null",
  "password",
  "postgres",
  "postgresql",
  "prod",
  "production",
  "public",
  "redis",
  "root",
  "secret",
  "staging",
  "test",
  "testing",
  "true",
  "undefined",
  "user",
  "username",
  "0000",
  "1234",
  "12345",
  "123456",
]);

/** One way in which a value may stand in a text. */
export interface SecretForm {
  readonly text: string;
  /** Counts only with no letter or digit beside it. */
  readonly alone: boolean;
}

/** All ways in which a value may stand in a text; none for what is too short or trivial. */
export function secretForms(value: string): SecretForm[] {
  const forms = new Map<string, boolean>();
  for (const part of partsOf(value)) {
    const alone = part.length < plainlySecretLength;
    for (const form of [...escapedForms(part), ...base64Forms(part, alone)])
      forms.set(form, alone && forms.get(form) !== false);
  }
  return [...forms].map(([text, alone]) => ({ text, alone }));
}

/** The value, the value without white space around it, and each of its lines, as far as they are worth hiding. */
function partsOf(value: string): string[] {
  const lines = value.includes("\n") ? value.split(/\r?\n/u).map((line) => line.trim()) : [];
  // The frame of a PEM file says what it is, and a short line of a longer text (a bracket, a number) nothing.
  const telling = lines.filter(
    (line) => line.length >= plainlySecretLength && !/^-+(BEGIN|END) /u.test(line),
  );
  return [...new Set([value, value.trim(), ...telling])].filter(worthHiding);
}

const worthHiding = (part: string): boolean =>
  part.trim().length >= shortestSecretLength && !trivialValues.has(part.trim().toLowerCase());

function escapedForms(part: string): string[] {
  const json = JSON.stringify(part).slice(1, -1);
  const ascii = json.replaceAll(/\P{ASCII}/gu, (character) => asciiEscape(character));
  const percent = [encodeURIComponent(wellFormed(part)), percentEncoded(wellFormed(part))].flatMap((text) => [
    text,
    text.replaceAll("%20", "+"),
    text.replaceAll("%2F", "/"),
    text.replaceAll("%20", "+").replaceAll("%2F", "/"),
  ]);
  const form = new URLSearchParams([["", part]]).toString().slice(1);
  return [
    part,
    json,
    ascii,
    JSON.stringify(json).slice(1, -1),
    ...percent,
    form,
    ...[...percent, form].map((text) => text.replaceAll(/%[0-9A-F]{2}/gu, (escape) => escape.toLowerCase())),
  ];
}

const asciiEscape = (character: string): string =>
  [...Array(character.length).keys()]
    .map((index) => String.raw`\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`)
    .join("");

/** A lone surrogate can't be percent-encoded: it would throw. */
const wellFormed = (part: string): string => part.toWellFormed();

/**
 * Base64 writes three bytes as four characters. Of a value somewhere inside something longer, the characters that depend on its own bytes
 * only are the same whatever stands around it, but they differ by its place modulo three.
 */
function base64Forms(part: string, alone: boolean): string[] {
  const bytes = Buffer.from(part, "utf8");
  const whole = bytes.toString("base64");
  const inside = alone ? [] : [0, 1, 2].map((offset) => encodedCore(bytes, offset));
  return [whole, whole.replace(/=+$/u, ""), ...inside].flatMap((form) => [
    form,
    form.replaceAll("+", "-").replaceAll("/", "_"),
  ]);
}

function encodedCore(bytes: Uint8Array, offset: number): string {
  const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
  const first = Math.ceil((offset * 8) / 6);
  const last = Math.floor(((offset + bytes.length) * 8) / 6);
  return encoded.slice(first, last);
}
