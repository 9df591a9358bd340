import { createHash } from "node:crypto";
import { MoorageError, type KubeObject } from "../../contract/index.ts";
import type { ObjectRef } from "../../kube/KubeClient.ts";
import { describe } from "../objectKey.ts";
import { approvedContent, changedSince, type ApprovedContent } from "./approvedContent.ts";
import type { FieldChange } from "./difference.ts";
import type { Action, KeptObject, Plan, PlannedObject } from "./Plan.ts";

/** A plan as it is kept in a file to be approved. It holds no secret value. */
export interface SavedPlan {
  readonly format: "moorage-plan/1";
  readonly platform: string;
  readonly environment: string;
  readonly namespace: string;
  /** The address of the cluster's API server, or what else tells it from others: where nothing exists yet, no object does. */
  readonly server?: string;
  readonly only?: string;
  /** The revision that the plan was made on. */
  readonly revision?: number;
  readonly summary: Readonly<Record<Action, number>>;
  readonly objects: readonly SavedObject[];
  readonly kept: readonly KeptObject[];
  /**
   * SHA-256 of all the rest: what was approved is what is in the file. It finds slips and torn files, and whoever approves a plan can name it by this. No seal: everybody who may deploy could
   * make one for any plan, so it would not tell which was approved; and a plan is carried out only when today's equals it.
   */
  readonly digest: string;
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
  /** What is lost with an object that is deleted, or deleted and made anew. */
  readonly content?: ApprovedContent;
}

/**
 * @param place where the plan was made: a plan of another cluster is refused, where both are known; and what takes secrets out of the values that it shows: one may stand where none
 * belongs, such as in a ConfigMap
 */
export function savePlan(
  plan: Plan,
  place: { readonly server?: string; readonly redact?: (text: string) => string } = {},
): SavedPlan {
  const saved: Omit<SavedPlan, "digest"> = {
    format,
    platform: plan.platform,
    environment: plan.environment,
    namespace: plan.namespace,
    ...(place.server === undefined ? {} : { server: place.server }),
    ...(plan.only === undefined ? {} : { only: plan.only }),
    ...(plan.revision === undefined ? {} : { revision: plan.revision }),
    summary: plan.summary,
    objects: plan.objects.map((planned) => savedObject(planned, place.redact)),
    kept: plan.kept,
  };
  return { ...saved, digest: digestOf(saved) };
}

const format = "moorage-plan/1";

/** Over the JSON with its keys in order: whoever formats the file anew has not changed the plan. */
const digestOf = ({ digest: _digest, ...saved }: Partial<SavedPlan>): string =>
  createHash("sha256").update(JSON.stringify(saved, sortedKeys)).digest("hex");

function sortedKeys(_name: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function savedObject(planned: PlannedObject, redact: (text: string) => string = (text) => text): SavedObject {
  const uid = planned.live?.metadata.uid;
  return {
    key: planned.key,
    ref: planned.ref,
    ...(planned.component === undefined ? {} : { component: planned.component }),
    action: planned.action,
    ...(planned.reason === undefined ? {} : { reason: planned.reason }),
    ...(planned.immutable.length === 0 ? {} : { immutable: planned.immutable }),
    ...(planned.adopts === undefined ? {} : { adopts: planned.adopts }),
    changes: planned.changes.map(({ path, before, after, ...change }) => ({
      ...change,
      path: redact(path),
      ...(before === undefined ? {} : { before: withoutSecrets(before, redact) }),
      ...(after === undefined ? {} : { after: withoutSecrets(after, redact) }),
    })),
    ...(planned.wanted === undefined ? {} : { wanted: digest(planned.wanted) }),
    ...(uid === undefined ? {} : { uid }),
    ...(planned.live !== undefined && isDeleted(planned.action)
      ? { content: approvedContent(planned.live) }
      : {}),
  };
}

/** All texts in a value, redacted, and what stands around them as it is. */
function withoutSecrets(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === "string") return redact(value);
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, redact));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, child]) => [redact(name), withoutSecrets(child, redact)]),
  );
}

const isDeleted = (action: Action): boolean => action === "delete" || action === "replace";

/** Annotations that follow from secret values, which may be generated only when the plan is carried out. */
const secretHash = "moorage.dev/secret-hash";

function digest(object: KubeObject): string {
  const secret = object.kind === "Secret" && object.apiVersion === "v1";
  const text = JSON.stringify(object, (name, value: unknown) => {
    if (name === secretHash) return undefined;
    const data = secret && (name === "data" || name === "stringData");
    if (data && typeof value === "object" && value !== null) return Object.keys(value).toSorted();
    return sortedKeys(name, value);
  });
  return createHash("sha256").update(text).digest("hex");
}

/** Reads the text of a plan file. Errors: `PlanStale`, naming the file. */
export function parseSavedPlan(text: string, file: string): SavedPlan {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    const what = text.trim() === "" ? "it is empty" : "it is not JSON: cut off, or edited";
    throw stale(`This is no plan of this version of Moorage: ${what}.`, makeOne, file, cause);
  }
  return savedPlanOf(parsed, file);
}

const makeOne = "Make a new one with: moorage plan ENV --save FILE";

const stale = (message: string, hint: string, file?: string, cause?: unknown): MoorageError =>
  new MoorageError("PlanStale", message, { ...(file === undefined ? {} : { file }), hint, cause });

/** Takes what a plan file holds. Errors: `PlanStale` for what is no plan, one of another version, or one that was changed since it was saved. */
function savedPlanOf(parsed: unknown, file?: string): SavedPlan {
  const plan = parsed as Partial<SavedPlan> | null;
  if (plan?.format !== format) {
    const of =
      typeof plan?.format === "string"
        ? `its format is ${JSON.stringify(plan.format)}`
        : "it names no format";
    throw stale(`This is no plan of this version of Moorage: ${of}, and not "${format}".`, makeOne, file);
  }
  if (plan.digest !== digestOf(plan)) {
    throw stale(
      "The saved plan was changed after it was saved, or is of an older version of Moorage: what it shows is not what was planned.",
      makeOne,
      file,
    );
  }
  return plan as SavedPlan;
}

/**
 * Compares an approved plan, as parsed from its file, with one that was made now. Errors: `PlanStale`, naming everything that moved. What is returned can be deployed.
 */
export function checkSavedPlan(
  parsed: unknown,
  plan: Plan,
  here: { readonly server?: string; readonly file?: string; readonly redact?: (text: string) => string } = {},
): void {
  const saved = savedPlanOf(parsed, here.file);
  checkPlace(saved, { ...plan, ...here }, here.file);
  const moved: string[] = [];
  const now = savePlan(plan, here.redact === undefined ? {} : { redact: here.redact });
  const live = new Map(plan.objects.map((planned) => [planned.key, planned.live]));
  if (saved.revision !== now.revision)
    moved.push(`revision ${now.revision ?? "none"} is deployed, not ${saved.revision ?? "none"}`);
  const before = new Map(saved.objects.map((object) => [object.key, object]));
  for (const object of now.objects) {
    const then = before.get(object.key);
    before.delete(object.key);
    const what = movedOf(then, object, live.get(object.key));
    if (what !== undefined) moved.push(`${describe(object.ref, plan.namespace)}${what}`);
  }
  for (const object of before.values())
    moved.push(`${describe(object.ref, plan.namespace)} is not part of it any more`);
  if (moved.length > 0) {
    throw stale(
      `The saved plan does not hold any more: ${moved.join("; ")}.`,
      "Make a new plan and have it approved.",
      here.file,
    );
  }
}

/** Whether a plan is for this platform, environment and cluster at all; asks nobody. Errors: `PlanStale`. */
function checkPlace(
  saved: SavedPlan,
  here: Pick<Plan, "platform" | "environment" | "namespace" | "only"> & { readonly server?: string },
  file?: string,
): void {
  for (const field of ["platform", "environment", "namespace", "only"] as const) {
    if (saved[field] !== here[field]) {
      throw stale(
        field === "only"
          ? `The saved plan is for ${extentOf(saved.only)}, not for ${extentOf(here.only)}.`
          : `The saved plan is for ${field} ${saved[field]}, not ${here[field]}.`,
        field === "only"
          ? `Deploy it as it was planned: ${saved.only === undefined ? "without --only" : `--only ${saved.only}`}.`
          : `Name the plan that was made for this ${field}, or make one: moorage plan ${here.environment} --save FILE`,
        file,
      );
    }
  }
  if (saved.server !== undefined && here.server !== undefined && saved.server !== here.server) {
    throw stale(
      `The saved plan was made for the cluster at ${saved.server}, and this is ${here.server}.`,
      `Point the context to the cluster that it was made for, or make one for this: moorage plan ${here.environment} --save FILE`,
      file,
    );
  }
}

const extentOf = (only: string | undefined): string =>
  only === undefined ? "all components" : `component ${only} alone`;

function movedOf(
  then: SavedObject | undefined,
  now: SavedObject,
  live: KubeObject | undefined,
): string | undefined {
  if (then === undefined)
    return now.action === "none" ? " is new" : ` would be ${now.action}d, which it does not say`;
  if (then.uid !== now.uid)
    return then.uid === undefined
      ? " was created since"
      : now.uid === undefined
        ? " was deleted since"
        : " was made anew since, and is another object now";
  if (then.action !== now.action) return `: ${now.action} instead of ${then.action}`;
  if (then.wanted !== now.wanted) return ": the platform file wants something else";
  if (live !== undefined && isDeleted(now.action)) {
    if (then.content === undefined) return ": the plan does not say what it held";
    const changed = changedSince(then.content, live);
    if (changed.length > 0)
      return ` was changed since, and would be ${now.action === "delete" ? "deleted" : "made anew"}: ${changed.join(", ")}`;
  }
  return pathsOf(then) === pathsOf(now) ? undefined : " was changed since: other fields would change";
}

/** What a generated secret changes differs from run to run in value only. */
const pathsOf = (object: SavedObject): string =>
  JSON.stringify(
    object.changes
      .filter((change) => !change.path.includes(secretHash))
      .map((change) => [change.path, change.secret, change.before, change.after])
      .toSorted((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)),
  );
