import type { AskedRights } from "./AskedRights.ts";
import { compareOutcomes } from "./compareOutcomes.ts";
import { Life } from "./Life.ts";
import type { Lived } from "./Lived.ts";
import { needed, type Step, type StepOutcome } from "./steps.ts";
import { rightKey, type Right } from "./Right.ts";
import { withoutRights } from "./withoutRights.ts";

/** A life, and how a step of it is taken without a right. */
export interface Trials {
  begin(lived: Lived): Promise<{
    readonly life: Life;
    readonly take: (step: Step, without: Right) => Promise<StepOutcome>;
  }>;
}

/** What needs the right is answered as a server would that did not grant it. */
const byAnswering: Trials = {
  async begin(lived) {
    const life = await Life.begin(lived);
    return { life, take: (step, right) => life.take(step, { deny: withoutRights([right]) }) };
  },
};

/**
 * Keys of the rights without which some step fails, found in a single life: each step is tried without one right after the other, in the order in which they are asked for; what is refused
 * goes on from where it is when it is tried again. The first that is done without ends the step, so what is not found here may be required all the same.
 */
export async function refusedRights(
  lived: Lived,
  { named, byStep, whole }: AskedRights,
  trials: Trials = byAnswering,
): Promise<ReadonlySet<string>> {
  const inNamespaces = new Set(named.map(rightKey));
  const refused = new Set<string>();
  /** Done without in some step. */
  const spared = new Set<string>();
  const { life, take } = await trials.begin(lived);
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
        const outcome = await take(step, right);
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
