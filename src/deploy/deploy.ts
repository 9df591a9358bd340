import { MoorageError, type KubeObject } from "../contract/index.ts";
import type { Rendering } from "../platform/Rendering.ts";
import { applyObject } from "./apply/applyObject.ts";
import { ensureKey } from "./apply/ensureKey.ts";
import { guardedClient } from "./apply/guardedClient.ts";
import { isUnfinished, writeInventory, type Attempt, type Inventory } from "./apply/inventory.ts";
import { Lock } from "./apply/Lock.ts";
import { rememberedKey } from "./apply/madeKeys.ts";
import { verifyPlan } from "./apply/verifyPlan.ts";
import { contextOf, type Context, type DeployContext } from "./DeployContext.ts";
import type { DeployOptions } from "./DeployOptions.ts";
import type { ChangedObject, DeployResult } from "./DeployResult.ts";
import { DeployRun } from "./DeployRun.ts";
import { explainFailure, withLockHeld } from "./explainFailure.ts";
import { lastWords, lingering } from "./lingering.ts";
import { goBack } from "./goBack.ts";
import { runGraph } from "./graph/Graph.ts";
import { buildGraph } from "./graph/buildGraph.ts";
import { describe, groupKind, objectKey, refOf } from "./objectKey.ts";
import { deletionsOf, type Plan } from "./plan/Plan.ts";
import { refuseProblems } from "./plan/refuseProblems.ts";
import type { WantedObject } from "./plan/wantedObject.ts";
import { readOthers, recordDeploy } from "./revisions/recordDeploy.ts";
import { publicUrls } from "./status/publicUrls.ts";
import { wavesOfDeploy } from "./waves.ts";

/**
 * Carries out a plan: lock, verify, inventory, apply along the graph, wait, prune, record. With nothing to do it writes nothing. Errors: `Conflict` or `ApiRefused` when the plan has
 * problems, `LockHeld`, `LockLost`, `PlanStale`, `WaitFailed`, `AbortedByUser`, and what the server refuses. Whatever happens, running it again goes on from where things are.
 */
export async function deploy(
  rendering: Rendering,
  plan: Plan,
  context: DeployContext,
  options: DeployOptions = {},
): Promise<DeployResult> {
  refuseProblems(plan);
  try {
    return await carryOut(rendering, plan, context, options);
  } catch (error) {
    if (options.rollbackOnFailure !== true) throw error;
    throw await goBack(error, plan, context, options, carryOut);
  }
}

async function carryOut(
  rendering: Rendering,
  plan: Plan,
  given: DeployContext,
  options: DeployOptions = {},
): Promise<DeployResult> {
  const outer = contextOf(given);
  const started = outer.clock.now();
  if (plan.nothingToDo) {
    const nothing = { changes: [], components: [], waves: [], urls: [], failures: [] };
    return { status: "unchanged", summary: plan.summary, ...nothing, milliseconds: 0 };
  }
  const wanted = plan.objects.flatMap(({ wanted: object, component }): WantedObject[] =>
    object === undefined ? [] : [{ object, ...(component === undefined ? {} : { component }) }],
  );
  // A cycle is found before anything is written.
  const graph = buildGraph(wanted, rendering.components);

  const lock = new Lock(plan, outer, options.lock);
  const namespace = await begin(plan, lock, outer, options);
  outer.onEvent({ type: "locked" });
  const stop = new AbortController();
  const signal = AbortSignal.any([outer.signal, lock.lost, stop.signal]);
  const context: Context = { ...outer, signal, client: guardedClient(outer.client, () => lock.check()) };
  const run = new DeployRun(plan, context, options, rendering.components);
  if (namespace !== undefined) run.isApplied(namespace);
  let before: Inventory | undefined;
  const attempt = (status: Attempt["status"], message?: string): Attempt => ({
    status,
    at: new Date(outer.clock.now()).toISOString(),
    who: outer.who,
    ...(message === undefined ? {} : { message }),
  });
  const superset = (): Inventory["objects"] => [
    ...(before?.objects ?? []),
    ...wanted.map(({ object }) => refOf(object)),
  ];
  let begun = false;
  try {
    before = await verifyPlan(plan, context);
    const others = await readOthers(plan, before, context);
    const key = await ensureKey(plan, rememberedKey(rendering), context);
    begun = true;
    // Not cut short by an interruption at once: taking effect later, it would hide what is said of that.
    await writeInventory(
      plan,
      { ...before, objects: superset(), attempt: attempt("deploying") },
      context,
      lingering(signal),
    );
    signal.throwIfAborted();

    run.announce();
    await runGraph(
      graph,
      (node) => run.work(node),
      (node, because) => run.skip(node, because),
    );
    if (run.failures.length > 0) {
      const names = run.failures.map(({ component }) => component).join(", ");
      await writeInventory(
        plan,
        { ...before, objects: superset(), attempt: attempt("failed", `${names} failed`) },
        context,
      );
      return {
        status: "failed",
        summary: plan.summary,
        ...toldOf(run, plan, rendering),
        failures: run.failures,
        milliseconds: outer.clock.now() - started,
      };
    }

    await run.prune();
    const revision = await recordDeploy(
      { rendering, plan, wanted, before, others, key, why: options.why },
      context,
    );
    const gone = new Set(deletionsOf(plan).map((planned) => planned.key));
    const kept = plan.kept.map(({ ref }) => ref);
    const remaining =
      plan.only === undefined
        ? [...wanted.map(({ object }) => refOf(object)), ...kept]
        : superset().filter((ref) => !gone.has(objectKey(ref)));
    const jobs = new Set(plan.only === undefined ? [] : before?.revision?.jobs);
    for (const { object } of wanted)
      if (groupKind(object) === "batch/Job") jobs.add(objectKey(refOf(object)));
    const { number, at, who, why } = revision;
    // With `only`, what an unfinished deploy left open stays open.
    const open = plan.only !== undefined && isUnfinished(before?.attempt);
    const final = {
      objects: remaining,
      attempt: open ? before?.attempt : attempt("deployed"),
      revision: { number, at, who, why, jobs: [...jobs] },
    };
    await writeInventory(plan, final, context);
    outer.onEvent({ type: "recorded", revision: number });
    return {
      status: "deployed",
      revision: number,
      summary: plan.summary,
      ...toldOf(run, plan, rendering),
      failures: [],
      milliseconds: outer.clock.now() - started,
    };
  } catch (error) {
    stop.abort();
    const told = explainFailure(error, plan, {
      interrupted: outer.signal,
      lost: lock.lost,
      reached: begun ? run.reached() : undefined,
    });
    if (begun && !lock.lost.aborted) {
      const status = outer.signal.aborted ? "interrupted" : "failed";
      const message = outer.redact(told instanceof Error ? told.message : String(told)).slice(0, 500);
      // What stops the deploy must not stop saying so; and if it cannot be said, the attempt stays "deploying", which is as unfinished.
      await writeInventory(
        plan,
        { ...before, objects: superset(), attempt: attempt(status, message) },
        outer,
        lingering(stop.signal, outer.signal.aborted ? lastWords : 60_000),
      ).catch(() => {});
    }
    throw (await lock.release()) ? told : withLockHeld(told);
  } finally {
    stop.abort();
    await lock.release();
  }
}

/** What a result says of a run that came to its end. */
function toldOf(
  run: DeployRun,
  plan: Plan,
  rendering: Rendering,
): Pick<DeployResult, "changes" | "components" | "waves" | "urls"> {
  const components = run.results();
  const names = new Map(plan.objects.map(({ key, component }) => [key, component]));
  return {
    changes: plan.objects.flatMap(({ ref, action, component }): ChangedObject[] =>
      action === "none"
        ? []
        : [
            {
              object: describe(ref, plan.namespace),
              action,
              ...(component === undefined ? {} : { component }),
            },
          ],
    ),
    components,
    waves: wavesOfDeploy(rendering.components, components),
    urls: run.applied().flatMap((object) => {
      const component = names.get(objectKey(refOf(object)));
      return component === undefined ? [] : publicUrls(object, component).map((url) => ({ component, url }));
    }),
  };
}

/** Takes the lock, in the namespace that may have to be made. Interrupted before the lock is ours, nothing else was written. */
async function begin(
  plan: Plan,
  lock: Lock,
  context: Context,
  options: DeployOptions,
): Promise<KubeObject | undefined> {
  try {
    const namespace = await createNamespace(plan, context, options);
    await lock.acquire(plan.revision === undefined && plan.unfinished === undefined);
    return namespace;
  } catch (cause) {
    if (!context.signal.aborted || cause instanceof MoorageError) throw cause;
    throw new MoorageError(
      "AbortedByUser",
      "Interrupted before the lock was taken: no object of the platform was written.",
      { exitCode: 130, cause },
    );
  }
}

/** The lock lives in the namespace, so one that is to be made comes even before it. A namespace is never pruned: this leaves nothing that is not known. */
async function createNamespace(
  plan: Plan,
  context: Context,
  options: DeployOptions,
): Promise<KubeObject | undefined> {
  const planned = plan.objects.find(
    ({ ref, action }) =>
      groupKind(ref) === "/Namespace" && ref.name === plan.namespace && action === "create",
  );
  if (planned === undefined) return undefined;
  const applied = await applyObject(planned, plan, options.forceConflicts ?? false, context);
  context.onEvent({ type: "applied", object: describe(planned.ref, plan.namespace), action: "create" });
  return applied;
}
