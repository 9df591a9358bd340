/** Types of control frames. Source: SPDY/3 draft, 2.6. */
export const frameType = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;

export const flagFin = 1;

/** Why a stream is reset. */
export const resetStatus = { protocolError: 1, invalidStream: 2, refused: 3, cancel: 5 } as const;

const version = 3;

/** A whole control frame, or a piece of a data frame: data is handed on as it comes, however long its frame. */
export type Frame =
  | { readonly type: number; readonly flags: number; readonly payload: Buffer }
  | { readonly stream: number; readonly data: Buffer; readonly fin: boolean };

/** Longer control frames are refused: what they carry is never so long. */
const longestControlFrame = 64 * 1024;

/** Cuts a stream of bytes into frames. Throws at what is no SPDY/3. */
export class FrameReader {
  #rest = Buffer.alloc(0);
  /** The data frame that is under way. */
  #data: { stream: number; left: number; fin: boolean } | undefined;

  *read(chunk: Uint8Array): Generator<Frame> {
    let bytes =
      this.#rest.length === 0
        ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
        : Buffer.concat([this.#rest, chunk]);
    this.#rest = Buffer.alloc(0);
    for (;;) {
      if (this.#data !== undefined) {
        const { stream, left, fin } = this.#data;
        if (bytes.length === 0 && left > 0) return;
        const data = bytes.subarray(0, left);
        bytes = bytes.subarray(data.length);
        this.#data = data.length === left ? undefined : { stream, left: left - data.length, fin };
        yield { stream, data, fin: fin && this.#data === undefined };
        continue;
      }
      if (bytes.length < 8) break;
      const length = bytes.readUIntBE(5, 3);
      const flags = bytes[4] ?? 0;
      if ((bytes[0] ?? 0) < 0x80) {
        if (bytes.readUInt32BE(0) === 0) throw new Error("there is no stream 0");
        this.#data = { stream: bytes.readUInt32BE(0), left: length, fin: (flags & flagFin) !== 0 };
        bytes = bytes.subarray(8);
        continue;
      }
      if ((bytes.readUInt16BE(0) & 0x7fff) !== version) throw new Error("this is not SPDY/3");
      if (length > longestControlFrame) throw new Error(`a control frame of ${length} bytes`);
      if (bytes.length < 8 + length) break;
      yield { type: bytes.readUInt16BE(2), flags, payload: bytes.subarray(8, 8 + length) };
      bytes = bytes.subarray(8 + length);
    }
    // A copy, so that a few bytes don't hold the whole chunk.
    this.#rest = Buffer.from(bytes);
  }
}

export function controlFrame(type: number, payload: Uint8Array, flags = 0): Buffer {
  const frame = Buffer.alloc(8 + payload.length);
  frame.writeUInt16BE(0x8000 | version, 0);
  frame.writeUInt16BE(type, 2);
  frame.writeUInt8(flags, 4);
  frame.writeUIntBE(payload.length, 5, 3);
  frame.set(payload, 8);
  return frame;
}

/** The head of a data frame; its data follows. */
export function dataFrameHead(stream: number, length: number, fin = false): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(stream, 0);
  head.writeUInt8(fin ? flagFin : 0, 4);
  head.writeUIntBE(length, 5, 3);
  return head;
}

/** Two numbers, as RST_STREAM and GOAWAY carry them. */
export function numbers(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => bytes.writeUInt32BE(value, 4 * index));
  return bytes;
}
