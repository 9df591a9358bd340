import type { AskedRights } from "./AskedRights.ts";
import { compareOutcomes } from "./compareOutcomes.ts";
import { Life, needed, type Lived } from "./Life.ts";
import { rightKey, type Right } from "./Right.ts";
import { withoutRights } from "./withoutRights.ts";

/**
 * Keys of the rights without which some step fails, found in a single life: each step is tried without one right after the other, in the order in which they are asked for; what is refused
 * goes on from where it is when it is tried again. The first that is done without ends the step, so what is not found here may be required all the same.
 */
export async function refusedRights(
  lived: Lived,
  { named, byStep, whole }: AskedRights,
): Promise<ReadonlySet<string>> {
  const inNamespaces = new Set(named.map(rightKey));
  const refused = new Set<string>();
  /** Done without in some step. */
  const spared = new Set<string>();
  const life = await Life.begin(lived);
  try {
    for (const step of life.steps) {
      if (!needed.has(step)) continue;
      const open = (byStep.get(step) ?? []).filter((right) => {
        const key = rightKey(right);
        // Nothing comes after destroying, so everything that it asks for is tried.
        const isTried = spared.has(key) && (step !== "destroy" || right.verb === "watch");
        return inNamespaces.has(key) && !refused.has(key) && !isTried;
      });
      let isDone = false;
      for (const right of open.toSorted((a, b) => turn(a) - turn(b))) {
        const outcome = await life.take(step, { deny: withoutRights([right]) });
        isDone = compareOutcomes(whole, [outcome]) !== "needed";
        (isDone ? spared : refused).add(rightKey(right));
        // What was half destroyed could hide what destroying needs.
        if (step === "destroy") await life.putBack();
        else if (isDone) break;
      }
      if (!isDone) await life.take(step);
    }
  } finally {
    await life.end();
  }
  return refused;
}

/** Taking the lock comes before anything is written; what a step is likely to be done without goes last, and so does letting the lock go. */
function turn({ verb, resource }: Right): number {
  if (verb === "watch" || resource === "namespaces") return 3;
  if (verb === "list") return 2;
  if (resource === "leases") return verb === "update" ? 1 : -1;
  return 0;
}
