import { Duplex } from "node:stream";
import type { Headers } from "./HeaderBlocks.ts";

/** What a stream needs of its connection. */
export interface StreamCarrier {
  /** Resolves when it was handed to the network, or that is gone. */
  data(stream: number, chunk: Uint8Array, fin: boolean): Promise<void>;
  /** The stream is over on this side; `reset` unless both sides have ended it. */
  over(stream: SpdyStream, reset: boolean): void;
  /** It is read again. */
  wanted(stream: SpdyStream): void;
}

/** So much may wait to be read of one stream before the connection waits for its reader. */
const readAhead = 256 * 1024;

/** A stream that the client has opened. */
export class SpdyStream extends Duplex {
  readonly id: number;
  readonly headers: Headers;
  readonly #carrier: StreamCarrier;
  #reset = false;

  constructor(id: number, headers: Headers, carrier: StreamCarrier) {
    super({ allowHalfOpen: true, readableHighWaterMark: readAhead });
    this.id = id;
    this.headers = headers;
    this.#carrier = carrier;
    // A broken connection ends the stream; who uses it hears of that by its end.
    this.on("error", () => {});
  }

  /** The client has reset it. */
  wasReset(): void {
    this.#reset = true;
    this.destroy();
  }

  override _read(): void {
    this.#carrier.wanted(this);
  }

  override _write(chunk: Buffer, _encoding: string, written: () => void): void {
    void this.#carrier.data(this.id, chunk, false).then(() => written());
  }

  override _final(ended: () => void): void {
    void this.#carrier.data(this.id, Buffer.alloc(0), true).then(() => ended());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#carrier.over(this, !this.#reset && !(this.readableEnded && this.writableFinished));
    done(error);
  }
}
