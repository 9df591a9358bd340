import type { Clock, KubeRequest, KubeResponse, Transport } from "../../src/kube/index.ts";
import { ApiUnreachable } from "../../src/kube/index.ts";

/** What happens to one request. */
export type Fault =
  /** The connection breaks before the server has seen the request. */
  | "dropped before"
  /** The request takes effect, and its answer is lost. */
  | "dropped after"
  /** The answer breaks off midway. */
  | "reset"
  | "409"
  | "429"
  | "500"
  | "503"
  /** Takes a minute. */
  | "slow"
  /** A watch ends at once. */
  | "watch cut"
  /** A watch, or a list that goes on, is told that its version is too old. */
  | "410"
  /** The process ends with the request on its way; nothing of it happens afterwards. */
  | "killed before"
  /** The process ends when the request has taken effect. */
  | "killed after"
  /** The user presses Ctrl-C while the request is on its way; it goes on. */
  | "interrupted";

const isWatch = (request: KubeRequest): boolean => request.query?.["watch"] === true;
const isWrite = (request: KubeRequest): boolean => request.method !== "GET";

/** Whether a fault can happen to such a request at all. */
export function applies(fault: Fault, request: KubeRequest): boolean {
  switch (fault) {
    case "409":
      return isWrite(request) && request.query?.["dryRun"] === undefined;
    case "watch cut":
    case "410":
      return isWatch(request);
    case "reset":
      return !isWatch(request);
    // Of a request without effect there is no after: what is dropped or killed is so before.
    case "dropped after":
    case "killed before":
      return isWrite(request) && request.query?.["dryRun"] === undefined;
    default:
      return true;
  }
}

/** The numbers of the requests to which a fault can happen. */
export const requestsFor = (fault: Fault, requests: readonly KubeRequest[]): number[] =>
  [...requests.entries()].filter(([, request]) => applies(fault, request)).map(([at]) => at);

/** Passes requests on, but for the nth, to which the fault happens. */
export class FaultyTransport implements Transport {
  /** All so far, in order. */
  readonly requests: KubeRequest[] = [];
  /** Whether the fault happened. */
  struck = false;
  readonly #inner: Transport;
  readonly #at: number;
  readonly #fault: Fault | undefined;
  readonly #clock: Clock;
  #dead = false;
  readonly #sent = new Set<Promise<unknown>>();
  readonly #killed = Promise.withResolvers<void>();
  readonly #death = new AbortController();
  readonly #interrupt = new AbortController();

  /** @param at counted from 0 */
  constructor(inner: Transport, clock: Clock, fault?: { readonly at: number; readonly is: Fault }) {
    this.#inner = inner;
    this.#clock = clock;
    this.#at = fault?.at ?? -1;
    this.#fault = fault?.is;
  }

  /** Resolves when the process was killed. */
  get killed(): Promise<void> {
    return this.#killed.promise;
  }

  /** Fires when the user presses Ctrl-C. */
  get interrupted(): AbortSignal {
    return this.#interrupt.signal;
  }

  async send(request: KubeRequest): Promise<KubeResponse> {
    if (this.#dead) return await never();
    const index = this.requests.push(request) - 1;
    if (index !== this.#at || this.#fault === undefined || !applies(this.#fault, request))
      return await this.#underWay(this.#inner.send({ ...request, signal: this.#whileAlive(request) }));
    this.struck = true;
    switch (this.#fault) {
      case "killed before":
        return await this.#die();
      case "killed after":
        this.#dead = true;
        await this.#takesEffect(request);
        return await this.#die();
      case "interrupted":
        this.#interrupt.abort();
        return await this.#inner.send(request).finally(() => request.signal?.throwIfAborted());
      case "dropped before":
        throw broken(false);
      case "dropped after":
        await this.#takesEffect(request);
        throw broken(true);
      case "reset": {
        const response = await this.#takesEffect(request);
        const fail = (): Promise<never> => Promise.reject(broken(true));
        return { ...response, json: fail, text: fail };
      }
      case "slow":
        await this.#clock.sleep(60_000, request.signal);
        return await this.#inner.send(request);
      case "watch cut":
        return { ...(await this.#takesEffect(request)), lines: () => none() };
      case "410":
        return status(410, "Expired", "too old resource version");
      case "409":
        return status(
          409,
          "Conflict",
          "the object has been modified; please apply your changes to the latest version",
        );
      case "429":
        return status(429, "TooManyRequests", "too many requests", { "retry-after": "2" });
      case "500":
        return status(500, "InternalError", "Internal error occurred: etcdserver: leader changed");
      default:
        return status(503, "ServiceUnavailable", "the server is currently unable to handle the request");
    }
  }

  async close(): Promise<void> {}

  /** Sent, and its answer thrown away: a connection with an answer that nobody reads would be in the way of the next requests. */
  async #takesEffect(request: KubeRequest): Promise<KubeResponse> {
    const ended = new AbortController();
    const response = await this.#inner.send({
      ...request,
      signal: AbortSignal.any([this.#whileAlive(request), ended.signal]),
    });
    if (isWatch(request)) ended.abort();
    else await response.text();
    return response;
  }

  /** The connections of a process end with it. */
  #whileAlive({ signal }: KubeRequest): AbortSignal {
    return signal === undefined ? this.#death.signal : AbortSignal.any([this.#death.signal, signal]);
  }

  /** What it sent before takes effect before whoever comes next looks: a real server may take its time, and a plan would be stale. */
  async #die(): Promise<never> {
    this.#dead = true;
    await Promise.allSettled(this.#sent);
    this.#death.abort();
    this.#killed.resolve();
    return await never();
  }

  async #underWay<T>(sent: Promise<T>): Promise<T> {
    this.#sent.add(sent);
    try {
      return await sent;
    } finally {
      this.#sent.delete(sent);
    }
  }
}

// A request of a process that is no more.
const never = (): Promise<never> => new Promise(() => {});

const broken = (mayHaveBeenProcessed: boolean): ApiUnreachable =>
  new ApiUnreachable("The connection to the API server broke: socket hang up.", { mayHaveBeenProcessed });

async function* none(): AsyncGenerator<string> {}

function status(
  code: number,
  reason: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): KubeResponse {
  const body = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, code };
  const text = JSON.stringify(body);
  async function* lines(): AsyncGenerator<string> {
    yield text;
  }
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield new TextEncoder().encode(text);
  }
  return {
    status: code,
    headers: { "content-type": "application/json", ...headers },
    json: async () => structuredClone(body),
    text: async () => text,
    lines,
    chunks,
  };
}
