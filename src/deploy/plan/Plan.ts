import type { KubeObject, Problem } from "../../contract/index.ts";
import type { ObjectRef } from "../../kube/KubeClient.ts";
import { objectKey, refOf } from "../objectKey.ts";
import type { FieldChange } from "./difference.ts";

/** What a deploy does to an object; `replace` deletes it and makes it anew. */
export type Action = "create" | "update" | "replace" | "delete" | "none";

/** What a deploy would do, in every detail. Made by `planDeploy`. */
export interface Plan {
  readonly platform: string;
  readonly environment: string;
  readonly namespace: string;
  /** The component that the deploy is limited to. */
  readonly only?: string;
  /** Every object of the rendering, then what would be deleted. */
  readonly objects: readonly PlannedObject[];
  /** What is no longer in the platform file and stays all the same: claims, namespaces, what others took. */
  readonly kept: readonly KeptObject[];
  /** What stops the deploy: refusals, conflicts, objects of others. Each with what to do. */
  readonly problems: readonly PlanProblem[];
  /** What was done without, and what should be known. */
  readonly notes: readonly string[];
  /** The last deploy did not come to its end; this one finishes it even if no object changes. */
  readonly unfinished?: string;
  /** How many objects each action concerns. */
  readonly summary: Readonly<Record<Action, number>>;
  /** No change and nothing unfinished: writing anything would be wrong. */
  readonly nothingToDo: boolean;
  /** Number of the last revision; undefined before the first deploy, or when it may not be read. */
  readonly revision?: number;
}

/** One object of a plan. */
export interface PlannedObject {
  /** See `objectKey`. */
  readonly key: string;
  readonly ref: ObjectRef;
  /** That it belongs to, as its label says; undefined for what belongs to none. */
  readonly component?: string;
  readonly action: Action;
  /** Why it is replaced or deleted, or why nothing is done. */
  readonly reason?: string;
  /** The immutable fields that make it a replacement. */
  readonly immutable: readonly string[];
  /** Field by field; never a secret value. */
  readonly changes: readonly FieldChange[];
  /** Computed here, not by the server: its namespace or CRD is made by the same plan, or it would be replaced. */
  readonly predicted: boolean;
  /** Fields that somebody else owns and this deploy would change. */
  readonly conflicts: readonly FieldConflict[];
  /** Whose it is, when it is not ours and would be taken over. */
  readonly adopts?: string;
  /** What others changed in fields that the platform file sets. */
  readonly drift: readonly FieldConflict[];
  /** Only who owns the fields changes. */
  readonly ownershipOnly: boolean;
  /** What is to be applied; undefined for a deletion. Holds secret values: never print or store it. */
  readonly wanted?: KubeObject;
  /** What was there when the plan was made. Holds secret values: never print or store it. */
  readonly live?: KubeObject;
}

/** A field and the manager that owns it: `spec.replicas`, `kubectl-scale`. */
export interface FieldConflict {
  readonly field: string;
  readonly manager: string;
}

/** What is no longer wanted, and stays. */
export interface KeptObject {
  readonly ref: ObjectRef;
  /** A clause: why it stays. */
  readonly reason: string;
}

/** What stops a deploy; `message` says why, `hint` what to do. */
export interface PlanProblem extends Problem {
  /** `Deployment curator-dev`. */
  readonly object: string;
  readonly cause: "conflict" | "not ours" | "refused" | "forbidden" | "immutable";
}

/** By name, what a deploy of this plan deletes: to be asked. */
export const deletionsOf = (plan: Plan): readonly PlannedObject[] =>
  plan.objects.filter((planned) => planned.action === "delete");

/** By name, what a deploy of this plan deletes and makes anew: to be asked. */
export const replacementsOf = (plan: Plan): readonly PlannedObject[] =>
  plan.objects.filter((planned) => planned.action === "replace");

/** What a deploy of this plan writes or deletes. */
export const changesOf = (plan: Plan): readonly PlannedObject[] =>
  plan.objects.filter((planned) => planned.action !== "none");

/** For `-o json`: a plan without the objects themselves, which may hold secrets. */
export function planToJson(
  plan: Plan,
): Omit<Plan, "objects"> & { objects: Omit<PlannedObject, "wanted" | "live">[] } {
  return { ...plan, objects: plan.objects.map(({ wanted: _wanted, live: _live, ...shown }) => shown) };
}

export const plannedDeletion = (live: KubeObject, reason: string): PlannedObject => ({
  key: objectKey(refOf(live)),
  ref: refOf(live),
  action: "delete",
  reason,
  immutable: [],
  changes: [],
  predicted: false,
  conflicts: [],
  drift: [],
  ownershipOnly: false,
  live,
});

export function summarize(objects: readonly PlannedObject[]): Record<Action, number> {
  const summary: Record<Action, number> = { create: 0, update: 0, replace: 0, delete: 0, none: 0 };
  for (const planned of objects) summary[planned.action]++;
  return summary;
}
