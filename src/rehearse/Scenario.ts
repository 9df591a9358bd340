import { MoorageError } from "../contract/index.ts";

/** What can go wrong with the pods of a component. */
export const failureKinds = {
  image: "the image is not there",
  crash: "the program ends with exit code 1, again and again",
  ready: "the program runs, and is never ready",
} as const;

/** See `failureKinds`. */
export type FailureKind = keyof typeof failureKinds;

/** What a rehearsal makes happen. Components by their keys. */
export interface Scenario {
  /** New pods of these components fail; those that run already go on. */
  readonly failures: ReadonlyMap<string, FailureKind>;
  /** Milliseconds that a pod of these components takes longer to be ready, or a job to be done. */
  readonly slow: ReadonlyMap<string, number>;
}

/** All goes well. */
export const quietScenario: Scenario = { failures: new Map(), slow: new Map() };

/**
 * Reads `image:api`, `crash:worker` and `db=5m`, as the command line takes them.
 *
 * @throws MoorageError `Usage`
 */
export function parseScenario(failures: readonly string[], slow: readonly string[]): Scenario {
  return {
    failures: new Map(failures.map(parseFailure)),
    slow: new Map(slow.map(parseSlow)),
  };
}

function parseFailure(text: string): [string, FailureKind] {
  const [kind = "", component = ""] = text.split(/:(.*)/s);
  if (!Object.hasOwn(failureKinds, kind) || component === "") {
    const kinds = Object.entries(failureKinds).map(([name, meaning]) => `${name} (${meaning})`);
    throw new MoorageError("Usage", `--fail takes KIND:COMPONENT, not "${text}".`, {
      hint: `Kinds: ${kinds.join(", ")}. For example: --fail image:api`,
      exitCode: 2,
    });
  }
  return [component, kind as FailureKind];
}

function parseSlow(text: string): [string, number] {
  const [component = "", duration = ""] = text.split(/=(.*)/s);
  const milliseconds = parseSpan(duration);
  if (component === "" || milliseconds === undefined) {
    throw new MoorageError("Usage", `--slow takes COMPONENT=DURATION, not "${text}".`, {
      hint: "For example: --slow db=5m",
      exitCode: 2,
    });
  }
  return [component, milliseconds];
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of `90s`, `5m`, `1h30m` or a number of seconds; undefined when it is none. */
export function parseSpan(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  if (!/^(?:\d+(?:ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit = ""] of text.matchAll(/(\d+)(ms|s|m|h)/g))
    total += Number(amount) * (units[unit] ?? 0);
  return total;
}
