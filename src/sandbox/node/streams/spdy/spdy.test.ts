import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import {
  controlFrame,
  dataFrameHead,
  flagFin,
  FrameReader,
  frameType,
  numbers,
  type Frame,
} from "./frames.ts";
import { HeaderBlocks, type Headers } from "./HeaderBlocks.ts";
import { headerDictionary } from "./headerDictionary.ts";
import { SpdyConnection } from "./SpdyConnection.ts";
import type { SpdyStream } from "./SpdyStream.ts";

const bytes = (maxLength = 300) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));

describe("frames", () => {
  const frame = fc.oneof(
    fc.record({
      type: fc.constantFrom(...Object.values(frameType)),
      flags: fc.nat(255),
      payload: bytes(),
    }),
    fc.record({ stream: fc.integer({ min: 1, max: 2 ** 31 - 1 }), data: bytes(), fin: fc.boolean() }),
  );
  const written = (one: Frame): Buffer =>
    "data" in one
      ? Buffer.concat([dataFrameHead(one.stream, one.data.length, one.fin), one.data])
      : controlFrame(one.type, one.payload, one.flags);
  /** Pieces of one data frame put together again: the last of them has `fin`, if any has. */
  const joined = (frames: readonly Frame[]): string[] => {
    const all: string[] = [];
    let open = "";
    for (const one of frames) {
      if ("data" in one) {
        open += one.data.toString("hex");
        all.push(`${one.stream} ${one.fin} ${open}`);
        open = "";
      } else all.push(`${one.type} ${one.flags} ${one.payload.toString("hex")}`);
    }
    return all;
  };

  it("are read as they were written, wherever the bytes are cut", () => {
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 8 }),
        fc.array(fc.nat(400), { maxLength: 12 }),
        (frames, cuts) => {
          const whole = Buffer.concat(frames.map(written));
          const reader = new FrameReader();
          const read: Frame[] = [];
          let at = 0;
          for (const cut of [...cuts, whole.length]) {
            // A copy, which is overwritten afterwards: nothing may be kept that still belongs to the chunk.
            const chunk = Buffer.from(whole.subarray(at, Math.min(at + cut, whole.length)));
            at += chunk.length;
            for (const one of reader.read(chunk)) {
              const last = read.at(-1);
              if ("data" in one && last !== undefined && "data" in last && pending(last)) {
                read[read.length - 1] = { ...one, data: Buffer.concat([last.data, one.data]) };
              } else
                read.push(
                  "data" in one
                    ? { ...one, data: Buffer.from(one.data) }
                    : { ...one, payload: Buffer.from(one.payload) },
                );
            }
            chunk.fill(0);
          }
          expect(joined(read)).toEqual(joined(frames));

          /** Whether a data frame has not come to its end: told by what was written. */
          function pending(last: Frame): boolean {
            const original = frames[read.length - 1];
            return (
              original !== undefined &&
              "data" in original &&
              "data" in last &&
              last.data.length < original.data.length
            );
          }
        },
      ),
    );
  });

  it("that are none, or longer than any, are refused", () => {
    const read = (chunk: Buffer) => () => [...new FrameReader().read(chunk)];
    expect(read(Buffer.from([0x80, 2, 0, 1, 0, 0, 0, 0]))).toThrow("this is not SPDY/3");
    expect(read(Buffer.from([0x80, 3, 0, 1, 0, 0xff, 0xff, 0xff]))).toThrow(
      "a control frame of 16777215 bytes",
    );
  });
});

describe("header blocks", () => {
  const name = fc.stringMatching(/^[a-z-]{1,20}$/);
  const value = fc.stringMatching(/^[ -~]{0,40}$/);
  const headers = fc.dictionary(name, value, { maxKeys: 6 });

  it("come out as they went in, one after the other", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(headers, { maxLength: 5 }), async (blocks) => {
        const sender = new HeaderBlocks();
        const receiver = new HeaderBlocks();
        for (const block of blocks)
          expect({ ...(await receiver.decode(await sender.encode(block))) }).toEqual({ ...block });
        sender.close();
        receiver.close();
      }),
      { numRuns: 50 },
    );
  });

  it("are compressed against the dictionary of SPDY/3", async () => {
    const blocks = new HeaderBlocks();
    const first = await blocks.encode({});
    // Behind two bytes of its own, zlib names the dictionary by its checksum.
    expect(first.subarray(2, 6).toString("hex")).toBe("e3c6a7c2");
    blocks.close();
  });

  it("that grow without end are refused", async () => {
    const blocks = new HeaderBlocks();
    const bomb = deflateSync(Buffer.alloc(50_000_000), { dictionary: headerDictionary });
    await expect(blocks.decode(bomb)).rejects.toThrow("a header block is too large");
  });
});

describe("a connection", () => {
  const ends: Socket[] = [];
  afterEach(() => ends.splice(0).forEach((end) => end.destroy()));

  /** The client's end: frames out, frames in. */
  async function connected(onStream: (stream: SpdyStream) => void = () => {}) {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const near = connect((server.address() as AddressInfo).port, "127.0.0.1");
    near.on("error", () => {});
    const [far] = (await once(server, "connection")) as [Socket];
    server.close();
    ends.push(near, far);
    const connection = new SpdyConnection(far, onStream);
    const headers = new HeaderBlocks();
    const reader = new FrameReader();
    const frames: Frame[] = [];
    near.on("data", (chunk: Buffer) => frames.push(...reader.read(Buffer.from(chunk))));
    const until = async (what: string, look: () => boolean): Promise<void> => {
      for (let tries = 0; tries < 12_000 && !look(); tries++)
        await new Promise((resolve) => setTimeout(resolve, 5));
      expect(look(), what).toBe(true);
    };
    return {
      connection,
      client: near,
      frames,
      until,
      open: async (id: number, names: Headers, flags = 0): Promise<void> => {
        const block = Buffer.concat([numbers(id, 0), Buffer.alloc(2), await headers.encode(names)]);
        near.write(controlFrame(frameType.synStream, block, flags));
      },
      data: (id: number, data: Buffer, fin = false): void => {
        near.write(Buffer.concat([dataFrameHead(id, data.length, fin), data]));
      },
      controls: (type: number) => frames.filter((frame) => "type" in frame && frame.type === type),
      dataOf: (id: number) =>
        Buffer.concat(
          frames.flatMap((frame) => ("data" in frame && frame.stream === id ? [frame.data] : [])),
        ),
      ended: (id: number) => frames.some((frame) => "data" in frame && frame.stream === id && frame.fin),
    };
  }

  it("carries streams in both directions, each with its own end", async () => {
    const opened: string[] = [];
    const { open, data, until, dataOf, ended, controls } = await connected((stream) => {
      opened.push(stream.headers["streamtype"] ?? "");
      stream.pipe(stream);
    });
    await open(1, { streamtype: "stdin" });
    await open(3, { streamtype: "stdout" });
    data(3, Buffer.from("three"));
    data(1, Buffer.from("one"), true);
    await until("the first is ended", () => ended(1));
    expect(opened).toEqual(["stdin", "stdout"]);
    expect(controls(frameType.synReply)).toHaveLength(2);
    expect(dataOf(1).toString()).toBe("one");
    expect(dataOf(3).toString()).toBe("three");
    expect(ended(3)).toBe(false);
    data(3, Buffer.alloc(0), true);
    await until("the second is ended", () => ended(3));
    expect(controls(frameType.rstStream)).toEqual([]);
  });

  it("sends nothing of a stream before its reply: the client would throw it away", async () => {
    const { open, until, frames, ended } = await connected((stream) => stream.end("at once"));
    await open(1, {});
    await until("it is ended", () => ended(1));
    expect(frames.map((frame) => ("data" in frame ? "data" : frame.type))).toEqual([
      frameType.synReply,
      "data",
      "data",
    ]);
  });

  it("waits for a slow reader, and then goes on where it was", async () => {
    let slow: SpdyStream | undefined;
    const { open, data, client, until } = await connected((stream) => (slow ??= stream));
    await open(1, {});
    const part = Buffer.alloc(64 * 1024, "x");
    for (let sent = 0; sent < 40_000_000; sent += part.length) data(1, part);
    await until(
      "the client is held back",
      () => (slow?.readableLength ?? 0) > 200_000 && client.writableNeedDrain,
    );
    for (let turns = 0; turns < 20; turns++) await new Promise(setImmediate);
    expect(slow?.readableLength).toBeLessThan(1_000_000);
    let read = 0;
    slow?.on("data", (chunk: Buffer) => (read += chunk.length));
    await until("everything is read", () => read >= 40_000_000);
  });

  it("resets what it does not want, and forgets what the client resets", async () => {
    const streams: SpdyStream[] = [];
    const { open, client, until, controls } = await connected((stream) => {
      streams.push(stream);
      if (stream.headers["port"] === undefined) stream.destroy();
    });
    await open(2, { port: "1" });
    await until("an even number is refused", () => controls(frameType.rstStream).length === 1);
    await open(3, {});
    await until("one without a port is refused", () => controls(frameType.rstStream).length === 2);
    await open(5, { port: "1" });
    await open(1, { port: "1" });
    await until("a number that is gone by is refused", () => controls(frameType.rstStream).length === 3);
    client.write(controlFrame(frameType.rstStream, numbers(5, 5)));
    await until("the stream is gone", () => streams.at(-1)?.destroyed === true);
    expect(controls(frameType.rstStream)).toHaveLength(3);
  });

  it("answers pings, and ends all streams with the connection", async () => {
    const streams: SpdyStream[] = [];
    const { open, client, connection, until, controls } = await connected((stream) => streams.push(stream));
    await open(1, {}, flagFin);
    client.write(controlFrame(frameType.ping, numbers(7)));
    await until("it answers", () => controls(frameType.ping).length === 1);
    client.destroy();
    await until("it is gone", () => connection.gone.aborted);
    expect(streams.map(({ destroyed }) => destroyed)).toEqual([true]);
  });

  it("ends when it hears what is no SPDY", async () => {
    const { client, connection, until } = await connected();
    client.write(Buffer.alloc(64));
    await until("it is gone", () => connection.gone.aborted);
    expect(connection.gone.aborted).toBe(true);
  });
});
