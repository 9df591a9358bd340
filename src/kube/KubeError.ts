import { MoorageError } from "../contract/index.ts";
import type { ErrorCode, KubeStatus } from "../contract/index.ts";
import type { KubeRequest, KubeResponse } from "./Transport.ts";

/**
 * A refusal by the API server: what it said (`status`), and on which request. Test it with `isNotFound` and the like, which go by the
 * reason and not by the wording.
 */
export class KubeError extends MoorageError {
  readonly status: KubeStatus;
  /** The HTTP status; the Status' own code when it came as a watch event. */
  readonly httpStatus: number;
  /** `NotFound`, `Conflict`, `Expired`, ...; derived from the HTTP status when the server gave none. */
  readonly reason: string;
  /** Seconds after which the server asks to be tried again. */
  readonly retryAfter: number | undefined;
  readonly request: { readonly method: string; readonly path: string };

  constructor(
    status: KubeStatus,
    httpStatus: number,
    request: { method: string; path: string },
    retryAfter?: number,
  ) {
    const reason = status.reason || reasonOf(httpStatus);
    super(codeOf(reason, httpStatus), status.message || `${request.method} ${request.path}: ${reason}`, {
      hint: hintOf(reason),
    });
    this.status = status;
    this.httpStatus = httpStatus;
    this.reason = reason;
    this.retryAfter = retryAfter ?? status.details?.retryAfterSeconds;
    this.request = { method: request.method, path: request.path };
  }
}

/** Reads a refusing answer, whatever its body is: a Status, a proxy's page, nothing. */
export async function kubeErrorOf(request: KubeRequest, response: KubeResponse): Promise<KubeError> {
  const text = await response.text().catch(() => "");
  const seconds = Number(response.headers["retry-after"]);
  const retryAfter = Number.isFinite(seconds) && response.headers["retry-after"] ? seconds : undefined;
  return new KubeError(statusOf(text, response.status, request), response.status, request, retryAfter);
}

function statusOf(text: string, code: number, request: KubeRequest): KubeStatus {
  try {
    const parsed = JSON.parse(text) as KubeStatus | null;
    if (parsed && typeof parsed === "object" && parsed.kind === "Status") return parsed;
  } catch {
    // Not JSON: a proxy's or a load balancer's page.
  }
  const [line = ""] = text.trim().split("\n", 1);
  // The mark says that it was cut: what takes secrets out of texts looks before it for a secret's beginning.
  const firstLine = line.length > 200 ? `${line.slice(0, 200)}…` : line;
  const said = firstLine === "" || firstLine.startsWith("<") ? "" : `: ${firstLine}`;
  return {
    apiVersion: "v1",
    kind: "Status",
    metadata: {},
    status: "Failure",
    message: `${request.method} ${request.path} was answered with HTTP ${code} (${reasonOf(code)})${said}`,
    code,
  };
}

const reasons: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  405: "MethodNotAllowed",
  406: "NotAcceptable",
  409: "Conflict",
  410: "Expired",
  413: "RequestEntityTooLarge",
  415: "UnsupportedMediaType",
  422: "Invalid",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
  504: "Timeout",
};
const reasonOf = (code: number): string => reasons[code] ?? "Unknown";

function codeOf(reason: string, httpStatus: number): ErrorCode {
  if (reason === "Forbidden" || reason === "Unauthorized") return "Forbidden";
  if (reason === "Conflict" || reason === "AlreadyExists") return "Conflict";
  if (httpStatus === 502 || httpStatus === 503) return "ApiUnreachable";
  return "ApiRefused";
}

function hintOf(reason: string): string | undefined {
  if (reason === "Unauthorized") {
    return "The credentials of the kubeconfig were not accepted: sign in to the cluster again.";
  }
  if (reason === "Forbidden")
    return "If this account lacks the right, ask an administrator: `moorage rbac ENV` prints all that a platform needs.";
  if (reason === "ServiceUnavailable")
    return "It may be starting, or overloaded: try again later. `kubectl get --raw '/readyz?verbose'` tells what it lacks.";
  return undefined;
}

const hasReason =
  (...expected: string[]) =>
  (error: unknown): error is KubeError =>
    error instanceof KubeError && expected.includes(error.reason);

/** The object, or the kind's URL, does not exist. */
export const isNotFound = hasReason("NotFound");
/** The name is taken. */
export const isAlreadyExists = hasReason("AlreadyExists");
/** A stale resourceVersion, a failed precondition, or fields that another manager owns. Not `AlreadyExists`. */
export const isConflict = hasReason("Conflict");
/** The account may not do this. */
export const isForbidden = hasReason("Forbidden");
/** The credentials were not accepted. */
export const isUnauthorized = hasReason("Unauthorized");
/** The object does not validate. */
export const isInvalid = hasReason("Invalid");
/** The resourceVersion, or the continue token, is too old: list again. */
export const isExpired = hasReason("Expired", "Gone");
/** A full namespace of work in progress, or an eviction that a disruption budget forbids. */
export const isTooManyRequests = hasReason("TooManyRequests");
/** The server does not speak the verb, the format, or the patch type. */
export const isUnsupported = hasReason("MethodNotAllowed", "NotAcceptable", "UnsupportedMediaType");
/** The namespace is being deleted and takes no new objects. */
export const isNamespaceTerminating = (error: unknown): error is KubeError =>
  error instanceof KubeError &&
  (error.status.details?.causes ?? []).some((cause) => cause.reason === "NamespaceTerminating");

/** What others own of what was to be applied: their name and the field, as the server tells it. */
export function fieldConflictsOf(error: unknown): { field: string; message: string }[] {
  if (!isConflict(error)) return [];
  return (error.status.details?.causes ?? [])
    .filter((cause) => cause.reason === "FieldManagerConflict")
    .map((cause) => ({ field: cause.field ?? "", message: cause.message ?? "" }));
}
