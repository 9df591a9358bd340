import { createHash } from "node:crypto";
import { MoorageError, type KubeObject } from "../../contract/index.ts";
import type { ObjectRef } from "../../kube/KubeClient.ts";
import { describe } from "../objectKey.ts";
import type { FieldChange } from "./difference.ts";
import type { Action, KeptObject, Plan, PlannedObject } from "./Plan.ts";

/** A plan as it is kept in a file to be approved. It holds no secret value. */
export interface SavedPlan {
  readonly format: "moorage-plan/1";
  readonly platform: string;
  readonly environment: string;
  readonly namespace: string;
  readonly only?: string;
  /** The revision that the plan was made on. */
  readonly revision?: number;
  readonly summary: Readonly<Record<Action, number>>;
  readonly objects: readonly SavedObject[];
  readonly kept: readonly KeptObject[];
}

interface SavedObject {
  readonly key: string;
  readonly ref: ObjectRef;
  readonly component?: string;
  readonly action: Action;
  readonly reason?: string;
  readonly immutable?: readonly string[];
  readonly adopts?: string;
  readonly changes: readonly FieldChange[];
  /** Of what will be applied; of a Secret, of the names of its keys only. */
  readonly wanted?: string;
  /** Which object it is about. */
  readonly uid?: string;
}

export function savePlan(plan: Plan): SavedPlan {
  return {
    format: "moorage-plan/1",
    platform: plan.platform,
    environment: plan.environment,
    namespace: plan.namespace,
    ...(plan.only === undefined ? {} : { only: plan.only }),
    ...(plan.revision === undefined ? {} : { revision: plan.revision }),
    summary: plan.summary,
    objects: plan.objects.map(savedObject),
    kept: plan.kept,
  };
}

function savedObject(planned: PlannedObject): SavedObject {
  const uid = planned.live?.metadata.uid;
  return {
    key: planned.key,
    ref: planned.ref,
    ...(planned.component === undefined ? {} : { component: planned.component }),
    action: planned.action,
    ...(planned.reason === undefined ? {} : { reason: planned.reason }),
    ...(planned.immutable.length === 0 ? {} : { immutable: planned.immutable }),
    ...(planned.adopts === undefined ? {} : { adopts: planned.adopts }),
    changes: planned.changes,
    ...(planned.wanted === undefined ? {} : { wanted: digest(planned.wanted) }),
    ...(uid === undefined ? {} : { uid }),
  };
}

/** Annotations that follow from secret values, which may be generated only when the plan is carried out. */
const secretHash = "moorage.dev/secret-hash";

function digest(object: KubeObject): string {
  const secret = object.kind === "Secret" && object.apiVersion === "v1";
  const text = JSON.stringify(object, (name, value: unknown) => {
    if (name === secretHash) return undefined;
    const data = secret && (name === "data" || name === "stringData");
    if (data && typeof value === "object" && value !== null) return Object.keys(value).toSorted();
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
  return createHash("sha256").update(text).digest("hex");
}

/** Reads the text of a plan file. Errors: `PlanStale`, naming the file. */
export function parseSavedPlan(text: string, file: string): SavedPlan {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  return savedPlanOf(parsed, file);
}

/** Takes what a plan file holds. Errors: `PlanStale` for what is no plan, or one of another version. */
function savedPlanOf(parsed: unknown, file?: string): SavedPlan {
  const plan = parsed as Partial<SavedPlan> | null;
  if (plan?.format !== "moorage-plan/1" || !Array.isArray(plan.objects)) {
    throw new MoorageError("PlanStale", "This is no plan of this version of Moorage.", {
      ...(file === undefined ? {} : { file }),
      hint: "Make one with: moorage plan ENV --save FILE.",
    });
  }
  return plan as SavedPlan;
}

/**
 * Compares an approved plan, as parsed from its file, with one that was made now. Errors: `PlanStale`, naming everything that moved. What is returned can be deployed.
 */
export function checkSavedPlan(parsed: unknown, plan: Plan): void {
  const saved = savedPlanOf(parsed);
  for (const field of ["platform", "environment", "namespace", "only"] as const) {
    if (saved[field] !== plan[field]) {
      throw new MoorageError(
        "PlanStale",
        `The saved plan is for ${field} ${saved[field] ?? "(all)"}, not ${plan[field] ?? "(all)"}.`,
      );
    }
  }
  const moved: string[] = [];
  const now = savePlan(plan);
  if (saved.revision !== now.revision)
    moved.push(`revision ${now.revision ?? "none"} is deployed, not ${saved.revision ?? "none"}`);
  const before = new Map(saved.objects.map((object) => [object.key, object]));
  for (const object of now.objects) {
    const then = before.get(object.key);
    before.delete(object.key);
    const name = describe(object.ref, plan.namespace);
    if (then === undefined) moved.push(`${name} is new`);
    else if (then.uid !== object.uid) moved.push(`${name} is another object now`);
    else if (then.action !== object.action) moved.push(`${name}: ${object.action} instead of ${then.action}`);
    else if (then.wanted !== object.wanted) moved.push(`${name}: the platform file wants something else`);
    else if (pathsOf(then) !== pathsOf(object)) moved.push(`${name}: other fields would change`);
  }
  for (const object of before.values())
    moved.push(`${describe(object.ref, plan.namespace)} is not part of it any more`);
  if (moved.length > 0) {
    throw new MoorageError("PlanStale", `The saved plan does not hold any more: ${moved.join("; ")}.`, {
      hint: "Make a new plan and have it approved.",
    });
  }
}

/** What a generated secret changes differs from run to run in value only. */
const pathsOf = (object: SavedObject): string =>
  JSON.stringify(
    object.changes
      .filter((change) => !change.path.includes(secretHash))
      .map((change) => [change.path, change.secret, change.before, change.after])
      .toSorted((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)),
  );
