import { setTimeout as sleep } from "node:timers/promises";
import type { Transport } from "../../src/kube/index.ts";
import type { ParityCase, Step } from "./ParityCase.ts";

/** What a server answered to one request; `events` of a watch. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly warnings?: string;
  readonly body?: unknown;
  readonly events?: unknown[];
}

export interface RunOptions {
  readonly transport: Transport;
  readonly namespace: string;
  /** Gives the protobuf form of a body to be POSTed at a path. */
  readonly toProtobuf: (path: string, body: unknown) => Promise<Uint8Array>;
}

/** Milliseconds for what has to come at last: generous, as it only shows in what fails. */
const patience = 60_000;

/** Sends the requests of a case, in a namespace that is there, and gives back the raw answers. */
export async function runCase({ steps }: ParityCase, options: RunOptions): Promise<Answer[]> {
  const { transport, namespace } = options;
  const answers: Answer[] = [];
  const watches: { index: number; events: Promise<unknown[]> }[] = [];
  const over = new AbortController();
  try {
    for (const [index, step] of steps.entries()) {
      const body = fill(step.body, namespace, answers);
      const request = {
        method: step.method,
        path: fill(step.path, namespace, answers) as string,
        query: fill(step.query, namespace, answers) as Step["query"],
        headers: fill(step.headers, namespace, answers) as Step["headers"],
        body: step.from === undefined ? body : merge(structuredClone(answers[step.from]?.body), body),
      };
      if (step.protobuf) {
        request.body = await options.toProtobuf(request.path, request.body);
        request.headers = { ...request.headers, "content-type": "application/vnd.kubernetes.protobuf" };
      }
      if (step.watchUntil !== undefined) {
        const response = await transport.send({ ...request, signal: over.signal });
        const answer = { status: response.status, contentType: response.headers["content-type"] ?? "" };
        if (response.status !== 200) answers.push({ ...answer, body: parsed(await response.text()) });
        else {
          answers.push(answer);
          watches.push({
            index,
            events: eventsUntil(
              fill(step.watchUntil, namespace, answers) as string,
              response.lines(),
              over.signal,
            ),
          });
        }
        continue;
      }
      for (const deadline = Date.now() + patience; ; await sleep(25)) {
        const response = await transport.send(request);
        const warnings = response.headers["warning"];
        const answer: Answer = {
          status: response.status,
          contentType: response.headers["content-type"] ?? "",
          ...(warnings === undefined ? {} : { warnings }),
          body: parsed(await response.text()),
        };
        const isSo = step.until?.(answer.status, answer.body, warnings ?? "") ?? true;
        if (isSo || Date.now() > deadline) {
          answers.push(answer);
          break;
        }
      }
    }
    for (const { index, events } of watches) {
      const { status, contentType } = answers[index] as Answer;
      answers[index] = { status, contentType, events: await events };
    }
  } finally {
    over.abort();
  }
  return answers;
}

/** What is compared: bodies as the case's steps want them seen. */
export const viewed = (steps: readonly Step[], answers: readonly Answer[]): Answer[] =>
  answers.map((answer, index) => {
    const view = steps[index]?.view;
    return view === undefined ? answer : { ...answer, body: view(answer.body) };
  });

async function eventsUntil(
  last: string,
  lines: AsyncIterable<string>,
  over: AbortSignal,
): Promise<unknown[]> {
  const events: unknown[] = [];
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), patience);
  const iterator = lines[Symbol.asyncIterator]();
  const aborted = new Promise<undefined>((resolve) => {
    for (const signal of [late.signal, over]) signal.addEventListener("abort", () => resolve(undefined));
  });
  try {
    for (;;) {
      const next = await Promise.race([iterator.next().catch(() => undefined), aborted]);
      if (next === undefined) return [...events, { type: "(nothing more came)" }];
      if (next.done) return [...events, { type: "(the server ended it)" }];
      const event = parsed(next.value) as { type: string; object?: { metadata?: { name?: string } } };
      // The others come when a server thinks of it.
      if (event.type === "BOOKMARK" && last !== "BOOKMARK" && !isInitialEnd(event.object)) continue;
      events.push(event);
      if (last === event.type || last === `${event.type} ${nameOf(event.object)}`) return events;
    }
  } finally {
    clearTimeout(timer);
  }
}

const isInitialEnd = (object: unknown): boolean =>
  (object as { metadata?: { annotations?: Record<string, string> } }).metadata?.annotations?.[
    "k8s.io/initial-events-end"
  ] === "true";

/** Of an object, or of the first row of a Table. */
function nameOf(object: unknown): string | undefined {
  const { metadata, rows } = (object ?? {}) as {
    metadata?: { name?: string };
    rows?: { object?: { metadata?: { name?: string } } }[];
  };
  return metadata?.name ?? rows?.[0]?.object?.metadata?.name;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function fill(value: unknown, namespace: string, answers: readonly Answer[]): unknown {
  if (typeof value === "string")
    return value
      .replaceAll("{ns}", namespace)
      .replace(/<(\d+)\.([\w.]+)>/g, (_match, index: string, path: string) => {
        let found: unknown = answers[Number(index)]?.body;
        for (const name of path.split(".")) found = (found as Record<string, unknown> | undefined)?.[name];
        return typeof found === "string" ? found : found === undefined ? "" : JSON.stringify(found);
      });
  if (value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map((item) => fill(item, namespace, answers));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      fill(name, namespace, answers),
      fill(inner, namespace, answers),
    ]),
  );
}

function merge(target: unknown, change: unknown): unknown {
  if (typeof change !== "object" || change === null || Array.isArray(change)) return change;
  const result: Record<string, unknown> =
    typeof target === "object" && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(change)) {
    if (value === null) delete result[name];
    else result[name] = merge(result[name], value);
  }
  return result;
}
