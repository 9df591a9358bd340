import type { KubeRequest, KubeResponse, Transport } from "../../kube/Transport.ts";
import type { ApiRequest, ApiResponse, User } from "./ApiRequest.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Calls the API server without a socket: the same bytes, the same answers. */
export function inProcessTransport(
  handle: (request: ApiRequest) => Promise<ApiResponse>,
  user: User,
): Transport {
  const closing = new AbortController();
  return {
    async send(request) {
      const query = new URLSearchParams();
      for (const [name, value] of Object.entries(request.query ?? {}))
        if (value !== undefined) query.set(name, String(value));
      const response = await handle({
        method: request.method,
        path: request.path,
        query,
        headers: { accept: "application/json", "user-agent": "moorage", ...headersOf(request) },
        body: bytesOf(request.body),
        user,
        signal:
          request.signal === undefined ? closing.signal : AbortSignal.any([request.signal, closing.signal]),
      });
      return responseOf(response);
    },
    async close() {
      closing.abort();
    },
  };
}

function headersOf({ headers, body }: KubeRequest): Record<string, string> {
  return { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers };
}

function bytesOf(body: unknown): Uint8Array {
  if (body === undefined) return new Uint8Array();
  if (body instanceof Uint8Array) return body;
  return encoder.encode(typeof body === "string" ? body : JSON.stringify(body));
}

function responseOf({ status, headers, body, warnings }: ApiResponse): KubeResponse {
  const text = async (): Promise<string> => {
    if (typeof body === "string") return body;
    if (body instanceof Uint8Array) return decoder.decode(body);
    const streaming = new TextDecoder();
    let whole = "";
    for await (const part of body)
      whole += typeof part === "string" ? part : streaming.decode(part, { stream: true });
    return whole + streaming.decode();
  };
  async function* chunks(): AsyncIterable<Uint8Array> {
    if (typeof body === "string") yield encoder.encode(body);
    else if (body instanceof Uint8Array) yield body;
    else for await (const part of body) yield typeof part === "string" ? encoder.encode(part) : part;
  }
  async function* lines(): AsyncIterable<string> {
    const streaming = new TextDecoder();
    let rest = "";
    const parts = typeof body === "string" || body instanceof Uint8Array ? [body] : body;
    for await (const part of parts) {
      rest += typeof part === "string" ? part : streaming.decode(part, { stream: true });
      const whole = rest.split("\n");
      rest = whole.pop() ?? "";
      for (const one of whole) if (one !== "") yield one;
    }
    if (rest !== "") yield rest;
  }
  return {
    status,
    headers:
      warnings === undefined || warnings.length === 0
        ? headers
        : { ...headers, warning: warnings.join(", ") },
    json: async () => JSON.parse(await text()) as unknown,
    text,
    lines,
    chunks,
  };
}
