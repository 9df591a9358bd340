import { Readable } from "node:stream";
import type { RawData, WebSocket } from "ws";

/** Half-close of one channel, in the fifth version of the protocol. */
const closeSignal = 255;

/**
 * Several channels over one websocket: each message begins with the number of its channel. In the `base64` protocols messages are text,
 * the number a digit. What comes in is read as fast as its readers take it; then the whole connection waits.
 */
export class WebSocketChannels {
  readonly gone: AbortSignal;
  readonly #socket: WebSocket;
  readonly #base64: boolean;
  readonly #readers = new Map<number, Readable>();
  readonly #full = new Set<number>();

  constructor(socket: WebSocket, protocol: string) {
    this.#socket = socket;
    this.#base64 = protocol.endsWith("base64.channel.k8s.io");
    const gone = new AbortController();
    this.gone = gone.signal;
    socket.once("close", () => {
      gone.abort();
      for (const channel of this.#readers.keys()) this.#end(channel);
    });
    const halfClose = protocol === "v5.channel.k8s.io";
    socket.on("message", (data: RawData) => {
      const bytes = data as Buffer;
      const first = bytes[0];
      if (first === undefined) return;
      if (halfClose && first === closeSignal) {
        if (bytes.length === 2) this.#end(bytes[1] ?? 0);
        else socket.close(1002);
        return;
      }
      const channel = this.#base64 ? first - 0x30 : first;
      const body = bytes.subarray(1);
      this.#take(channel, this.#base64 ? Buffer.from(body.toString("latin1"), "base64") : body);
    });
  }

  /** What the client sends on a channel. To be asked for before anything can come in; what comes on other channels is thrown away. */
  reader(channel: number): Readable {
    const reader = new Readable({
      read: () => {
        this.#full.delete(channel);
        if (this.#full.size === 0) this.#socket.resume();
      },
    });
    this.#readers.set(channel, reader);
    return reader;
  }

  /** Resolves when it was handed to the network, or nobody is there. */
  write(channel: number, chunk: Uint8Array | string): Promise<void> {
    const data = Buffer.from(chunk);
    const message = this.#base64
      ? `${channel}${data.toString("base64")}`
      : Buffer.concat([Buffer.of(channel), data]);
    return new Promise((resolve) => {
      if (this.#socket.readyState !== this.#socket.OPEN) resolve();
      else this.#socket.send(message, { binary: !this.#base64 }, () => resolve());
    });
  }

  ping(): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  close(): void {
    this.#full.clear();
    this.#socket.resume();
    this.#socket.close(1000);
  }

  #take(channel: number, body: Buffer): void {
    const reader = this.#readers.get(channel);
    if (reader === undefined || reader.readableEnded || reader.destroyed || body.length === 0) return;
    if (reader.push(body)) return;
    this.#full.add(channel);
    this.#socket.pause();
  }

  #end(channel: number): void {
    const reader = this.#readers.get(channel);
    this.#readers.delete(channel);
    this.#full.delete(channel);
    reader?.push(null);
  }
}
