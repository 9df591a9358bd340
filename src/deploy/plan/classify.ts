import { annotations, type KubeObject } from "../../contract/index.ts";
import { isForbidden } from "../../kube/KubeError.ts";
import type { Context } from "../DeployContext.ts";
import { managerOf, ownerIdOf, type Environment } from "../Environment.ts";
import { describe, groupKind, objectKey, refOf } from "../objectKey.ts";
import { adoptedEntries, adoptedFields, describeOwner } from "./adoption.ts";
import { differences, type Difference } from "./difference.ts";
import { immutableFieldsOf, neverReplaced } from "./immutableFields.ts";
import { isUnchanged, withoutIdentity } from "./isUnchanged.ts";
import { jobState } from "./jobState.ts";
import { madeAnew } from "./madeAnew.ts";
import { isServersOwn, leftBehind, localDifferences } from "./localDifferences.ts";
import { applyEntryOf, mergeFields, sameFields, touchesFields, type FieldsV1 } from "./ownedFields.ts";
import type { Action, FieldConflict, PlanProblem, PlannedObject } from "./Plan.ts";
import {
  conflictProblem,
  conflictsOf,
  forbiddenProblem,
  keptImmutable,
  notOurs,
  refused,
} from "./planProblems.ts";
import { showable } from "./secretMask.ts";
import type { WantedObject } from "./wantedObject.ts";

/** What classifying needs to know beside the object itself. */
export interface Surroundings {
  readonly environment: Environment;
  readonly context: Context;
  readonly forceConflicts: boolean;
  readonly adopt: boolean;
  /** Its namespace or CRD is made by the same plan. */
  readonly unborn: (object: KubeObject) => boolean;
  readonly unreadable: ReadonlySet<string>;
  /** Whether the server is asked what it would make of an object that is not there yet. */
  readonly isAsked: (object: KubeObject) => boolean;
  /** Kinds of components by key, for what only jobs of the platform do. */
  readonly isDeployJob: (wanted: WantedObject) => boolean;
  /** Keys of jobs that the last revision ran to their end, with its number. */
  readonly ranIn: ReadonlyMap<string, number>;
}

export interface Classified {
  readonly planned: PlannedObject;
  readonly problems: readonly PlanProblem[];
}

/** What is to be done about one object: told from what is live, else by the server. */
export async function classify(
  wanted: WantedObject,
  live: KubeObject | undefined,
  around: Surroundings,
): Promise<Classified> {
  const { object } = wanted;
  const key = objectKey(refOf(object));
  const planned = (action: Action, more: Partial<PlannedObject> = {}): PlannedObject => ({
    key,
    ref: refOf(object),
    ...(wanted.component === undefined ? {} : { component: wanted.component }),
    action,
    immutable: [],
    changes: [],
    predicted: false,
    conflicts: [],
    drift: [],
    ownershipOnly: false,
    wanted: object,
    ...(live === undefined ? {} : { live }),
    ...more,
  });
  const done = (action: Action, more: Partial<PlannedObject> = {}): Classified => ({
    planned: planned(action, more),
    problems: [],
  });

  if (around.unreadable.has(key)) {
    // A namespace that may not be read is taken as there: in it everything else is refused if it is not.
    if (groupKind(object) === "/Namespace")
      return done("none", { reason: "may not be read, taken as there" });
    return classifyUnread(wanted, around, planned);
  }
  if (live === undefined || live.metadata.deletionTimestamp !== undefined) {
    return classifyAbsent(wanted, live, around, planned);
  }
  if (groupKind(object) === "/Namespace" && applyEntryOf(live, managerOf(around.environment)) === undefined) {
    return done("none", { reason: "is there already, and is used as it is" });
  }
  const owner = live.metadata.annotations?.[annotations.owner];
  const ours = owner === ownerIdOf(around.environment) || groupKind(object) === "/Namespace";
  if (ours && groupKind(object) === "batch/Job") {
    const state = jobState(live);
    if (state === "failed") {
      return done("replace", { reason: "its last run failed", predicted: true });
    }
    if (around.isDeployJob(wanted)) return done("none", state === "complete" ? { reason: "has run" } : {});
  }
  if (ours && isUnchanged(live, object, managerOf(around.environment))) return done("none");
  return classifyChanged(object, live, ours, around, planned);
}

/** Nothing is known of it but what the server says to a dry-run: whether it may be written, and what else stands in the way. */
async function classifyUnread(
  { object }: WantedObject,
  around: Surroundings,
  planned: (action: Action, more?: Partial<PlannedObject>) => PlannedObject,
): Promise<Classified> {
  const shown = planned("update", { predicted: true, reason: "its present state may not be read" });
  if (around.unborn(object) || !around.isAsked(object)) return { planned: shown, problems: [] };
  try {
    await around.context.client.apply(object, {
      fieldManager: managerOf(around.environment),
      fieldValidation: "Strict",
      dryRun: true,
      force: around.forceConflicts,
      signal: around.context.signal,
    });
  } catch (error) {
    if (isForbidden(error)) return { planned: shown, problems: forbiddenProblem(object, error, around) };
    const conflicts = conflictsOf(error);
    if (conflicts.length === 0) return { planned: shown, problems: [refused(object, error, around)] };
    const name = describe(refOf(object), around.environment.namespace);
    return { planned: { ...shown, conflicts }, problems: [conflictProblem(name, conflicts)] };
  }
  return { planned: shown, problems: [] };
}

async function classifyAbsent(
  wanted: WantedObject,
  live: KubeObject | undefined,
  around: Surroundings,
  planned: (action: Action, more?: Partial<PlannedObject>) => PlannedObject,
): Promise<Classified> {
  const { object } = wanted;
  const ran = around.ranIn.get(objectKey(refOf(object)));
  if (ran !== undefined && around.isDeployJob(wanted)) {
    return { planned: planned("none", { reason: `has run in revision ${ran}` }), problems: [] };
  }
  const changes = showable(object, differences({}, withoutIdentity(object)));
  const reason = live === undefined ? {} : { reason: "is being deleted, and is made anew" };
  if (live !== undefined || around.unborn(object) || !around.isAsked(object)) {
    return { planned: planned("create", { changes, predicted: true, ...reason }), problems: [] };
  }
  try {
    await around.context.client.apply(object, {
      fieldManager: managerOf(around.environment),
      fieldValidation: "Strict",
      dryRun: true,
      signal: around.context.signal,
    });
  } catch (error) {
    if (isForbidden(error)) {
      const problem = forbiddenProblem(object, error, around);
      return { planned: planned("create", { changes, predicted: true }), problems: problem };
    }
    return { planned: planned("create", { changes }), problems: [refused(object, error, around)] };
  }
  return { planned: planned("create", { changes }), problems: [] };
}

async function classifyChanged(
  object: KubeObject,
  live: KubeObject,
  ours: boolean,
  around: Surroundings,
  planned: (action: Action, more?: Partial<PlannedObject>) => PlannedObject,
): Promise<Classified> {
  const manager = managerOf(around.environment);
  const problems: PlanProblem[] = [];
  const name = describe(refOf(object), around.environment.namespace);
  const adopts = ours ? undefined : describeOwner(live);
  const foreign = live.metadata.annotations?.[annotations.owner] !== undefined;
  const isTaken = around.adopt && !foreign;
  if (adopts !== undefined && !isTaken) problems.push(notOurs(name, adopts, foreign));
  const more =
    adopts === undefined
      ? {}
      : isTaken
        ? { adopts }
        : { reason: `belongs to ${adopts}, and is not taken over` };
  const before = (applyEntryOf(live, manager)?.fieldsV1 ?? {}) as FieldsV1;
  const taken = adopts === undefined ? {} : adoptedFields(live);
  const local = (anew?: KubeObject): Difference[] =>
    localDifferences(live, object, mergeFields(before, taken), anew);

  const dryRun = (force: boolean): Promise<KubeObject> =>
    around.context.client.apply(object, {
      fieldManager: manager,
      fieldValidation: "Strict",
      dryRun: true,
      force,
      signal: around.context.signal,
    });
  let conflicts: readonly FieldConflict[] = [];
  let result: KubeObject;
  try {
    try {
      result = await dryRun(false);
    } catch (error) {
      conflicts = conflictsOf(error);
      if (conflicts.length === 0) throw error;
      // Adopting takes the old tool's fields; what it owns is then no conflict.
      const old = new Set(adopts === undefined ? [] : adoptedEntries(live).map((entry) => entry.manager));
      conflicts = conflicts.filter((conflict) => !old.has(conflict.manager));
      if (!around.forceConflicts && conflicts.length > 0) problems.push(conflictProblem(name, conflicts));
      result = await dryRun(true);
    }
  } catch (error) {
    const immutable = immutableFieldsOf(error);
    if (immutable !== undefined) {
      const changes = showable(object, local(await madeAnew(object, manager, around.context)));
      if (neverReplaced.has(groupKind(object))) problems.push(keptImmutable(object, name, immutable));
      return {
        planned: planned("replace", { ...more, immutable, changes, predicted: true, conflicts }),
        problems,
      };
    }
    if (isForbidden(error)) {
      problems.push(...forbiddenProblem(object, error, around));
      const changes = showable(object, local());
      return { planned: planned("update", { ...more, changes, predicted: true, conflicts }), problems };
    }
    problems.push(refused(object, error, around));
    return {
      planned: planned("update", { ...more, changes: showable(object, local()), conflicts }),
      problems,
    };
  }

  const after = (applyEntryOf(result, manager)?.fieldsV1 ?? {}) as FieldsV1;
  const concerned = mergeFields(before, after);
  const found = differences(withoutIdentity(live), withoutIdentity(result)).filter(
    (difference) => !isServersOwn(difference) && touchesFields(concerned, difference.path),
  );
  if (adopts !== undefined)
    found.push(...leftBehind(live, object, taken, found, await madeAnew(object, manager, around.context)));
  const changes = showable(object, found);
  const ownershipOnly = changes.length === 0 && (adopts !== undefined || !sameFields(before, after));
  const action: Action = changes.length > 0 || ownershipOnly ? "update" : "none";
  const drift = ours ? conflicts : [];
  return {
    planned: planned(action, {
      ...more,
      changes,
      conflicts,
      drift,
      ownershipOnly: action === "update" && ownershipOnly,
    }),
    problems,
  };
}
