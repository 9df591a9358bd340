import { MoorageError, type KubeStatus } from "../../contract/index.ts";
import type { Transport } from "../../kube/Transport.ts";
import { timePath, type TimeAnswer } from "./serveTime.ts";

/**
 * Lets the time of a sandbox pass, from another process: `advanceClock(client.transport, 300_000)`. Resolves when everything has happened
 * that happens in these milliseconds, with the time that it then is.
 *
 * @throws MoorageError `Unsupported` when its time is the machine's, or when it is no sandbox
 */
export const advanceClock = (
  transport: Transport,
  milliseconds: number,
  signal?: AbortSignal,
): Promise<TimeAnswer> => ask(transport, { advance: milliseconds }, signal);

/** What time it is in a sandbox. */
export const readClock = (transport: Transport, signal?: AbortSignal): Promise<TimeAnswer> =>
  ask(transport, undefined, signal);

async function ask(
  transport: Transport,
  body: object | undefined,
  signal?: AbortSignal,
): Promise<TimeAnswer> {
  const method = body === undefined ? "GET" : "POST";
  const response = await transport.send({ method, path: timePath, body, signal });
  const answer = (await response.json().catch(() => ({}))) as TimeAnswer & KubeStatus;
  if (response.status === 200) return answer;
  if (response.status === 404)
    throw new MoorageError("Unsupported", "What answers there is no sandbox, or one of an older Moorage.");
  const code = response.status === 403 ? "Forbidden" : response.status === 400 ? "Usage" : "Unsupported";
  throw new MoorageError(code, `Its clock can't be advanced: ${answer.message ?? response.status}.`);
}
