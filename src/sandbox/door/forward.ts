import type { IncomingMessage, ServerResponse } from "node:http";
import { changeHeaders, type RouteRule } from "../../routing/index.ts";
import { nodeHttp } from "../nodeHttp.ts";
import { endToEnd } from "./forwardedHeaders.ts";

export interface Forwarding {
  readonly port: number;
  /** Path and query. */
  readonly path: string;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly rule: RouteRule;
}

/** `retry`: nothing of the request was acted on, another process may be asked. */
export type Forwarded = { outcome: "done" } | { outcome: "retry" | "failed"; error: Error };

/** RFC 9110, 9.2.2: asking twice does what asking once does. */
const idempotent = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

/** Milliseconds of the machine's longest timer: a longer one goes off at once. */
const longestTimer = 2 ** 31 - 1;

// A connection each: one that is kept could be closed by the program just when a request is on its way.
const agent = new nodeHttp.Agent({ keepAlive: false });

/** Sends a request to a process and streams the answer back, both as they come. */
export function forward(
  request: IncomingMessage,
  response: ServerResponse,
  to: Forwarding,
): Promise<Forwarded> {
  return new Promise((resolve) => {
    const hasBody =
      request.headers["content-length"] !== undefined || request.headers["transfer-encoding"] !== undefined;
    let connected = false;
    const upstream = nodeHttp.request({
      host: "127.0.0.1",
      port: to.port,
      method: request.method,
      path: to.path,
      // Said aloud: for GET and DELETE node:http would send a body without any framing, and its bytes would be read as a request of their own.
      headers:
        hasBody && to.headers["content-length"] === undefined
          ? { ...to.headers, "transfer-encoding": "chunked" }
          : to.headers,
      agent,
      setHost: false,
    });
    const leave = (): void => void upstream.destroy();
    response.once("close", leave);
    const finish = (result: Forwarded): void => {
      response.off("close", leave);
      resolve(result);
    };
    upstream.once("socket", (socket) =>
      socket.once("connect", () => {
        connected = true;
        // Not a byte of the body is read before somebody is there to take it: so another process can still be asked.
        if (hasBody) request.pipe(upstream);
        else upstream.end();
      }),
    );
    upstream.on("error", (error) => {
      if (response.destroyed) return finish({ outcome: "done" });
      if (response.headersSent) {
        response.destroy(error);
        return finish({ outcome: "done" });
      }
      const repeatable = !hasBody && idempotent.has(request.method ?? "");
      request.unpipe(upstream);
      finish({ outcome: !connected || repeatable ? "retry" : "failed", error });
    });
    upstream.once("response", (answer) => {
      const headers = changeHeaders(endToEnd(answer.headers), to.rule.responseHeaders);
      try {
        response.writeHead(answer.statusCode ?? 502, answer.statusMessage, definedOnly(headers));
      } catch (error) {
        // A status or header that no server may send: nothing was written yet.
        upstream.destroy();
        return finish({
          outcome: "failed",
          error: error instanceof Error ? error : new Error(String(error)),
        });
      }
      response.flushHeaders();
      answer.pipe(response);
      answer.once("error", () => response.destroy());
      response.once("close", () => finish({ outcome: "done" }));
    });
    if (to.rule.timeout) {
      const late = setTimeout(
        () => upstream.destroy(new Error("timeout")),
        Math.min(to.rule.timeout, longestTimer),
      ).unref();
      upstream.once("close", () => clearTimeout(late));
    }
  });
}

export const definedOnly = (
  headers: Record<string, string | string[] | undefined>,
): Record<string, string | string[]> =>
  Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string | string[]] => entry[1] !== undefined),
  );
