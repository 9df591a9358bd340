import { createServer, type Http2Server, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { grpcHealth } from "./grpcHealth.ts";

let server: Http2Server | undefined;
afterEach(() => server?.close());

/** A gRPC server of one method, which answers with these bytes and trailers. */
async function serve(
  answer: (stream: ServerHttp2Stream, asked: Buffer, path: string) => void,
): Promise<number> {
  const made = createServer();
  server = made;
  made.on("stream", (stream, headers) => {
    const parts: Buffer[] = [];
    stream.on("data", (part: Buffer) => parts.push(part));
    stream.once("end", () => answer(stream, Buffer.concat(parts), String(headers[":path"])));
  });
  await new Promise<void>((resolve) => made.listen(0, "127.0.0.1", resolve));
  return (made.address() as AddressInfo).port;
}
const says = (stream: ServerHttp2Stream, message: Buffer, trailers: Record<string, string>): void => {
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.once("wantTrailers", () => stream.sendTrailers(trailers));
  stream.end(message);
};
const framed = (...bytes: number[]): Buffer => Buffer.from([0, 0, 0, 0, bytes.length, ...bytes]);
const signal = new AbortController().signal;
const fine = { "grpc-status": "0" };

it.each([
  ["serves", framed(8, 1), fine, ""],
  ["does not", framed(8, 2), fine, 'service unhealthy (responded with "NOT_SERVING")'],
  ["knows no such service", framed(8, 3), fine, 'service unhealthy (responded with "SERVICE_UNKNOWN")'],
  ["does not know", framed(), fine, 'service unhealthy (responded with "UNKNOWN")'],
  [
    "has no such method",
    Buffer.alloc(0),
    { "grpc-status": "12", "grpc-message": "unknown service%21" },
    "error: this server does not implement the grpc health protocol (grpc.health.v1.Health): unknown service!",
  ],
  [
    "fails",
    Buffer.alloc(0),
    { "grpc-status": "5", "grpc-message": "no" },
    "error: health rpc probe failed: rpc error: code = 5 desc = no",
  ],
])("hears that a program %s", async (_what, message, trailers, problem) => {
  const port = await serve((stream) => says(stream, message, trailers));
  expect(await grpcHealth(port, "", signal)).toEqual({ ok: problem === "", message: problem });
});

it("asks for a service by its name", async () => {
  let asked = "";
  const port = await serve((stream, body, path) => {
    asked = `${path} ${body.toString("latin1")}`;
    says(stream, framed(8, 1), fine);
  });
  expect((await grpcHealth(port, "jobs", signal)).ok).toBe(true);
  expect(asked).toBe("/grpc.health.v1.Health/Check \0\0\0\0\u0006\n\u0004jobs");
});

it("fails where nobody listens, and when its time is over", async () => {
  expect((await grpcHealth(1, "", signal)).message).toContain('failed to connect service at "127.0.0.1:1"');
  const silent = await serve(() => {});
  expect((await grpcHealth(silent, "", AbortSignal.timeout(100))).ok).toBe(false);
});
