/**
 * Values in the encoding of certificates (DER, ITU-T X.690), as far as `certificates.ts` writes them. By hand, because it is so little: the libraries for it took 80 ms and
 * 10 MB of every start of a sandbox. Keys, signatures and whatever is read and trusted are OpenSSL's, by `node:crypto`.
 */
export type Der = Buffer;

export function tagged(tag: number, ...parts: readonly Uint8Array[]): Der {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Uint8Array.of(tag, ...head), content]);
}

export const sequence = (...parts: readonly Der[]): Der => tagged(0x30, ...parts);
export const setOf = (part: Der): Der => tagged(0x31, part);
/** Not negative: its first byte is below 0x80. */
export const integer = (bytes: Uint8Array): Der => tagged(0x02, bytes);
export const yes: Der = tagged(0x01, Uint8Array.of(0xff));
export const octets = (bytes: Uint8Array): Der => tagged(0x04, bytes);
export const text = (value: string): Der => tagged(0x0c, Buffer.from(value, "utf8"));

/** `unused`: how many bits at the end don't count. */
export const bits = (bytes: Uint8Array, unused = 0): Der => tagged(0x03, Uint8Array.of(unused), bytes);

/** An object identifier: `2.5.4.3`. */
export function identifier(name: string): Der {
  const [first = 0, second = 0, ...rest] = name.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const number of rest) {
    const seven = [number & 0x7f];
    for (let left = number >> 7; left > 0; left >>= 7) seven.unshift((left & 0x7f) | 0x80);
    bytes.push(...seven);
  }
  return tagged(0x06, Uint8Array.from(bytes));
}

/** Two digits of the year until 2049, four from then on. */
export function moment(milliseconds: number): Der {
  const date = new Date(milliseconds);
  const digits = `${date.toISOString().slice(0, 19).replaceAll(/[-T:]/g, "")}Z`;
  return date.getUTCFullYear() < 2050
    ? tagged(0x17, Buffer.from(digits.slice(2), "latin1"))
    : tagged(0x18, Buffer.from(digits, "latin1"));
}

/** The values that one is made of, each with its tag. */
export function partsOf(value: Der): Der[] {
  const parts: Der[] = [];
  const { start: from, end } = contentOf(value, 0);
  for (let at = from; at < end;) {
    const next = contentOf(value, at).end;
    parts.push(value.subarray(at, next));
    at = next;
  }
  return parts;
}

function contentOf(bytes: Der, at: number): { start: number; end: number } {
  const first = bytes.readUInt8(at + 1);
  const more = first < 0x80 ? 0 : first & 0x7f;
  const length = more === 0 ? first : bytes.readUIntBE(at + 2, more);
  const start = at + 2 + more;
  return { start, end: start + length };
}
