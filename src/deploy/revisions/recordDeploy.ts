import type { Rendering } from "../../platform/Rendering.ts";
import type { Inventory } from "../apply/inventory.ts";
import type { Context } from "../DeployContext.ts";
import { objectKey, refOf } from "../objectKey.ts";
import type { Plan } from "../plan/Plan.ts";
import type { WantedObject } from "../plan/wantedObject.ts";
import { readRevision, recordRevision, type RevisionContent } from "./revisions.ts";

/** For a deploy of one component: what the last revision says of the others. Read before anything is written, as one that is damaged stops the deploy. */
export const readOthers = async (
  plan: Plan,
  before: Inventory | undefined,
  context: Context,
): Promise<RevisionContent | undefined> =>
  plan.only === undefined || before?.revision === undefined
    ? undefined
    : await readRevision(plan, undefined, context);

/** What there is to record of a deploy. */
export interface Deployed {
  readonly rendering: Rendering;
  readonly plan: Plan;
  readonly wanted: readonly WantedObject[];
  /** The inventory as the deploy found it. */
  readonly before: Inventory | undefined;
  /** What `readOthers` read. */
  readonly others: RevisionContent | undefined;
  /** The environment's, for the hashes of secret values. */
  readonly key: Uint8Array;
  /** The user's words; of a deploy of one component, its name unless they gave some. */
  readonly why: string | undefined;
}

/** Records what was deployed; of a deploy of one component, together with the others. */
export async function recordDeploy(
  { rendering, plan, wanted, before, others: last, key, why }: Deployed,
  context: Context,
): ReturnType<typeof recordRevision> {
  let objects = wanted;
  let { components } = rendering;
  if (last !== undefined) {
    const own = new Set(wanted.map(({ object }) => objectKey(refOf(object))));
    const others = last.objects.filter(
      ({ object, component }) => component !== plan.only && !own.has(objectKey(refOf(object))),
    );
    objects = [...wanted, ...others];
    components = [
      ...rendering.components.filter(({ key: name }) => name === plan.only),
      ...last.components.filter(({ key: name }) => name !== plan.only),
    ];
  }
  return recordRevision(
    plan,
    {
      who: context.who,
      why: why ?? (plan.only === undefined ? "" : `only ${plan.only}`),
      summary: plan.summary,
      objects,
      components,
    },
    { key, at: new Date(context.clock.now()).toISOString(), last: before?.revision?.number ?? 0 },
    context,
  );
}
