import { MoorageError } from "../contract/index.ts";
import { ApiUnreachable } from "./ApiUnreachable.ts";
import { backoffDelay } from "./backoff.ts";
import type { Clock } from "./Clock.ts";
import type { KubeRequest, Transport } from "./Transport.ts";

export interface RetryOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Times that a request is sent at most. Default 5. */
  readonly attempts?: number;
  /** Milliseconds. A server that asks to wait longer is not waited for. Default 60,000. */
  readonly longestWait?: number;
  /** Told of each repetition, for a progress line. */
  readonly onRetry?: (request: KubeRequest, why: string, waitMilliseconds: number) => void;
}

/**
 * Repeats what is safe to repeat, with exponential back-off, or after what the server's Retry-After says:
 * - any request that was not carried out: the connection never stood, or 429;
 * - requests that can be carried out twice without a difference (reads, dry runs, server-side apply, merge patch, DELETE): also when the
 *   connection broke, or on 500 (reads only), 502, 503 and 504.
 * A create, a PUT or a JSON patch whose answer was lost is not repeated: the caller has to look what became of it. A DELETE that is
 * repeated may answer NotFound although it deleted. Watches are passed through, as `follow` resumes them by version.
 */
export function retrying(inner: Transport, options: RetryOptions): Transport {
  const { clock, random, attempts = 5, longestWait = 60_000 } = options;
  return {
    async send(request) {
      if (request.query?.["watch"] === true) return inner.send(request);
      for (let attempt = 0; ; attempt += 1) {
        const last = attempt + 1 >= attempts;
        let why: string;
        let wait = backoffDelay(attempt, { initial: 200, max: 10_000, random });
        try {
          const response = await inner.send(request);
          if (last || !mayRepeatAfter(response.status, request)) return response;
          const after = retryAfterOf(response.headers["retry-after"]);
          if (after !== undefined) wait = Math.max(wait, after);
          if (wait > longestWait) return response;
          await response.text().catch(() => "");
          why = `HTTP ${response.status}`;
        } catch (error) {
          if (last || request.signal?.aborted || !mayRepeatAfterError(error, request)) throw error;
          why = error instanceof Error ? error.message : String(error);
        }
        options.onRetry?.(request, why, wait);
        await clock.sleep(wait, request.signal);
      }
    },
    close: () => inner.close(),
  };
}

function mayRepeatAfter(status: number, request: KubeRequest): boolean {
  // An eviction's 429 says that a disruption budget forbids it now: its caller decides.
  if (status === 429) return !request.path.endsWith("/eviction");
  if (status === 500) return request.method === "GET";
  return (status === 502 || status === 503 || status === 504) && isRepeatable(request);
}

function mayRepeatAfterError(error: unknown, request: KubeRequest): boolean {
  if (!(error instanceof MoorageError) || error.code !== "ApiUnreachable") return false;
  const neverArrived = error instanceof ApiUnreachable && !error.mayHaveBeenProcessed;
  return neverArrived || isRepeatable(request);
}

/** Twice is as good as once. */
function isRepeatable({ method, query, headers, body }: KubeRequest): boolean {
  if (method === "GET" || method === "DELETE" || query?.["dryRun"] === "All") return true;
  if (method !== "PATCH") return false;
  const type = headers?.["content-type"] ?? "";
  if (type.startsWith("application/apply-patch")) return true;
  // With a resourceVersion in it, the second of two is a conflict.
  return (
    type.startsWith("application/merge-patch") && !JSON.stringify(body ?? {}).includes('"resourceVersion"')
  );
}

/** Milliseconds; seconds or a date (RFC 9110, 10.2.3). Dates are left alone: two clocks would have to agree. */
function retryAfterOf(header: string | undefined): number | undefined {
  return header !== undefined && /^\d+$/.test(header) ? Number(header) * 1000 : undefined;
}
