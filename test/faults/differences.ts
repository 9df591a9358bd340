import type { Outcome } from "./FaultWorld.ts";

/** How a trial's end differs from that of a deploy that nothing happened to, each in a line. */
export function differences(place: string, wanted: Outcome, found: Outcome): string[] {
  const wrong: string[] = [];
  for (const line of wanted.state) if (!found.state.includes(line)) wrong.push(`${place}: lacks ${line}`);
  for (const line of found.state) if (!wanted.state.includes(line)) wrong.push(`${place}: has ${line}`);
  for (const path of new Set([...Object.keys(wanted.counts), ...Object.keys(found.counts)])) {
    const before = JSON.stringify(wanted.counts[path]);
    const after = JSON.stringify(found.counts[path]);
    if (before !== after) wrong.push(`${place}: ${path}: ${before} became ${after}`);
  }
  return wrong;
}
