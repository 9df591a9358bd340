import { connect, constants, type ClientHttp2Session } from "node:http2";
import protobuf from "protobufjs/minimal.js";
import type { ProbeResult } from "./probeLoop.ts";

const failed = (message: string): ProbeResult => ({ ok: false, message });
/** grpc.health.v1.HealthCheckResponse.ServingStatus. */
const statuses = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];
const unimplemented = 12;

/**
 * Asks a program how it is by the gRPC health protocol (grpc.health.v1.Health/Check), without TLS, and words failures as a kubelet does
 * (k8s.io/kubernetes pkg/probe/grpc).
 */
export async function grpcHealth(port: number, service: string, signal: AbortSignal): Promise<ProbeResult> {
  const address = `127.0.0.1:${port}`;
  const session = connect(`http://${address}`);
  const stop = (): void => session.destroy();
  signal.addEventListener("abort", stop, { once: true });
  try {
    const problem = await connected(session);
    if (problem !== undefined)
      return failed(`error: failed to connect service at ${JSON.stringify(address)}: ${problem}`);
    const { status, message, body } = await check(session, service);
    if (status === unimplemented)
      return failed(
        `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${message}`,
      );
    if (status !== 0)
      return failed(`error: health rpc probe failed: rpc error: code = ${status} desc = ${message}`);
    const serving = servingStatus(body);
    return serving === 1
      ? { ok: true, message: "" }
      : failed(`service unhealthy (responded with ${JSON.stringify(statuses[serving] ?? String(serving))})`);
  } catch (error) {
    return failed(`error: health rpc probe failed: ${(error as Error).message}`);
  } finally {
    signal.removeEventListener("abort", stop);
    session.destroy();
  }
}

function connected(session: ClientHttp2Session): Promise<string | undefined> {
  return new Promise((resolve) => {
    session.once("connect", () => resolve(undefined));
    session.once("error", (error: Error) => resolve(error.message));
    session.once("close", () => resolve("the connection was closed"));
  });
}

/** One call, its answer and how it ended. */
function check(
  session: ClientHttp2Session,
  service: string,
): Promise<{ status: number; message: string; body: Buffer }> {
  const request = protobuf.Writer.create();
  if (service !== "") request.uint32(10).string(service);
  const message = Buffer.from(request.finish());
  // Not compressed, and its length.
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return new Promise((resolve, reject) => {
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: "/grpc.health.v1.Health/Check",
      "content-type": "application/grpc",
      te: "trailers",
      "user-agent": "kube-probe/1.36",
    });
    const parts: Buffer[] = [];
    let ended: Record<string, unknown> = {};
    stream.on("response", (headers) => {
      // Refused at once: what else comes as trailers is here.
      if (headers["grpc-status"] !== undefined) ended = headers;
      else if (headers[":status"] !== 200)
        reject(new Error(`unexpected HTTP status code ${headers[":status"]}`));
    });
    stream.on("trailers", (trailers) => (ended = trailers));
    stream.on("data", (part: Buffer) => parts.push(part));
    stream.once("error", reject);
    stream.once("close", () => {
      const status = Number(ended["grpc-status"] ?? Number.NaN);
      if (Number.isNaN(status)) return reject(new Error("the connection was closed"));
      resolve({ status, message: textOf(ended["grpc-message"]), body: Buffer.concat(parts).subarray(5) });
    });
    stream.end(Buffer.concat([head, message]));
  });
}

/** Percent-encoded, or what somebody took for it. */
function textOf(message: unknown): string {
  if (typeof message !== "string") return "";
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}

/** Field 1 of the answer; what is not there is 0. */
function servingStatus(body: Buffer): number {
  const reader = protobuf.Reader.create(body);
  let status = 0;
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) status = reader.int32();
    else reader.skipType(tag & 7);
  }
  return status;
}
