import type { AskedRights } from "./AskedRights.ts";
import { compareOutcomes } from "./compareOutcomes.ts";
import { lifecycle } from "./lifecycle.ts";
import type { Lived } from "./Lived.ts";
import type { Right } from "./Right.ts";
import { withoutRights } from "./withoutRights.ts";

/** A right that can be done without, and what that costs. */
export interface OptionalRight extends Right {
  /** As sentences' ends: `moorage logs does not work`. */
  readonly without: readonly string[];
}

/** Which of some rights can be done without, and what each costs: each is taken away for a whole life. */
export async function missedRights(
  lived: Lived,
  { whole }: AskedRights,
  rights: readonly Right[],
): Promise<OptionalRight[]> {
  const live = async (taken: readonly Right[]): Promise<"needed" | string[]> => {
    const outcomes = await lifecycle(lived, {
      deny: withoutRights(taken),
      isOver: (outcome) => compareOutcomes(whole, [outcome]) === "needed",
    });
    return compareOutcomes(whole, outcomes);
  };
  // Whoever may not watch asks again: without all of them together nothing should be lost.
  const watches = rights.filter(({ verb }) => verb === "watch");
  const unwatched = watches.length === 0 ? [] : await live(watches);
  const found: OptionalRight[] = [];
  for (const right of rights) {
    const isCheap = right.verb === "watch" && unwatched.length === 0;
    const lost = isCheap ? [] : await live([right]);
    if (lost !== "needed") found.push({ ...right, without: lost.length > 0 ? lost : [ordinaryCost(right)] });
  }
  return found;
}

/** What a rehearsal can't show: other ways are found, or simulated pods have nothing of the kind to tell. */
function ordinaryCost({ verb, resource }: Right): string {
  if (verb === "watch") return "asked again every two seconds instead of watched";
  if (resource === "events") return "failure reports have no events";
  if (verb === "list") return "read one by one";
  if (resource === "namespaces") return "the namespace is taken as there";
  return "nothing that a rehearsal shows";
}
