import { MoorageError, labels, type KubeObject } from "../contract/index.ts";
import { deleteObject, untilGone } from "./apply/applyObject.ts";
import { readInventory, writeInventory } from "./apply/inventory.ts";
import { hinted } from "./explainFailure.ts";
import type { LockOptions } from "./apply/Lock.ts";
import { contextOf, type Context, type DeployContext } from "./DeployContext.ts";
import { instanceLabelOf, ownerIdOf, stateLabel, stateOf, type Environment } from "./Environment.ts";
import { inParallel } from "./inParallel.ts";
import { describe, groupKind, objectKey, refOf } from "./objectKey.ts";
import { readLiveObjects } from "./plan/liveObjects.ts";
import { plannedDeletion, summarize, type Plan } from "./plan/Plan.ts";
import { pruneList } from "./plan/pruneList.ts";
import { withLock } from "./withLock.ts";

/** What of an environment goes beside its programs. */
export interface DestroyOptions {
  /** Delete claims too: all, or those of these names. Their data is lost. */
  readonly volumes?: boolean | ReadonlySet<string>;
  /** Delete the secrets although volumes stay: what they protect may then be unreadable. */
  readonly secrets?: boolean;
}

/** A plan that only deletes. */
export interface DestroyPlan extends Plan {
  /** What is deleted, in order: those that use others first. */
  readonly deletions: readonly KubeObject[];
  /** Moorage's own record goes as well, because nothing is kept. */
  readonly forgets: boolean;
}

/** Last applied, first deleted. */
const order = [
  "Ingress",
  "HTTPRoute",
  "Route",
  "HorizontalPodAutoscaler",
  "PodDisruptionBudget",
  "CronJob",
  "Job",
  "Deployment",
  "StatefulSet",
  "DaemonSet",
  "Service",
];
const rank = (object: KubeObject): number => {
  const index = order.indexOf(object.kind);
  return index < 0 ? (groupKind(object).includes(".") ? 0 : order.length) : index;
};

/**
 * What destroying an environment would delete. Claims, volumes and namespaces stay unless they are named; while a claim stays, so do the secrets (the password of the database that it
 * holds) and the record.
 */
export async function planDestroy(
  environment: Environment,
  given: DeployContext,
  options: DestroyOptions = {},
): Promise<DestroyPlan> {
  const context = contextOf(given);
  const inventory = await readInventory(environment, context);
  if (inventory === undefined) {
    throw new MoorageError(
      "RevisionNotFound",
      `${environment.environment} is not deployed in namespace ${environment.namespace}.`,
      {
        hint: "Nothing to destroy. See `moorage status`.",
      },
    );
  }
  const live = await readLiveObjects(inventory.objects, context);
  const all = pruneList(live.byKey.values(), { owner: ownerIdOf(environment), wanted: new Set() });
  const deletions = [...all.prune];
  const kept = [...all.kept];
  const isNamed = (name: string): boolean =>
    options.volumes === true ||
    (options.volumes !== undefined && options.volumes !== false && options.volumes.has(name));
  for (const claim of await claimsOf(environment, context)) {
    const known = kept.findIndex(({ ref }) => objectKey(ref) === objectKey(refOf(claim)));
    if (isNamed(claim.metadata.name ?? "")) {
      if (known >= 0) kept.splice(known, 1);
      deletions.push(claim);
    } else if (known < 0) {
      kept.push({ ref: refOf(claim), reason: "it holds data" });
    }
  }
  const holdsData = kept.some(({ ref }) => ref.kind === "PersistentVolumeClaim");
  if (holdsData && options.secrets !== true) {
    for (const secret of deletions.filter((object) => groupKind(object) === "/Secret")) {
      deletions.splice(deletions.indexOf(secret), 1);
      kept.push({ ref: refOf(secret), reason: "what is kept may be unreadable without it" });
    }
  }
  const ordered = deletions.toSorted((a, b) => rank(a) - rank(b));
  const objects = ordered.map((object) => plannedDeletion(object, "the environment is destroyed"));
  return {
    platform: environment.platform,
    environment: environment.environment,
    namespace: environment.namespace,
    objects,
    kept,
    problems: [],
    notes: live.notes,
    summary: summarize(objects),
    nothingToDo: objects.length === 0 && holdsData,
    deletions: ordered,
    forgets: !holdsData,
    ...(inventory.revision === undefined ? {} : { revision: inventory.revision.number }),
  };
}

/** Also those that a StatefulSet made by its template: they carry the environment's label, and no owner annotation. */
async function claimsOf(environment: Environment, { client, signal }: Context): Promise<KubeObject[]> {
  const list = await client.list(
    { apiVersion: "v1", kind: "PersistentVolumeClaim" },
    {
      namespace: environment.namespace,
      labelSelector: `${labels.instance}=${instanceLabelOf(environment)}`,
      signal,
    },
  );
  return list.items;
}

/**
 * Deletes what the plan lists, waits until it is gone, and then the record, unless something is kept. Errors: `LockHeld`, `LockLost`, `AbortedByUser`, and what the server refuses; all say how
 * far it came. Run again, it goes on from there.
 */
export async function destroy(
  plan: DestroyPlan,
  given: DeployContext,
  options: { readonly lock?: LockOptions } = {},
): Promise<void> {
  const outer = contextOf(given);
  const reached: Reached = { gone: 0, underWay: new Set(), begun: false };
  try {
    await carryOut(plan, outer, options, reached);
  } catch (error) {
    throw explainDestroy(error, plan, outer, reached);
  }
}

interface Reached {
  /** Something may have been written. */
  begun: boolean;
  gone: number;
  /** Sent, and not answered. */
  readonly underWay: Set<string>;
}

function explainDestroy(
  error: unknown,
  plan: DestroyPlan,
  { signal }: Context,
  { begun, gone, underWay }: Reached,
): unknown {
  const isOurs = error instanceof MoorageError;
  if (!signal.aborted && !isOurs) return error;
  const said = begun ? `${gone} of ${plan.deletions.length} objects were deleted` : "Nothing was deleted";
  const names = [...underWay].slice(0, 5).join(", ");
  const way = underWay.size === 0 ? "" : `; on the way, and perhaps deleted too: ${names}`;
  const next = `Run it again to finish: moorage destroy ${plan.environment}`;
  if (signal.aborted && !(isOurs && error.code === "LockLost")) {
    const hint = isOurs && error.hint !== undefined ? `${next}\n${error.hint}` : next;
    return new MoorageError(
      "AbortedByUser",
      `Interrupted: ${said[0]?.toLowerCase()}${said.slice(1)}${way}.`,
      {
        hint,
        exitCode: 130,
      },
    );
  }
  return begun && isOurs ? hinted(error, `Till then ${said}${way}. ${next}`) : error;
}

async function carryOut(
  plan: DestroyPlan,
  outer: Context,
  options: { readonly lock?: LockOptions },
  reached: Reached,
): Promise<void> {
  const { deletions } = plan;
  await withLock(plan, outer, options.lock, async (context) => {
    const inventory = await readInventory(plan, context);
    reached.begun = true;
    await writeInventory(
      plan,
      {
        objects: inventory?.objects ?? [],
        ...(inventory?.revision === undefined ? {} : { revision: inventory.revision }),
        attempt: {
          status: "destroying",
          at: new Date(context.clock.now()).toISOString(),
          who: context.who,
        },
      },
      context,
    );
    for (const level of new Set(deletions.map(rank))) {
      const members = deletions.filter((object) => rank(object) === level);
      await inParallel(members, context.concurrency, async (object) => {
        const name = describe(refOf(object), plan.namespace);
        reached.underWay.add(name);
        await deleteObject(refOf(object), object, "Background", context);
        reached.underWay.delete(name);
        reached.gone++;
        context.onEvent({ type: "pruned", object: name });
      });
    }
    await inParallel(deletions, context.concurrency, (object) =>
      untilGone(refOf(object), object.metadata.uid, context),
    );
    if (!plan.forgets) {
      const gone = new Set(deletions.map((object) => objectKey(refOf(object))));
      const objects = (inventory?.objects ?? []).filter((ref) => !gone.has(objectKey(ref)));
      const at = new Date(context.clock.now()).toISOString();
      await writeInventory(
        plan,
        {
          objects,
          attempt: { status: "destroyed", at, who: context.who },
        },
        context,
      );
    }
  });
  if (plan.forgets) await forget(plan, outer);
}

/** Everything that Moorage keeps of the environment, the lock last. */
async function forget(environment: Environment, context: Context): Promise<void> {
  const { client, signal } = context;
  const scope = {
    namespace: environment.namespace,
    labelSelector: `${stateLabel},${labels.instance}=${instanceLabelOf(environment)}`,
    signal,
  };
  for (const kind of ["Secret", "ConfigMap"]) {
    const list = await client.list({ apiVersion: "v1", kind }, { ...scope, metadataOnly: true });
    await inParallel(list.items, context.concurrency, (object) =>
      deleteObject(refOf(object), object, "Background", context),
    );
  }
  const ref = {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    name: stateOf(environment),
    namespace: environment.namespace,
  };
  const lease = await client.find(ref, { signal });
  if (lease !== undefined) await deleteObject(ref, lease, "Background", context);
}
