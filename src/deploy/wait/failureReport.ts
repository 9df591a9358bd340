import type { KubeObject } from "../../contract/index.ts";
import type { Context } from "../DeployContext.ts";
import type { Failure } from "../DeployEvent.ts";
import { describe, refOf } from "../objectKey.ts";
import type { Readiness } from "../readiness/Readiness.ts";

const logLines = 20;
const eventLines = 6;
/** What is told of a failure must not take longer than people wait for it. */
const patience = 5000;
const looks = 4;
const lookEvery = 250;

/** Reason, events and last log lines of what failed. What cannot be had is left out: the cause itself is known already. */
export async function failureReport(
  object: KubeObject,
  verdict: Readiness,
  context: Context,
  namespace: string,
): Promise<Failure> {
  const { redact } = context;
  const hurry = new AbortController();
  const bounded = { ...context, signal: AbortSignal.any([context.signal, hurry.signal]) };
  const timer = context.clock.sleep(patience, bounded.signal).then(
    () => hurry.abort(),
    () => {},
  );
  const concerned = [object, ...(verdict.pod === undefined ? [] : [verdict.pod])];
  const [events, log] = await Promise.all([
    soon(() => warningsOf(concerned, bounded), bounded).catch((): string[] => []),
    verdict.pod === undefined
      ? []
      : lastLines(verdict.pod, verdict.container, bounded).catch((): string[] => []),
  ]);
  hurry.abort();
  await timer;
  return {
    object: describe(refOf(object), namespace),
    reason: verdict.reason ?? "Failed",
    message: redact(verdict.message),
    events: events.map(redact),
    log: log.map(redact),
    ...(log.length === 0 || verdict.pod === undefined
      ? {}
      : {
          logOf: `${verdict.pod.metadata.name}${verdict.container === undefined ? "" : `/${verdict.container}`}`,
        }),
  };
}

/** Whoever writes a status tells the event of it right after: it is looked for a moment longer. */
async function soon(look: () => Promise<string[]>, { clock, signal }: Context): Promise<string[]> {
  for (let left = looks; ; left--) {
    const found = await look();
    if (found.length > 0 || left <= 0) return found;
    await clock.sleep(lookEvery, signal);
  }
}

export interface EventObject extends KubeObject {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTimestamp?: string;
  readonly eventTime?: string;
}

/** When an event was seen last. */
export const eventTime = (event: EventObject): string => event.lastTimestamp ?? event.eventTime ?? "";

/** Warnings about these objects, oldest first. */
export async function eventsOf(
  objects: readonly KubeObject[],
  { client, signal }: Context,
): Promise<EventObject[]> {
  const lists = await Promise.all(
    objects.map((object) =>
      client.list<EventObject>(
        { apiVersion: "v1", kind: "Event" },
        {
          namespace: object.metadata.namespace,
          fieldSelector: `involvedObject.uid=${object.metadata.uid}`,
          signal,
        },
      ),
    ),
  );
  return lists
    .flatMap((list) => list.items)
    .filter((event) => event.type === "Warning")
    .toSorted((a, b) => (eventTime(a) < eventTime(b) ? -1 : 1));
}

const warningsOf = async (objects: readonly KubeObject[], context: Context): Promise<string[]> =>
  (await eventsOf(objects, context))
    .slice(-eventLines)
    .map((event) => `Warning ${event.reason ?? ""}: ${event.message ?? ""}`);

async function lastLines(
  pod: KubeObject,
  container: string | undefined,
  context: Context,
): Promise<string[]> {
  const target = { namespace: pod.metadata.namespace ?? "", name: pod.metadata.name ?? "" };
  const read = async (previous: boolean): Promise<string[]> => {
    const parts: Uint8Array[] = [];
    const options = {
      ...(container === undefined ? {} : { container }),
      previous,
      tailLines: logLines,
      signal: context.signal,
    };
    for await (const chunk of context.client.logs(target, options)) parts.push(chunk);
    const text = Buffer.concat(parts).toString("utf8").trimEnd();
    return text === "" ? [] : text.split("\n").slice(-logLines);
  };
  // A container that was started again has said what matters the time before.
  const before = await read(true).catch((): string[] => []);
  return before.length > 0 ? before : read(false);
}
