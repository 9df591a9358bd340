import { MoorageError } from "../contract/index.ts";
import { ApiUnreachable } from "./ApiUnreachable.ts";
import { backoffDelay } from "./backoff.ts";
import { bufferedResponse } from "./bufferedResponse.ts";
import type { Clock } from "./Clock.ts";
import type { KubeRequest, Transport } from "./Transport.ts";

/** How often, and how patiently, a request is repeated. */
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
 *   connection broke, before or in the middle of the answer, or on 500, 502, 503 and 504;
 * - an apply that met another write in the middle of the server's work (409 without a conflict of fields).
 * A create, a PUT or a JSON patch whose answer was lost is not repeated: the caller has to look what became of it. A DELETE that is
 * repeated may answer NotFound although it deleted. Watches and logs are passed through as they come: `follow` resumes watches by version.
 */
export function retrying(inner: Transport, options: RetryOptions): Transport {
  const { clock, random, attempts = 5, longestWait = 60_000 } = options;
  return {
    async send(request) {
      if (isStream(request)) return inner.send(request);
      for (let attempt = 0; ; attempt += 1) {
        const last = attempt + 1 >= attempts;
        let why: string;
        let wait = backoffDelay(attempt, { initial: 200, max: 10_000, random });
        try {
          // An answer counts once it is there as a whole.
          const response = await inner.send(request);
          const text = await response.text();
          if (last || !mayRepeatAfter(response.status, text, request))
            return bufferedResponse(response, text);
          const after = retryAfterOf(response.headers["retry-after"]);
          if (after !== undefined) wait = Math.max(wait, after);
          if (wait > longestWait) return bufferedResponse(response, text);
          why = `HTTP ${response.status}`;
        } catch (error) {
          if (last || request.signal?.aborted || !mayRepeatAfterError(error, request)) throw error;
          if (error instanceof ApiUnreachable) {
            // Silence for as long as that is not cured by asking often.
            if (error.lasting || (error.timedOut && attempt > 0)) throw error;
          }
          why = error instanceof Error ? error.message : String(error);
        }
        options.onRetry?.(request, why, wait);
        await clock.sleep(wait, request.signal);
      }
    },
    close: () => inner.close(),
  };
}

/** Answers without an end of their own. */
const isStream = ({ path, query }: KubeRequest): boolean =>
  query?.["watch"] === true || (path.startsWith("/api/v1/namespaces/") && path.endsWith("/log"));

function mayRepeatAfter(status: number, text: string, request: KubeRequest): boolean {
  // An eviction's 429 says that a disruption budget forbids it now: its caller decides.
  if (status === 429) return !request.path.endsWith("/eviction");
  if (status === 409) return isApply(request) && isCollision(text);
  // A field of the wrong type, which servers call an error of their own: it is the same the next time.
  if (status === 500 && text.includes("failed to create typed patch object")) return false;
  return (status === 500 || status === 502 || status === 503 || status === 504) && isRepeatable(request);
}

/** The server gave up on an object that others wrote at the same time. Fields that others own, and another object of the name, are no collision. */
function isCollision(text: string): boolean {
  try {
    const { reason, details } = JSON.parse(text) as {
      reason?: string;
      details?: { causes?: readonly unknown[] };
    };
    return reason === "Conflict" && (details?.causes ?? []).length === 0;
  } catch {
    return false;
  }
}

const isApply = ({ headers }: KubeRequest): boolean =>
  headers?.["content-type"]?.startsWith("application/apply-patch") === true;

function mayRepeatAfterError(error: unknown, request: KubeRequest): boolean {
  if (!(error instanceof MoorageError) || error.code !== "ApiUnreachable") return false;
  const neverArrived = error instanceof ApiUnreachable && !error.mayHaveBeenProcessed;
  return neverArrived || isRepeatable(request);
}

/** Twice is as good as once. */
function isRepeatable(request: KubeRequest): boolean {
  const { method, query, headers, body } = request;
  if (method === "GET" || method === "DELETE" || query?.["dryRun"] === "All") return true;
  if (method !== "PATCH") return false;
  const type = headers?.["content-type"] ?? "";
  if (isApply(request)) return true;
  // With a resourceVersion in it, the second of two is a conflict.
  return (
    type.startsWith("application/merge-patch") && !JSON.stringify(body ?? {}).includes('"resourceVersion"')
  );
}

/** Milliseconds; seconds or a date (RFC 9110, 10.2.3). Dates are left alone: two clocks would have to agree. */
function retryAfterOf(header: string | undefined): number | undefined {
  return header !== undefined && /^\d+$/.test(header) ? Number(header) * 1000 : undefined;
}
