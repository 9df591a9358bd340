import type { Duplex } from "node:stream";
import {
  controlFrame,
  dataFrameHead,
  flagFin,
  FrameReader,
  frameType,
  numbers,
  resetStatus,
  type Frame,
} from "./frames.ts";
import { HeaderBlocks, type Headers } from "./HeaderBlocks.ts";
import { SpdyStream, type StreamCarrier } from "./SpdyStream.ts";

/** More at once than anybody opens on purpose. */
const mostStreams = 4096;

/** The server's end of a SPDY/3.1 connection: takes the streams that the client opens. */
export class SpdyConnection implements StreamCarrier {
  /** Fires when the connection is over. */
  readonly gone: AbortSignal;
  readonly #duplex: Duplex;
  readonly #onStream: (stream: SpdyStream) => void;
  readonly #gone = new AbortController();
  readonly #headers = new HeaderBlocks();
  readonly #streams = new Map<number, SpdyStream>();
  #lastStream = 0;
  #closing = false;
  /** The stream whose reader is waited for. */
  #full: { stream: SpdyStream; resolve: () => void } | undefined;

  /** `onStream` may refuse a stream by destroying it. */
  constructor(duplex: Duplex, onStream: (stream: SpdyStream) => void) {
    this.#duplex = duplex;
    this.#onStream = onStream;
    this.gone = this.#gone.signal;
    duplex.once("close", () => this.#end());
    duplex.on("error", () => duplex.destroy());
    void this.#serve();
  }

  /** Says that no more streams are taken, and ends the connection once everything is sent. */
  close(): void {
    if (this.gone.aborted || this.#closing) return;
    this.#send(frameType.goAway, numbers(this.#lastStream, 0));
    this.#duplex.end();
    // What the client still sends is thrown away.
    this.#closing = true;
    this.#proceed();
  }

  /** Tells whether the client is still there: without one, writing breaks the connection. */
  ping(): void {
    this.#send(frameType.ping, numbers(2));
  }

  async data(stream: number, chunk: Uint8Array, fin: boolean): Promise<void> {
    if (this.gone.aborted) return;
    if (chunk.length > 0) this.#duplex.cork();
    const head = this.#write(dataFrameHead(stream, chunk.length, fin));
    const body = chunk.length === 0 ? undefined : this.#write(chunk);
    if (chunk.length > 0) this.#duplex.uncork();
    await head;
    await body;
  }

  over(stream: SpdyStream, reset: boolean): void {
    this.#streams.delete(stream.id);
    this.wanted(stream);
    if (reset && !this.gone.aborted) this.#send(frameType.rstStream, numbers(stream.id, resetStatus.cancel));
  }

  wanted(stream: SpdyStream): void {
    if (this.#full?.stream === stream) this.#proceed();
  }

  async #serve(): Promise<void> {
    const reader = new FrameReader();
    try {
      for await (const chunk of this.#duplex) {
        for (const frame of reader.read(chunk as Uint8Array)) await this.#take(frame);
        if (this.gone.aborted) break;
      }
      this.#duplex.end();
    } catch {
      // No SPDY, or broken off: there is nobody to tell.
      this.#duplex.destroy();
    }
  }

  async #take(frame: Frame): Promise<void> {
    if ("data" in frame) {
      await this.#takeData(frame.stream, frame.data, frame.fin);
      return;
    }
    const { type, flags, payload } = frame;
    switch (type) {
      case frameType.synStream:
        await this.#open(payload.readUInt32BE(0), await this.#headers.decode(payload.subarray(10)), flags);
        return;
      // Whatever they say, their headers are part of the compressed stream.
      case frameType.synReply:
      case frameType.headers:
        await this.#headers.decode(payload.subarray(4));
        return;
      case frameType.rstStream:
        this.#streams.get(payload.readUInt32BE(0))?.wasReset();
        return;
      case frameType.ping:
        // Odd ones are the client's; even ones answer ours.
        if (payload.readUInt32BE(0) % 2 === 1) this.#send(frameType.ping, payload);
        return;
      default:
      // Settings, windows and what is unknown ask for nothing here. After GOAWAY the client closes the connection.
    }
  }

  async #open(id: number, headers: Headers, flags: number): Promise<void> {
    const valid = id % 2 === 1 && id > this.#lastStream;
    if (!valid || this.#streams.size >= mostStreams) {
      const status = valid ? resetStatus.refused : resetStatus.protocolError;
      this.#send(frameType.rstStream, numbers(id, status));
      return;
    }
    this.#lastStream = id;
    const stream = new SpdyStream(id, headers, this);
    this.#streams.set(id, stream);
    if ((flags & flagFin) !== 0) stream.push(null);
    // Before anything else of the stream: what comes earlier is thrown away by the client.
    const reply = await this.#headers.encode({});
    this.#send(frameType.synReply, Buffer.concat([numbers(id), reply]));
    this.#onStream(stream);
  }

  async #takeData(id: number, data: Buffer, fin: boolean): Promise<void> {
    const stream = this.#streams.get(id);
    // Late data of a stream that was reset.
    if (this.#closing || stream === undefined || stream.destroyed || stream.readableEnded) return;
    // A copy, since the reader may keep it for longer than the chunk that it came in.
    const more = data.length === 0 || stream.push(Buffer.from(data));
    if (fin) stream.push(null);
    if (more || fin || stream.destroyed || this.gone.aborted) return;
    await new Promise<void>((resolve) => {
      this.#full = { stream, resolve };
    });
  }

  #send(type: number, payload: Uint8Array): void {
    void this.#write(controlFrame(type, payload));
  }

  #write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      if (this.#duplex.destroyed || this.#duplex.writableEnded) resolve();
      else this.#duplex.write(bytes, () => resolve());
    });
  }

  #proceed(): void {
    this.#full?.resolve();
    this.#full = undefined;
  }

  #end(): void {
    this.#gone.abort();
    this.#proceed();
    for (const stream of this.#streams.values()) stream.wasReset();
    this.#headers.close();
  }
}
