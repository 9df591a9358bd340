import type { ComponentResult, DeployResult } from "../deploy/index.ts";
import { phaseText } from "../deploy/wait/phase.ts";
import { secondsText } from "./ageText.ts";
import type { Output } from "./Output.ts";
import { wrapText } from "./wrapText.ts";

export interface ResultView {
  readonly environment: string;
  /** Columns of the terminal. */
  readonly width: number;
  readonly colors: Output["colors"];
  /** Default: `is deployed`. */
  readonly done?: string;
  /** What was done without, or repaired: each once. */
  readonly notes?: readonly string[];
}

/** So many names of a kind of change are told; the plan had them all. */
const shownNames = 12;
/** Milliseconds from which a component was slow, if it also was a good part of the whole. */
const slowFrom = 5_000;

/** What a deploy changed, how long each wave took, what was slow and why, and where it is reached. */
export function formatResult(result: DeployResult, view: ResultView): string[] {
  const { colors, environment, width, done = "is deployed", notes = [] } = view;
  const count = result.changes.length;
  const revision = result.revision === undefined ? "" : `revision ${result.revision}, `;
  const objects =
    count === 0 ? "no object changed" : count === 1 ? "1 object changed" : `${count} objects changed`;
  return [
    ...headline(
      `${colors.bold(environment)} ${done}: ${revision}${objects}, in ${secondsText(result.milliseconds)}`,
      view,
    ),
    ...changes(result, view),
    ...waves(result, view),
    ...slow(result, view),
    ...notes.flatMap((note) => marked(colors.yellow("!"), note, width)),
    ...[...new Set(result.urls.map(({ url }) => url))].map((url) => `  ${colors.cyan(url)}`),
  ];
}

function headline(text: string, { colors, width }: ResultView): string[] {
  const [first = "", ...rest] = wrapText(text, width - 2, "");
  return [`${colors.green("✓")} ${first}`, ...rest.map((line) => `  ${line}`)];
}

const verbs = [
  ["create", "created"],
  ["update", "changed"],
  ["replace", "replaced"],
  ["delete", "deleted"],
] as const;

function changes(result: DeployResult, { width, colors }: ResultView): string[] {
  return verbs.flatMap(([action, verb]) => {
    const names = result.changes.filter((change) => change.action === action).map(({ object }) => object);
    return names.length === 0 ? [] : listed(colors.dim(verb.padEnd(8)), 8, names, width);
  });
}

function waves(result: DeployResult, { width, colors }: ResultView): string[] {
  // One wave took as long as the whole.
  if (result.waves.length < 2) return [];
  const times = result.waves.map(({ milliseconds }) => secondsText(milliseconds));
  const longest = Math.max(...times.map((time) => time.length));
  return result.waves.flatMap(({ components }, index) => {
    const label = `wave ${index + 1}`;
    const head = `${label.padEnd(8)}  ${(times[index] ?? "").padStart(longest)}`;
    return listed(colors.dim(head), head.length, components, width);
  });
}

/** A head, and names beside it, wrapped between names. */
function listed(head: string, headWidth: number, names: readonly string[], width: number): string[] {
  const more = names.length > shownNames ? [`and ${names.length - shownNames} more`] : [];
  const room = Math.max(20, width - headWidth - 5);
  const lines: string[] = [];
  for (const item of [...names.slice(0, shownNames), ...more]) {
    const last = lines.at(-1);
    if (last === undefined || last.length + item.length + 2 > room) lines.push(item);
    else lines[lines.length - 1] = `${last}, ${item}`;
  }
  const indent = " ".repeat(headWidth + 4);
  return lines.map((line, index) => {
    const comma = index < lines.length - 1 ? "," : "";
    return `${index === 0 ? `  ${head}  ` : indent}${line}${comma}`;
  });
}

function slow(result: DeployResult, { width, colors }: ResultView): string[] {
  return result.components
    .filter(({ milliseconds }) => milliseconds >= slowFrom && milliseconds > result.milliseconds / 4)
    .toSorted((a, b) => b.milliseconds - a.milliseconds)
    .slice(0, 3)
    .flatMap((component) => {
      const [first = "", ...rest] = wrapText(slowText(component), width - 12, "");
      return [`  ${colors.yellow("slow".padEnd(8))}  ${first}`, ...rest.map((line) => " ".repeat(12) + line)];
    });
}

/** `api 18.2 s: 15.0 s until its readiness probe passed, 3.0 s to pull images and start pods`. */
export function slowText({ component, milliseconds, waits }: ComponentResult): string {
  const [longest] = waits;
  const whole = `${component} ${secondsText(milliseconds)}`;
  if (longest !== undefined && longest.milliseconds >= milliseconds * 0.9)
    return `${whole} ${phaseText[longest.phase]}`;
  const reasons = waits
    .filter((wait) => wait.milliseconds > milliseconds / 5)
    .map((wait) => `${secondsText(wait.milliseconds)} ${phaseText[wait.phase]}`);
  return reasons.length === 0 ? whole : `${whole}: ${reasons.join(", ")}`;
}

function marked(mark: string, text: string, width: number): string[] {
  const [first = "", ...rest] = wrapText(text, width - 4, "");
  return [`  ${mark} ${first}`, ...rest.map((line) => `    ${line}`)];
}
