import { createHash } from "node:crypto";
import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";

/** A piece of a revision, named by its content: pieces that two revisions share are kept once. */
export interface Chunk {
  /** The first 32 hexadecimal digits of the SHA-256 of the content. */
  readonly id: string;
  /** Brotli. */
  readonly compressed: Uint8Array;
}

/** Bytes before compression. A Secret holds 1 MiB; what does not compress at all still fits. */
const largest = 512 * 1024;
/** A line ends a chunk when its hash says so: one in so many. Then a change of one object moves the borders near it only (content-defined chunking, LBFS 2001). */
const linesPerChunk = 64;

/** Cuts lines into chunks. Joining their contents gives the lines again. */
export function toChunks(lines: readonly string[]): Chunk[] {
  const chunks: Chunk[] = [];
  let current: Buffer[] = [];
  let size = 0;
  const close = (): void => {
    if (size > 0) chunks.push(chunkOf(Buffer.concat(current)));
    current = [];
    size = 0;
  };
  for (const line of lines) {
    const bytes = Buffer.from(`${line}\n`);
    if (size + bytes.length > largest) close();
    for (let start = 0; start < bytes.length; start += largest) {
      const part = bytes.subarray(start, start + largest);
      current.push(part);
      size += part.length;
      if (start + largest < bytes.length) close();
    }
    if ((createHash("sha256").update(bytes).digest()[0] ?? 0) % linesPerChunk === 0) close();
  }
  close();
  return chunks;
}

const idOf = (content: Buffer): string => createHash("sha256").update(content).digest("hex").slice(0, 32);

function chunkOf(content: Buffer): Chunk {
  const id = idOf(content);
  const compressed = brotliCompressSync(content, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 6, [constants.BROTLI_PARAM_SIZE_HINT]: content.length },
  });
  return { id, compressed };
}

/** The same for a chunk that was kept under its id; undefined when it is not what was written there. */
export function soundChunk(compressed: Uint8Array, id: string): Buffer | undefined {
  try {
    const content = brotliDecompressSync(compressed);
    return idOf(content) === id ? content : undefined;
  } catch {
    return undefined;
  }
}

/** The lines of contents, one after the other. */
export const linesOf = (contents: readonly Buffer[]): string[] => {
  const text = Buffer.concat(contents).toString("utf8");
  return text === "" ? [] : text.slice(0, -1).split("\n");
};
