const macros = /^@(yearly|annually|monthly|weekly|daily|midnight|hourly)$/;
const months = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const days = "sun mon tue wed thu fri sat".split(" ");

interface Bounds {
  readonly least: number;
  readonly most: number;
  /** Those of `least`, `least + 1` and so on. */
  readonly names?: readonly string[];
}

const fieldBounds: readonly Bounds[] = [
  { least: 0, most: 59 },
  { least: 0, most: 23 },
  { least: 1, most: 31 },
  { least: 1, most: 12, names: months },
  { least: 0, most: 6, names: days },
];

/**
 * What is wrong with a CronJob's schedule, in the real server's words: five fields, or a macro; `@every` too. It takes less than other
 * crons do: no Sunday as 7, no last day of a month. (github.com/robfig/cron/v3, ParseStandard)
 */
export function cronScheduleProblem(schedule: string): string | undefined {
  if (macros.test(schedule)) return undefined;
  if (schedule.startsWith("@every ")) {
    const duration = schedule.slice("@every ".length);
    return /^[-+]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.test(duration)
      ? undefined
      : `failed to parse duration ${schedule}: time: invalid duration ${JSON.stringify(duration)}`;
  }
  if (schedule.startsWith("@")) return `unrecognized descriptor: ${schedule}`;
  const fields = schedule
    .replace(/^(CRON_)?TZ=\S+\s+/, "")
    .split(/\s+/)
    .filter((field) => field !== "");
  if (fields.length !== 5) return `expected exactly 5 fields, found ${fields.length}: [${fields.join(" ")}]`;
  for (const [i, field] of fields.entries()) {
    for (const range of field.split(",")) {
      const problem = range === "" ? undefined : rangeProblem(range, fieldBounds[i]!);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}

/** Of `*`, `5`, `1-5`, each with `/2` or without. */
function rangeProblem(range: string, { least, most, names }: Bounds): string | undefined {
  const [ends = "", step, ...moreSteps] = range.split("/");
  const [low = "", high, ...moreEnds] = ends.split("-");
  let from = least;
  let to = most;
  if (low !== "*" && low !== "?") {
    const start = numberOf(low, least, names);
    if (typeof start === "string") return start;
    if (moreEnds.length > 0) return `too many hyphens: ${range}`;
    const end = high === undefined ? start : numberOf(high, least, names);
    if (typeof end === "string") return end;
    from = start;
    to = step !== undefined && high === undefined ? most : end;
  }
  if (moreSteps.length > 0) return `too many slashes: ${range}`;
  const by = step === undefined ? 1 : numberOf(step, 0);
  if (typeof by === "string") return by;
  if (from < least) return `beginning of range (${from}) below minimum (${least}): ${range}`;
  if (to > most) return `end of range (${to}) above maximum (${most}): ${range}`;
  if (from > to) return `beginning of range (${from}) beyond end of range (${to}): ${range}`;
  return by === 0 ? `step of range should be a positive number: ${range}` : undefined;
}

/** A number or a name; or what is wrong with it. */
function numberOf(text: string, least: number, names: readonly string[] = []): number | string {
  const named = names.indexOf(text.toLowerCase());
  if (named >= 0) return least + named;
  if (/^[+-]?\d+$/.test(text)) return Number(text);
  return `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
}
