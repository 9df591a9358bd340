import type { Duplex } from "node:stream";
import { SpdyConnection } from "./spdy/SpdyConnection.ts";
import type { SpdyStream } from "./spdy/SpdyStream.ts";
import { keepAlive } from "./keepAlive.ts";
import { joinStreams } from "./joinStreams.ts";
import type { StreamTarget } from "./StreamTarget.ts";

/** Milliseconds in which the second stream of a pair comes. */
const untilPaired = 30_000;

/**
 * Each connection that the client has accepted is a pair of streams, told by their request: one for its data, one for what went wrong.
 * Source: k8s.io/kubelet, cri/streaming/portforward/httpstream.go. Resolves when the SPDY connection is over.
 */
export function forwardPorts(connection: Duplex, target: StreamTarget): Promise<void> {
  const waiting = new Map<string, { stream: SpdyStream; over: AbortController }>();
  const carrier = new SpdyConnection(connection, (stream) => {
    const type = stream.headers["streamtype"];
    const port = portOf(stream);
    if (port === undefined || (type !== "data" && type !== "error")) {
      stream.destroy();
      return;
    }
    const request = requestOf(stream, type);
    const first = waiting.get(request);
    if (first === undefined) {
      const over = new AbortController();
      waiting.set(request, { stream, over });
      stream.once("close", () => {
        over.abort();
        if (waiting.get(request)?.stream === stream) waiting.delete(request);
      });
      void target.clock.sleep(untilPaired, over.signal).then(
        () => stream.destroy(),
        () => undefined,
      );
      return;
    }
    if (first.stream.headers["streamtype"] === type) {
      stream.destroy();
      return;
    }
    waiting.delete(request);
    first.over.abort();
    const [data, error] = type === "data" ? [stream, first.stream] : [first.stream, stream];
    void forward(port, data, error, target);
  });
  void keepAlive(target.clock, carrier.gone, () => carrier.ping());
  return new Promise((resolve) => {
    if (carrier.gone.aborted) resolve();
    else carrier.gone.addEventListener("abort", () => resolve(), { once: true });
  });
}

async function forward(
  port: number,
  data: SpdyStream,
  error: SpdyStream,
  target: StreamTarget,
): Promise<void> {
  error.resume();
  let upstream: Duplex;
  try {
    upstream = await target.connect(port);
  } catch (cause) {
    error.end(`error forwarding port ${port} to pod ${target.name}: ${(cause as Error).message}`);
    data.resume();
    data.end();
    return;
  }
  await joinStreams(data, upstream);
  error.end();
}

function portOf({ headers }: SpdyStream): number | undefined {
  const port = Number(headers["port"] ?? "");
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
}

/** Old clients don't number their requests: the error stream comes first, and the data stream next. */
const requestOf = ({ headers, id }: SpdyStream, type: "data" | "error"): string =>
  headers["requestid"] || `#${type === "error" ? id : id - 2}`;
