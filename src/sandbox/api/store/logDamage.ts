import { readFileSync, statSync } from "node:fs";
import { endianness } from "node:os";

/**
 * Whether the log of an SQLite file (`-wal`) is damaged before its end. SQLite reads a log up to the first frame that is not whole and forgets
 * the rest, which is right where a write was cut short, and would silently lose what was acknowledged where a byte in the middle changed.
 * Undefined when nothing is wrong; else what, for people. Source: https://sqlite.org/fileformat2.html#walformat
 */
export function logDamage(path: string): string | undefined {
  const log = `${path}-wal`;
  const size = sizeOf(log);
  if (size <= headerSize) return undefined;
  if (sizeOf(path) === 0) return `${path} is empty, but its log ${log} is not`;
  const bytes = readFileSync(log);
  const magic = bytes.readUInt32BE(0);
  const pageSize = bytes.readUInt32BE(8);
  const words = wordsOf(bytes, magic === bigEndianMagic);
  const sound =
    Math.trunc(magic / 2) === Math.trunc(bigEndianMagic / 2) && pageSize >= 512 && pageSize <= 65_536;
  let sum: Sum = [0, 0];
  if (sound) sum = add(sum, words, 0, 24);
  if (!sound || !isSum(bytes, 24, sum)) return `the beginning of ${log} is damaged`;
  const frameSize = frameHeaderSize + pageSize;
  const isOfThisLog = (at: number): boolean => bytes.compare(bytes, 16, 24, at + 8, at + 16) === 0;
  /** What the checksum of a frame must be, if this is that of the one before. */
  const sumAfter = (before: Sum, frame: number): Sum =>
    add(add(before, words, frame, 8), words, frame + frameHeaderSize, pageSize);
  let at = headerSize;
  let next = sum;
  for (; at + frameSize <= size; at += frameSize) {
    next = sumAfter(sum, at);
    if (!isOfThisLog(at) || !isSum(bytes, at + 16, next)) break;
    sum = next;
  }
  // What was rolled back (the disk was full) leaves frames of this log, too, but no end of a transaction. One that a kill cut short may leave the header of
  // its end without the page, behind what a later start wrote over its beginning: it was never whole.
  const isCommit = (frame: number): boolean => bytes.readUInt32BE(frame + 4) !== 0;
  let lost = 0;
  for (let after = at + frameSize; after + frameSize <= size; after += frameSize) {
    // Of the one before, what is damaged may be the page or the checksum.
    const before = storedSum(bytes, after - frameSize + 16);
    const isWhole = [before, next].some((each) => isSum(bytes, after + 16, sumAfter(each, after)));
    next = sumAfter(before, after);
    if (isWhole && isOfThisLog(after) && isCommit(after)) lost += 1;
  }
  return lost === 0 ? undefined : `${log} is damaged at byte ${at}, and ${lost} later writes are in it`;
}

/**
 * `logDamage` that is the same a moment later: of a log that another process still writes, one that runs or was killed a moment ago, a look may see the
 * middle of a write. Whether there is one only the lock of the file tells, and SQLite, once it has that, drops a damaged log.
 *
 * @param pause lets the moment pass
 */
export function lastingLogDamage(path: string, pause: () => void = aMoment): string | undefined {
  let damage = logDamage(path);
  for (let looks = 0; damage !== undefined && looks < 10; looks += 1) {
    pause();
    const before = damage;
    damage = logDamage(path);
    if (damage === before) return damage;
  }
  return damage;
}

const aMoment = (): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 25);

const headerSize = 32;
const frameHeaderSize = 24;
/** The last bit says in which order the bytes of a word are taken for checksums. */
const bigEndianMagic = 0x377f0683;

type Sum = readonly [number, number];

function wordsOf(bytes: Buffer, isBigEndian: boolean): Uint32Array {
  const copy = Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 4)));
  if (isBigEndian !== (endianness() === "BE")) copy.swap32();
  return new Uint32Array(copy.buffer, copy.byteOffset, copy.length / 4);
}

function add([first, second]: Sum, words: Uint32Array, from: number, length: number): Sum {
  let a = first;
  let b = second;
  for (let at = from / 4, end = (from + length) / 4; at < end; at += 2) {
    a = (a + words[at]! + b) >>> 0;
    b = (b + words[at + 1]! + a) >>> 0;
  }
  return [a, b];
}

const isSum = (bytes: Buffer, at: number, [first, second]: Sum): boolean =>
  bytes.readUInt32BE(at) === first && bytes.readUInt32BE(at + 4) === second;

const storedSum = (bytes: Buffer, at: number): Sum => [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)];

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
