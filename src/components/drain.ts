import { z } from "zod";
import { lazily } from "../platform/lazily.ts";
import type { Problem } from "../contract/index.ts";
import type { PlacedComponent } from "../platform/ComponentKind.ts";
import { duration, secondsOf, text, type Duration } from "./fields.ts";
import { finding } from "./finding.ts";

/**
 * How a worker gives up its work without losing any: it is told to take no more, then asked until it is idle,
 * and only then stopped. Carried out as the pod's `preStop`, so that it holds for a drained node and for kubectl as well.
 */
const timing = lazily(() => ({
  longestTask: duration()
    .optional()
    .meta({ description: "Time that the longest task takes; it may go on after SIGTERM." }),
  timeout: duration()
    .optional()
    .meta({ description: "How long to wait until idle; the longest task's time unless said, else 10m." }),
}));

const commandsSchema = lazily(() =>
  z.strictObject({
    stop: z.array(text()).min(1).optional().meta({ description: "A command, run once: take no more work." }),
    busy: z.array(text()).min(1).meta({
      description:
        "A command, asked until it exits with 1: idle. 0 is busy, anything else no answer, which is not idle.",
    }),
    ...timing(),
  }),
);

const celerySchema = lazily(() =>
  z.strictObject({
    celery: z.strictObject({
      queues: z.array(text()).min(1),
      app: z.string().optional(),
      node: z.string().optional(),
    }),
    ...timing(),
  }),
);

export const drainField = () =>
  z
    .union([commandsSchema(), celerySchema()], {
      error: "expected celeryDrain({ queues, longestTask }), or { stop, busy, timeout }",
    })
    .optional()
    .meta({ description: "How it gives up its work before it is stopped." });

export type DrainSpec = NonNullable<z.output<ReturnType<typeof drainField>>>;

/**
 * Drains a Celery worker: cancels its consumers, then waits until nothing is active, reserved or scheduled.
 *
 * @param options `queues` that it consumes; `longestTask`, "2h"; `app` and `node`, if the command doesn't say them by `-A` and `-n`.
 * @example worker({ image, command: ["celery", "-A", "etl", "worker", "-Q", "bulk"], drain: celeryDrain({ queues: ["bulk"], longestTask: "2h" }) })
 */
export const celeryDrain = ({
  longestTask,
  timeout,
  ...celery
}: {
  queues: string[];
  longestTask: Duration;
  timeout?: Duration;
  app?: string;
  node?: string;
}): z.input<ReturnType<typeof celerySchema>> => ({ celery, longestTask, timeout });

interface Draining {
  readonly drain?: DrainSpec;
  readonly gracePeriod?: Duration;
  readonly command?: string[];
  readonly args?: string[];
}

/** Time for the last acknowledgements and the program's own end. */
const marginSeconds = 30;

const timeoutOf = (drain: DrainSpec): number => secondsOf(drain.timeout ?? drain.longestTask ?? "10m");

/** The grace period runs from before preStop: `preStop + longest task + 30`. 0 without `drain`. */
export const drainGracePeriod = ({ drain }: Draining): number =>
  drain === undefined ? 0 : timeoutOf(drain) + secondsOf(drain.longestTask ?? 0) + marginSeconds;

/** The pod's `lifecycle`. */
export function drainLifecycle(spec: Draining): object | undefined {
  if (spec.drain === undefined) return undefined;
  return { preStop: { exec: { command: ["sh", "-c", drainScript(spec, spec.drain)] } } };
}

/** Variables that the script needs. */
export const drainVariables = ({ drain }: Draining): Record<string, { field: string }> =>
  drain !== undefined && "celery" in drain ? { POD_NAME: { field: "metadata.name" } } : {};

function drainScript(spec: Draining, drain: DrainSpec): string {
  const { stop, busy } = "celery" in drain ? celeryScript(spec, drain.celery) : commandScript(drain);
  return [
    `end=$(($(date +%s) + ${timeoutOf(drain)}))`,
    ...busy,
    ...stop,
    // 1 is idle; 0 is busy; anything else is no answer, and no answer is not idle.
    'while busy; [ "$?" -ne 1 ]; do',
    '  [ "$(date +%s)" -ge "$end" ] && exit 0',
    "  sleep 1",
    "done",
    "exit 0",
  ].join("\n");
}

const commandScript = ({
  stop,
  busy,
}: z.output<ReturnType<typeof commandsSchema>>): { stop: string[]; busy: string[] } => ({
  stop: stop === undefined ? [] : [stop.map(quoted).join(" ")],
  busy: [`busy() { ${busy.map(quoted).join(" ")}; }`],
});

function celeryScript(
  spec: Draining,
  celery: z.output<ReturnType<typeof celerySchema>>["celery"],
): { stop: string[]; busy: string[] } {
  const app = quoted(celery.app ?? celeryApp(spec) ?? "");
  // In double quotes: the name holds the pod's, or the machine's.
  const node = (celery.node ?? optionOf(spec, "-n", "--hostname") ?? "celery@%h")
    .replaceAll(/["\\`$](?!\()/gu, String.raw`\$&`)
    .replaceAll("$(POD_NAME)", () => "$POD_NAME")
    .replaceAll("%h", () => "$(hostname)");
  return {
    stop: celery.queues.map(
      (queue) => `celery -A ${app} control cancel_consumer ${quoted(queue)} -d "${node}"`,
    ),
    busy: [
      "busy() {",
      "  for what in active reserved scheduled; do",
      `    answer=$(celery -A ${app} inspect "$what" -d "${node}" --json -t 10) || return 2`,
      String.raw`    case $(printf %s "$answer" | tr -d ' \n') in *':[]}') ;; *) return 0 ;; esac`,
      "  done",
      "  return 1",
      "}",
    ],
  };
}

const quoted = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;

const celeryApp = (spec: Draining): string | undefined => optionOf(spec, "-A", "--app");

function optionOf({ command = [], args = [] }: Draining, short: string, long: string): string | undefined {
  const words = [...command, ...args];
  for (const [index, word] of words.entries()) {
    if (word === short || word === long) return words[index + 1];
    if (word.startsWith(`${long}=`)) return word.slice(long.length + 1);
  }
  return undefined;
}

export function checkDrain(component: PlacedComponent<Draining>): Problem[] {
  const { spec } = component;
  if (spec.drain === undefined) return [];
  const problems: Problem[] = [];
  const needed = drainGracePeriod(spec);
  if (spec.gracePeriod !== undefined && secondsOf(spec.gracePeriod) < needed) {
    problems.push(
      finding(
        component,
        "gracePeriod",
        `${secondsOf(spec.gracePeriod)} s is too short: draining, the longest task and 30 s make ${needed} s`,
        {
          hint: "leave it out, and it fits",
        },
      ),
    );
  }
  if ("celery" in spec.drain && spec.drain.celery.app === undefined && celeryApp(spec) === undefined) {
    problems.push(
      finding(component, "drain", "which Celery app is to be drained? the command has no -A", {
        hint: 'celeryDrain({ app: "NAME", ... })',
      }),
    );
  }
  return problems;
}
