import { constants, createDeflate, createInflate, type Deflate, type Inflate } from "node:zlib";
import { headerDictionary } from "./headerDictionary.ts";

/** Names in lower case. */
export type Headers = Readonly<Record<string, string>>;

/** More than the headers of any client of Kubernetes. */
const longestBlock = 64 * 1024;

const options = { dictionary: headerDictionary, flush: constants.Z_SYNC_FLUSH };

/** Header blocks of one connection: each direction is one compressed stream, so that none may be left out and their order counts. */
export class HeaderBlocks {
  readonly #inflate: Inflate = createInflate(options);
  readonly #deflate: Deflate = createDeflate({ ...options, level: constants.Z_BEST_COMPRESSION });

  constructor() {
    // What went wrong is told to whom it concerned.
    for (const end of [this.#inflate, this.#deflate]) end.on("error", () => {});
  }

  async decode(block: Uint8Array): Promise<Headers> {
    return parse(await pass(this.#inflate, block));
  }

  async encode(headers: Headers): Promise<Buffer> {
    return await pass(this.#deflate, serialize(headers));
  }

  close(): void {
    this.#inflate.close();
    this.#deflate.close();
  }
}

/** What comes out of a compressor for what goes in. One at a time. */
function pass(through: Inflate | Deflate, block: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let length = 0;
    const done = (error?: Error | null): void => {
      through.off("data", take).off("error", done);
      if (error) reject(error);
      else resolve(Buffer.concat(parts));
    };
    const take = (part: Buffer): void => {
      length += part.length;
      parts.push(part);
      if (length <= longestBlock) return;
      done(new Error("a header block is too large"));
      through.destroy();
    };
    through.on("data", take).once("error", done);
    through.write(block, done);
  });
}

function parse(block: Buffer): Headers {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  let at = 0;
  const number = (): number => {
    at += 4;
    return block.readUInt32BE(at - 4);
  };
  const text = (): string => {
    const length = number();
    if (length > block.length - at) throw new Error("a header block is cut short");
    at += length;
    return block.toString("latin1", at - length, at);
  };
  for (let count = number(); count > 0; count--) {
    const name = text();
    headers[name.toLowerCase()] = text();
  }
  return headers;
}

function serialize(headers: Headers): Buffer {
  const number = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const text = (value: string): Buffer[] => [
    number(Buffer.byteLength(value, "latin1")),
    Buffer.from(value, "latin1"),
  ];
  const entries = Object.entries(headers);
  return Buffer.concat([number(entries.length), ...entries.flatMap((pair) => pair.flatMap(text))]);
}
