import { MoorageError, type KubeObject } from "../../contract/index.ts";
import type { Context } from "../DeployContext.ts";
import { describe, groupKind } from "../objectKey.ts";
import { approvedContent, changedSince } from "../plan/approvedContent.ts";
import { deepEqual } from "../plan/deepEqual.ts";
import { readLiveObjects } from "../plan/liveObjects.ts";
import type { Plan } from "../plan/Plan.ts";
import { readInventory, type Inventory } from "./inventory.ts";

/**
 * Under the lock: whether everything still is as the plan saw it. Statuses, times and what controllers write, an autoscaler's replicas say, move all the time and do not count; that an
 * object is another one, or is not, or is now there, or has other contents, does. Gives the inventory of now. Errors: `PlanStale`, naming what moved.
 */
export async function verifyPlan(plan: Plan, context: Context): Promise<Inventory | undefined> {
  const [live, inventory] = await Promise.all([
    readLiveObjects(
      plan.objects.map(({ ref }) => ref),
      context,
    ),
    readInventory(plan, context),
  ]);
  const moved: string[] = [];
  for (const planned of plan.objects) {
    if (live.unreadable.has(planned.key)) continue;
    // The deploy itself makes the namespace of its lock.
    if (groupKind(planned.ref) === "/Namespace" && planned.ref.name === plan.namespace) continue;
    const now = live.byKey.get(planned.key);
    const what = difference(planned.live, now);
    if (what !== undefined) moved.push(`${describe(planned.ref, plan.namespace)} ${what}`);
  }
  if ((inventory?.revision?.number ?? 0) !== (plan.revision ?? 0))
    moved.push(`revision ${inventory?.revision?.number} was deployed`);
  if (moved.length > 0) {
    throw new MoorageError("PlanStale", `Since the plan was made: ${moved.join("; ")}.`, {
      hint: "Plan again and look at what it says now.",
    });
  }
  return inventory;
}

function difference(then: KubeObject | undefined, now: KubeObject | undefined): string | undefined {
  if (then === undefined)
    return now === undefined || now.metadata.deletionTimestamp !== undefined ? undefined : "was created";
  if (now === undefined) return then.metadata.deletionTimestamp === undefined ? "was deleted" : undefined;
  if (then.metadata.uid !== now.metadata.uid) return "was replaced";
  if (then.metadata.resourceVersion === now.metadata.resourceVersion) return undefined;
  const changed = changedSince(approvedContent(then), now);
  if (changed.length > 0) return `was changed: ${changed.join(", ")}`;
  // Of a Secret's values the former tells who wrote them and when, to the second.
  return deepEqual(then["data"], now["data"]) ? undefined : "was changed: data";
}
