import { MoorageError, type KubeObject } from "../contract/index.ts";
import { isForbidden } from "../kube/KubeError.ts";
import type { RenderedObject, Rendering } from "../platform/Rendering.ts";
import { environmentKeySecretName } from "../secrets/environmentKey.ts";
import { isUnfinished, readInventory } from "./apply/inventory.ts";
import { contextOf, type Context, type DeployContext } from "./DeployContext.ts";
import type { Environment } from "./Environment.ts";
import { groupKind, objectKey, refOf } from "./objectKey.ts";
import { planDeploy, type PlanOptions } from "./plan/planDeploy.ts";
import type { Plan } from "./plan/Plan.ts";
import { listNumbers, readRevision, type RevisionContent } from "./revisions/revisions.ts";
import { hasRecordedValues } from "./revisions/secretlessObject.ts";

/** Going back to an earlier revision. */
export interface RollbackPlan {
  /** The revision. */
  readonly to: number;
  /** What was deployed then, with the secrets of today: give it to `deploy` together with the plan. */
  readonly rendering: Rendering;
  readonly plan: Plan;
  /** What going back does not undo: jobs that ran since, secrets that changed. */
  readonly warnings: readonly string[];
}

/**
 * Plans going back to a revision. Unless a number is given: after a deploy that did not come to its end the last one, which undoes it, else the one before the last; with `last: true` always
 * the last. Secrets keep the values of today. Jobs of then are not run again, and those that ran since stay.
 */
export async function planRollback(
  environment: Environment,
  number: number | undefined,
  given: DeployContext,
  options: PlanOptions & { readonly last?: boolean } = {},
): Promise<RollbackPlan> {
  const context = contextOf(given);
  // Also those that are damaged: what is before the last is not something older because of that.
  const numbers = await listNumbers(environment, context);
  const target =
    number ??
    (options.last === true ? numbers[0] : ((await undoneBy(environment, numbers, context)) ?? numbers[1]));
  if (target === undefined) {
    throw new MoorageError(
      "RevisionNotFound",
      `There is no earlier revision of ${environment.environment}.`,
      {
        hint: "See `moorage history`.",
      },
    );
  }
  const then = await readRevision(environment, target, context);
  const current = numbers[0] === undefined ? then : await readRevision(environment, numbers[0], context);

  const warnings: string[] = [];
  const objects: RenderedObject[] = [];
  for (const { object, component } of then.objects) {
    if (isJob(object)) continue;
    const restored =
      object.kind === "Secret" ? await withTodaysValues(object, environment, warnings, context) : object;
    objects.push({ object: restored, ...(component === undefined ? {} : { component }) });
  }
  // Jobs stay as the last revision has them: they ran, and do not run again.
  const jobs = current.objects.filter(({ object }) => isJob(object));
  objects.push(...jobs.filter(({ component }) => options.only === undefined || component === options.only));
  warnings.push(...jobWarnings(then, current));

  const known = new Set(then.components.map((component) => component.key));
  const jobComponents = new Set(jobs.map(({ component }) => component));
  const rendering: Rendering = {
    platform: environment.platform,
    environment: environment.environment,
    namespace: environment.namespace,
    objects,
    components: [
      ...then.components,
      ...current.components.filter(({ key }) => !known.has(key) && jobComponents.has(key)),
    ],
    secrets: [],
    problems: [],
  };
  const keep = new Map<string, string>(options.keep ?? []);
  for (const { object } of current.objects) {
    if (object.kind === "Secret") keep.set(objectKey(refOf(object)), "a rollback deletes no secret");
  }
  return {
    to: target,
    rendering,
    plan: await planDeploy(rendering, context, { ...options, keep, whereWanted: `revision ${target}` }),
    warnings,
  };
}

/** Going back from a deploy that did not come to its end: the revision that it was to replace; after the environment was destroyed, the last. Two back from there would undo what was well, too. */
async function undoneBy(
  environment: Environment,
  numbers: readonly number[],
  context: Context,
): Promise<number | undefined> {
  const inventory = await readInventory(environment, context, () => {});
  if (inventory?.attempt?.status === "destroyed") return numbers[0];
  if (!isUnfinished(inventory?.attempt)) return undefined;
  return numbers.find((number) => number === inventory.revision?.number);
}

const isJob = (object: KubeObject): boolean => groupKind(object) === "batch/Job";

function jobWarnings(then: RevisionContent, current: RevisionContent): string[] {
  const before = new Set(
    then.objects.filter(({ object }) => isJob(object)).map(({ object }) => objectKey(refOf(object))),
  );
  return current.objects
    .filter(({ object }) => isJob(object) && !before.has(objectKey(refOf(object))))
    .map(
      ({ object }) =>
        `Job ${object.metadata.name} ran after revision ${then.number}. What it changed (a database's schema, say) is not undone.`,
    );
}

async function withTodaysValues(
  recorded: KubeObject,
  environment: Environment,
  warnings: string[],
  context: Context,
): Promise<KubeObject> {
  const ref = { ...refOf(recorded), namespace: recorded.metadata.namespace ?? environment.namespace };
  const live = await context.client.find(ref, { signal: context.signal });
  const names = Object.keys(recorded["data"] ?? {});
  const now = (live?.["data"] ?? {}) as Record<string, string>;
  const missing = names.filter((name) => !(name in now));
  if (missing.length > 0) {
    throw new MoorageError(
      "SecretMissing",
      `Secret ${ref.name} has no ${missing.join(", ")} today, and revisions hold no secret values.`,
      {
        hint: "Deploy from the platform file of then instead: that sets the secrets too.",
      },
    );
  }
  const key = await readKey(environment, context);
  if (live !== undefined && key !== undefined && !hasRecordedValues(recorded, live, key)) {
    warnings.push(`Secret ${ref.name} has changed since: the values of today are used.`);
  }
  return { ...recorded, data: Object.fromEntries(names.map((name) => [name, now[name]])) };
}

async function readKey(
  environment: Environment,
  { client, signal }: Context,
): Promise<Uint8Array | undefined> {
  const name = environmentKeySecretName(environment.platform, environment.environment);
  try {
    const live = await client.find(
      { apiVersion: "v1", kind: "Secret", name, namespace: environment.namespace },
      { signal },
    );
    const data = (live?.["data"] ?? {}) as { key?: string };
    return data.key === undefined ? undefined : Buffer.from(data.key, "base64");
  } catch (error) {
    if (isForbidden(error)) return undefined;
    throw error;
  }
}
