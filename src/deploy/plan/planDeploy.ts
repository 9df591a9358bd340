import { labels, MoorageError, type KubeObject } from "../../contract/index.ts";
import type { RenderedObject, Rendering } from "../../platform/Rendering.ts";
import { isUnfinished, readInventory, type Inventory } from "../apply/inventory.ts";
import { contextOf, type Context, type DeployContext } from "../DeployContext.ts";
import { ownerIdOf, type Environment } from "../Environment.ts";
import { neededBy } from "../graph/references.ts";
import { inParallel } from "../inParallel.ts";
import { describe, groupKind, objectKey, refOf } from "../objectKey.ts";
import { timeText } from "../timeText.ts";
import { staysInRelease } from "./adoption.ts";
import { classify } from "./classify.ts";
import { readLiveObjects } from "./liveObjects.ts";
import { plannedDeletion, summarize, type Plan, type PlannedObject, type PlanProblem } from "./Plan.ts";
import { terminatingHint } from "./planProblems.ts";
import { pruneList } from "./pruneList.ts";
import { definedKinds, wantedObjects, type WantedObject } from "./wantedObject.ts";

/** What a plan may do, and how far it looks. */
export interface PlanOptions {
  /** Take over objects that kubectl, Helm or somebody else made. Never those of another Moorage environment. */
  readonly adopt?: boolean;
  /** Overwrite fields that others own. */
  readonly forceConflicts?: boolean;
  /** Only this component, with what of the environment it needs. Nothing else is changed or deleted. */
  readonly only?: string;
  /** Keys of objects that stay though they are not in the rendering, with the reason. Rollback uses it. */
  readonly keep?: ReadonlyMap<string, string>;
  /** What is planned for, where that is not the platform file: a revision. */
  readonly whereWanted?: string;
  /** Names of claims, volumes and namespaces that go when they are not in the rendering any more. */
  readonly pruneNamed?: ReadonlySet<string>;
  /** The plan is to be carried out: a right that its dry-runs miss is then a problem, and not a note, so that nothing is begun. */
  readonly forDeploy?: boolean;
  /**
   * Of objects that are not there yet, ask the server about the first of each kind only, which also tells whether a right is missing; the others are predicted. Where nobody reads the plan
   * before it is carried out, this halves a first deploy. One that the server then refuses stops the deploy where it is. Default: every object is asked about.
   */
  readonly sampleCreates?: boolean;
}

/** What a plan reads first, whatever is wanted. */
export interface BegunPlan {
  readonly inventory: Promise<Inventory | undefined>;
  /** What could not be read and is done without. */
  readonly unread: readonly string[];
}

/** For who has to find out more before there is a rendering: both then take one journey to the server. */
export function beginPlan(environment: Environment, context: Context, options: PlanOptions): BegunPlan {
  const unread: string[] = [];
  const inventory = readInventory(
    environment,
    context,
    options.forDeploy === true ? undefined : (note) => void unread.push(note),
  );
  // Whoever waits for it is told; who fails before does not come to wait.
  inventory.catch(() => {});
  return { inventory, unread };
}

/**
 * What a deploy of a rendering would do. One list a kind and namespace; a server-side dry-run only for objects that are not exactly as we applied them. Writes
 * nothing. What stands in the way is in `problems`; only a server that cannot be asked is an error.
 */
export async function planDeploy(
  rendering: Rendering,
  given: DeployContext,
  options: PlanOptions = {},
  begun?: BegunPlan,
): Promise<Plan> {
  const context = contextOf(given);
  const selected = select(rendering, options.only);
  const { inventory: reading, unread } = begun ?? beginPlan(rendering, context, options);
  const [wanted, inventory] = await Promise.all([wantedObjects(rendering, selected, context), reading]);
  const refs = [...wanted.map(({ object }) => refOf(object)), ...(inventory?.objects ?? [])];
  const live = await readLiveObjects(refs, context);
  const home = live.byKey.get(objectKey({ apiVersion: "v1", kind: "Namespace", name: rendering.namespace }));
  if (home?.metadata.deletionTimestamp !== undefined) {
    throw new MoorageError("Conflict", `Namespace ${rendering.namespace} is being deleted.`, {
      hint: terminatingHint(rendering.namespace),
    });
  }

  const defined = definedKinds(wanted.map(({ object }) => object));
  const newNamespaces = new Set(
    wanted
      .filter(({ object }) => groupKind(object) === "/Namespace" && !live.byKey.has(objectKey(refOf(object))))
      .map(({ object }) => object.metadata.name),
  );
  const kindOfComponent = new Map(rendering.components.map((component) => [component.key, component.kind]));
  const sampled = new Set<string>();
  const around = {
    environment: rendering,
    context,
    forceConflicts: options.forceConflicts ?? false,
    adopt: options.adopt ?? false,
    unborn: (object: KubeObject) =>
      (object.metadata.namespace !== undefined && newNamespaces.has(object.metadata.namespace)) ||
      (live.unserved.has(groupKind(object)) && defined.has(groupKind(object))),
    unreadable: live.unreadable,
    isAsked: (object: KubeObject) => {
      const sample = `${groupKind(object)} ${object.metadata.namespace ?? ""}`;
      if (options.sampleCreates !== true || !sampled.has(sample)) {
        sampled.add(sample);
        return true;
      }
      return false;
    },
    isDeployJob: ({ object, component }: WantedObject) =>
      groupKind(object) === "batch/Job" &&
      component !== undefined &&
      kindOfComponent.get(component) === "job",
    ranIn: new Map((inventory?.revision?.jobs ?? []).map((key) => [key, inventory?.revision?.number ?? 0])),
  };
  const classified = await inParallel(wanted, context.concurrency, (one) =>
    classify(one, live.byKey.get(objectKey(refOf(one.object))), around),
  );

  const { prune, kept } = pruneList(live.byKey.values(), {
    owner: ownerIdOf(rendering),
    wanted: new Set(wanted.map(({ object }) => objectKey(refOf(object)))),
    ...(options.keep === undefined ? {} : { keep: options.keep }),
    componentName: options.only,
    named: options.pruneNamed,
  });
  const jobs = new Map(
    classified
      .filter((_one, index) => wanted[index] !== undefined && around.isDeployJob(wanted[index]))
      .map(({ planned }) => [planned.component, planned]),
  );
  const objects = [
    ...classified.map(({ planned }) => planned),
    ...prune.map((object) => plannedDeletion(object, reasonToGo(object, jobs, options.whereWanted))),
  ];
  const found = merged(classified.flatMap((one) => one.problems));
  const isWarning = ({ severity, cause }: PlanProblem): boolean =>
    severity === "warning" && !(options.forDeploy === true && cause === "forbidden");
  const problems = found
    .filter((problem) => !isWarning(problem))
    .map((problem): PlanProblem => ({ ...problem, severity: "error" }));
  const warnings = found.filter(isWarning);
  const unfinished = options.only === undefined ? unfinishedBefore(inventory) : undefined;
  const summary = summarize(objects);
  const unchanged = summary.none === objects.length;
  return {
    platform: rendering.platform,
    environment: rendering.environment,
    namespace: rendering.namespace,
    ...(options.only === undefined ? {} : { only: options.only }),
    objects,
    kept,
    problems,
    notes: [...unread, ...live.notes, ...notesOf(warnings), ...notesOfAdopted(objects, rendering.namespace)],
    ...(unfinished === undefined ? {} : { unfinished }),
    summary,
    nothingToDo: unchanged && unfinished === undefined && problems.length === 0,
    ...(inventory?.revision === undefined ? {} : { revision: inventory.revision.number }),
  };
}

/** With `only`: the component's objects, and what of the environment they need. */
function select(rendering: Rendering, only: string | undefined): readonly RenderedObject[] {
  if (only === undefined) return rendering.objects;
  const own = rendering.objects.filter((rendered) => rendered.component === only);
  const shared = rendering.objects.filter((rendered) => rendered.component === undefined);
  const needed = neededBy(
    own.map((rendered) => rendered.object),
    shared.map((rendered) => rendered.object),
  );
  return rendering.objects.filter((rendered) => rendered.component === only || needed.has(rendered.object));
}

/** A job's name carries a hash of what it is made of: its earlier runs are other objects. `jobs`: that run in deploys, by component. */
function reasonToGo(
  { apiVersion, kind, metadata }: KubeObject,
  jobs: ReadonlyMap<string | undefined, PlannedObject>,
  whereWanted?: string,
): string {
  const name = metadata.labels?.[labels.name];
  const now =
    groupKind({ apiVersion, kind }) === "batch/Job" && name !== undefined ? jobs.get(name) : undefined;
  if (now === undefined)
    return whereWanted === undefined ? "is not in the platform file any more" : `is not in ${whereWanted}`;
  return `an earlier run of job ${name}${now.action === "none" ? "" : ", which runs again"}`;
}

function unfinishedBefore(inventory: Inventory | undefined): string | undefined {
  const attempt = inventory?.attempt;
  if (!isUnfinished(attempt)) return undefined;
  if (attempt.status === "destroying")
    return `Destroying it, by ${attempt.who} at ${timeText(attempt.at)}, did not come to its end; this makes anew what is gone.`;
  return `The deploy by ${attempt.who} at ${timeText(attempt.at)} did not come to its end; this one completes it.`;
}

/** What may not be tried out is said once; with what words the server refuses it helps nobody who only looks. */
function notesOf(warnings: readonly PlanProblem[]): string[] {
  const untried = warnings.filter(({ cause }) => cause === "forbidden").map(({ object }) => object);
  const others = warnings.filter(({ cause }) => cause !== "forbidden");
  return [
    ...(untried.length === 0
      ? []
      : [
          `This account may not change ${untried.join(", ")}, nor others of their kinds: what is shown is predicted, not tried out.`,
        ]),
    ...others.map(({ object, message }) => `${object}: ${message}`),
  ];
}

/** For each release once. */
function notesOfAdopted(objects: readonly PlannedObject[], namespace: string): string[] {
  const adopted = objects.filter(({ adopts }) => adopts !== undefined);
  const releases = Map.groupBy(adopted, ({ adopts }) => adopts);
  return [...releases.values()].flatMap((members) => {
    const names = members.slice(0, 5).map(({ ref }) => describe(ref, namespace));
    if (members.length > 5) names.push(`${members.length - 5} more`);
    return members
      .slice(0, 1)
      .flatMap(({ live }) => (live === undefined ? [] : staysInRelease(names.join(", "), live)));
  });
}

/** The same right that is missing for many objects is told once. */
function merged(problems: readonly PlanProblem[]): PlanProblem[] {
  const told = new Set<string>();
  return problems.filter((problem) => {
    if (problem.cause !== "forbidden") return true;
    const subject = problem.message.replace(/"[^"]*" is forbidden/, "is forbidden");
    if (told.has(subject)) return false;
    told.add(subject);
    return true;
  });
}
