import { MoorageError } from "../contract/index.ts";
import type { SecretSource } from "../platform/ComponentKind.ts";

export type GeneratedShape = Extract<SecretSource, { from: "generated" }>["shape"];

/** Chance, as an argument: cryptographically strong outside tests. */
export type RandomBytes = (length: number) => Uint8Array;

// Letters and digits: nothing that a shell, a URL or a configuration file would have to quote.
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/**
 * A new value. `bytes` is its strength: random bytes that went into it (24 for a password, 32 for a key; a UUID has its own 16).
 *
 * `base64url` is padded: Fernet keys must be, and what reads it unpadded mostly reads it padded as well.
 */
export function generateValue(shape: GeneratedShape, random: RandomBytes, bytes?: number): string {
  const length = bytes ?? (shape === "password" ? 24 : 32);
  if (!Number.isInteger(length) || length < 8 || length > 4096) {
    throw new MoorageError(
      "PlatformInvalid",
      `a generated secret of ${length} bytes: from 8 to 4096 make sense`,
      { exitCode: 2 },
    );
  }
  return shapes[shape](length, random);
}

const encoded = (length: number, random: RandomBytes, encoding: "hex" | "base64"): string =>
  Buffer.from(random(length)).toString(encoding);

const shapes: Record<GeneratedShape, (length: number, random: RandomBytes) => string> = {
  password: (length, random) => password(Math.ceil((length * 8) / Math.log2(alphabet.length)), random),
  hex: (length, random) => encoded(length, random, "hex"),
  base64: (length, random) => encoded(length, random, "base64"),
  base64url: (length, random) => encoded(length, random, "base64").replaceAll("+", "-").replaceAll("/", "_"),
  uuid: (_length, random) => uuid(random(16)),
};

/** Each character equally likely: bytes beyond the last whole multiple of the alphabet's length are thrown away. */
function password(length: number, random: RandomBytes): string {
  const limit = 256 - (256 % alphabet.length);
  let result = "";
  while (result.length < length) {
    for (const byte of random(length)) {
      if (byte < limit && result.length < length) result += alphabet[byte % alphabet.length];
    }
  }
  return result;
}

/** Version 4 (RFC 9562, section 5.4). */
function uuid(random: Uint8Array): string {
  const bytes = Buffer.from(random);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/u, "$1-$2-$3-$4-$5");
}
