import type { Outage } from "./Outages.ts";
import type { Rehearsal, RehearsedPhase, TimedEvent } from "./Rehearsal.ts";
import { spanText } from "./spanText.ts";

/** Events of one moment that say the same are told in one line of so many names at most. */
const namesShown = 6;
/** Milliseconds. */
const noticed = 1500;

/** The timeline of a rehearsal as lines of text, without colour. Marks as in a deploy's progress: `✓` ready, `✗` failed, `…` waits, `+ ~ ± -` written. */
export function formatRehearsal(rehearsal: Rehearsal): string[] {
  const { phases, outages, notes, scenario } = rehearsal;
  const lines: string[] = [
    `Rehearsal of ${rehearsal.environment} from ${scenario.from}; times are the sandbox's, it took ${spanText(rehearsal.took)} here.`,
  ];
  for (const phase of phases) lines.push("", ...phaseLines(phase));
  if (phases.length > 1 || outages.length > 0) lines.push("", ...outageLines(outages));
  if (notes.length > 0) lines.push("");
  for (const note of notes) lines.push(`note: ${note}`);
  lines.push("", rehearsal.verdict);
  return lines;
}

function phaseLines(phase: RehearsedPhase): string[] {
  const ends = { done: "done", failed: "failed", "nothing to do": "nothing to do" }[phase.outcome];
  const lines = [`${phase.name}: ${phase.of}: ${ends} after ${spanText(phase.milliseconds)}`];
  const width = Math.max(6, ...phase.events.map(({ at }) => spanText(at).length));
  for (const { at, text } of joined(phase.events)) lines.push(`  ${spanText(at).padStart(width)}  ${text}`);
  if (phase.failure !== undefined) {
    const indent = " ".repeat(width + 4);
    for (const { failure } of phase.failure.components) {
      for (const event of failure.events) lines.push(`${indent}${event}`);
      for (const said of failure.log) lines.push(`${indent}| ${said}`);
    }
    const { message, problems, hint } = phase.failure;
    const unready = phase.failure.components.length > 0;
    // What failed to become ready stands there already.
    if (!unready) lines.push(`  ${spanText(phase.milliseconds).padStart(width)}  stopped: ${message}`);
    // One alone is what stopped it, with the same hint.
    for (const problem of problems.length === 1 && problems[0]?.hint === hint ? [] : problems) {
      lines.push(`${indent}✗ ${problem.message}`);
      if (problem.hint !== undefined) lines.push(`${indent}  ${problem.hint}`);
    }
    // What did not get ready is looked at, or gone back from, where it really runs: not here.
    if (hint !== undefined && phase.name !== "before" && !unready)
      lines.push(...hint.split("\n").map((line) => `${indent}${line}`));
  }
  return lines;
}

/** Objects that are written at the same moment stand in one line. */
function joined(events: readonly TimedEvent[]): { at: number; text: string }[] {
  const lines: { at: number; text: string }[] = [];
  let written: { at: number; verb: string; names: string[] } | undefined;
  const flush = (): void => {
    if (written === undefined) return;
    const { at, verb, names } = written;
    const shown = names.slice(0, namesShown).join(", ");
    const more = names.length > namesShown ? ` and ${names.length - namesShown} more` : "";
    lines.push({ at, text: `${verb} ${shown}${more}` });
    written = undefined;
  };
  for (const event of events.filter(isWorthALine)) {
    const verb = writtenVerb(event);
    if (verb !== undefined && "object" in event) {
      if (written?.verb !== verb || written.at !== event.at) flush();
      written ??= { at: event.at, verb, names: [] };
      written.names.push(event.object);
      continue;
    }
    const text = textOf(event);
    if (text === undefined) continue;
    flush();
    lines.push({ at: event.at, text });
  }
  flush();
  return lines;
}

/** What a component waits for is told when it waits for it longer than people would notice; that it is ready, when it was anything else. */
function isWorthALine(event: TimedEvent, index: number, events: readonly TimedEvent[]): boolean {
  if (event.type === "component-ready") {
    const { component } = event;
    return events.some((other) => other !== event && "component" in other && other.component === component);
  }
  if (event.type !== "component-waiting") return true;
  const next = events.find(
    (other, at) => at > index && "component" in other && other.component === event.component,
  );
  return next === undefined || next.at - event.at >= noticed;
}

const signs = { create: "+", update: "~", replace: "±" } as const;

const writtenVerb = (event: TimedEvent): string | undefined =>
  event.type === "applied" ? signs[event.action] : event.type === "pruned" ? "-" : undefined;

function textOf(event: TimedEvent): string | undefined {
  switch (event.type) {
    case "component-waiting":
      return `… ${event.component} waits: ${event.message}`;
    case "component-ready":
      return `✓ ${event.component} is ready`;
    case "component-failed":
      return `✗ ${event.component}: ${event.failure.reason}: ${event.failure.message}`;
    case "component-skipped":
      return `- ${event.component} is left out: it needs ${event.because}`;
    case "repaired":
      return `! ${event.object}: ${event.message}`;
    case "note":
      return `· ${event.message}`;
    case "recorded":
      return `recorded as revision ${event.revision}`;
    default:
      return undefined;
  }
}

function outageLines(outages: readonly Outage[]): string[] {
  if (outages.length === 0) return ["users: every Service that had a ready pod kept one"];
  return outages.map(({ service, from, to, removed }) => {
    const since = `from ${spanText(from)} on`;
    if (removed) return `users: Service ${service} is gone ${since}`;
    return to === undefined
      ? `users: Service ${service} has no ready pod ${since}, and none at the end`
      : `users: Service ${service} has no ready pod for ${spanText(to - from)}, ${since}`;
  });
}
