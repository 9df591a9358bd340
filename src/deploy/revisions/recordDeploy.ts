import type { Rendering } from "../../platform/Rendering.ts";
import type { Inventory } from "../apply/inventory.ts";
import type { Context } from "../DeployContext.ts";
import type { DeployOptions } from "../DeployOptions.ts";
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

/** Records what was deployed; of a deploy of one component, together with the others. */
export async function recordDeploy(
  rendering: Rendering,
  plan: Plan,
  wanted: readonly WantedObject[],
  before: Inventory | undefined,
  last: RevisionContent | undefined,
  key: Uint8Array,
  options: DeployOptions,
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
  const why = options.why ?? (plan.only === undefined ? "" : `only ${plan.only}`);
  return recordRevision(
    plan,
    { who: context.who, why, summary: plan.summary, objects, components },
    { key, at: new Date(context.clock.now()).toISOString(), last: before?.revision?.number ?? 0 },
    context,
  );
}
