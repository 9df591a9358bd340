import { timeOf, type Clock } from "../Clock.ts";
import { administrator, type ApiRequest, type ApiResponse } from "../api/ApiRequest.ts";
import { StatusError } from "../api/StatusError.ts";
import type { SandboxTime } from "./SandboxTime.ts";

/** Where a sandbox tells its time and lets it pass: GET, and POST of `{ "advance": MILLISECONDS }`. The administrator's only. */
export const timePath = "/sandbox/clock";

/** A year of timers would keep everybody waiting for minutes. */
const longestAdvance = 366 * 86_400_000;

export interface TimeAnswer {
  /** RFC 3339. */
  readonly now: string;
  readonly driven: boolean;
}

/** Answers for the time of a sandbox; undefined when it is asked for something else. */
export async function serveTime(
  request: ApiRequest,
  { clock, driven }: SandboxTime,
): Promise<ApiResponse | undefined> {
  if (request.path !== timePath) return undefined;
  try {
    if (!request.user.groups.some((group) => administrator.groups[0] === group))
      throw new StatusError(
        403,
        "Forbidden",
        "only the administrator of the sandbox may see and drive its time",
      );
    if (request.method === "GET") return answer(clock, driven !== undefined);
    if (request.method !== "POST")
      throw new StatusError(405, "MethodNotAllowed", `the time of the sandbox takes GET and POST`);
    if (driven === undefined)
      throw new StatusError(
        409,
        "Conflict",
        "the time of this sandbox is the machine's, which can't be advanced: start it with --clock driven",
      );
    await driven.advance(millisecondsOf(request.body), request.signal);
    return answer(clock, true);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return { status: error.status.code ?? 500, headers: json, body: JSON.stringify(error.status) };
  }
}

const json = { "content-type": "application/json" };

function answer(clock: Clock, driven: boolean): ApiResponse {
  const body: TimeAnswer = { now: timeOf(clock.now()), driven };
  return { status: 200, headers: json, body: JSON.stringify(body) };
}

function millisecondsOf(body: Uint8Array): number {
  let advance: unknown;
  try {
    ({ advance } = JSON.parse(new TextDecoder().decode(body)) as { advance?: unknown });
  } catch {
    // Told below.
  }
  if (typeof advance === "number" && advance >= 0 && advance <= longestAdvance) return advance;
  throw new StatusError(
    400,
    "BadRequest",
    `expected {"advance": MILLISECONDS}, from 0 to ${longestAdvance} (366 days)`,
  );
}
