import { MoorageError, type KubeObject } from "../../contract/index.ts";
import type { ObjectRef } from "../../kube/KubeClient.ts";
import { isConflict, isNotFound } from "../../kube/KubeError.ts";
import type { Context } from "../DeployContext.ts";
import { managerOf, type Environment } from "../Environment.ts";
import { describe, groupKind } from "../objectKey.ts";
import { adoptedManagedFields } from "../plan/adoption.ts";
import type { PlannedObject } from "../plan/Plan.ts";
import { withoutSecretValues } from "../plan/withoutSecretValues.ts";
import { readinessOf } from "../readiness/index.ts";

/** How long something that was deleted may take to be gone, and a definition to be served. */
const patience = 120_000;

/** Carries out what was planned for one object; gives it as the server returned it. */
export async function applyObject(
  planned: PlannedObject,
  environment: Environment,
  force: boolean,
  context: Context,
): Promise<KubeObject> {
  const { client, signal } = context;
  const { live, ref } = planned;
  const wanted = planned.wanted as KubeObject;
  try {
    if (planned.action === "replace" && live !== undefined) {
      await deleteObject(ref, live, propagationOf(planned), context);
      await untilGone(ref, live.metadata.uid, context);
    } else if (planned.action === "create") {
      // What was on its way out when the plan was made has to be gone first.
      if (live?.metadata.deletionTimestamp !== undefined) await untilGone(ref, live.metadata.uid, context);
    } else if (planned.adopts !== undefined && live !== undefined) {
      await takeFields(ref, environment, context);
    }
    const applied = await client.apply(wanted, {
      fieldManager: managerOf(environment),
      force: force || planned.adopts !== undefined,
      fieldValidation: "Strict",
      signal,
    });
    if (wanted.kind === "CustomResourceDefinition") return await untilServed(ref, context);
    return applied;
  } catch (error) {
    throw withObject(error, wanted, environment, context);
  }
}

/** Says which object it was; never with a secret value. */
function withObject(error: unknown, wanted: KubeObject, environment: Environment, context: Context): unknown {
  if (!(error instanceof MoorageError) || context.signal.aborted) return error;
  const name = describe(
    {
      apiVersion: wanted.apiVersion,
      kind: wanted.kind,
      name: wanted.metadata.name ?? "",
      namespace: wanted.metadata.namespace,
    },
    environment.namespace,
  );
  const message = withoutSecretValues(wanted, context.redact(error.message));
  return new MoorageError(error.code, `${name}: ${message}`, {
    hint: error.hint,
    // The cause would carry the server's own words.
    ...(wanted.kind === "Secret" ? {} : { cause: error }),
  });
}

/** The pods of a StatefulSet go on while it is made anew, as long as it will find them by the same labels. */
function propagationOf(planned: PlannedObject): "Background" | "Orphan" {
  const keepsPods =
    groupKind(planned.ref) === "apps/StatefulSet" &&
    !planned.immutable.some((field) => field.includes("selector"));
  return keepsPods && !planned.changes.some((change) => change.path.startsWith("spec.selector"))
    ? "Orphan"
    : "Background";
}

/** Deletes exactly the object that was planned; that it is gone already is as good. */
export async function deleteObject(
  ref: ObjectRef,
  live: KubeObject,
  propagation: "Background" | "Orphan",
  context: Context,
): Promise<void> {
  let version = live.metadata.resourceVersion;
  for (let attempt = 0; ; attempt++) {
    try {
      await context.client.delete(ref, {
        uid: live.metadata.uid,
        resourceVersion: version,
        propagation,
        signal: context.signal,
      });
      return;
    } catch (error) {
      if (isNotFound(error)) return;
      if (!isConflict(error) || attempt >= 5) throw error;
      // Its status moves all the time; what must not have changed is that it is the same object, and still ours.
      const now = await context.client.find(ref, { signal: context.signal });
      if (now === undefined || now.metadata.uid !== live.metadata.uid) return;
      version = now.metadata.resourceVersion;
    }
  }
}

export async function untilGone(ref: ObjectRef, uid: string | undefined, context: Context): Promise<void> {
  const started = context.clock.now();
  for (let wait = 50; ; wait = Math.min(wait * 2, 1000)) {
    const live = await context.client.find(ref, { signal: context.signal });
    if (live === undefined || live.metadata.uid !== uid) return;
    if (context.clock.now() - started > patience) {
      const finalizers = live.metadata.finalizers ?? [];
      throw new MoorageError("WaitFailed", `It was deleted, and is still there after ${patience / 1000} s.`, {
        hint:
          finalizers.length > 0
            ? `It waits for whoever owns its finalizers: ${finalizers.join(", ")}.`
            : "Look at its pods: one may not end.",
      });
    }
    await context.clock.sleep(wait, context.signal);
  }
}

/** A definition is of use once it is Established and its kind is in the server's discovery. */
async function untilServed(ref: ObjectRef, context: Context): Promise<KubeObject> {
  const started = context.clock.now();
  for (let wait = 20; ; wait = Math.min(wait * 2, 1000)) {
    const live = await context.client.get(ref, { signal: context.signal });
    const state = readinessOf(live);
    // Discovery may come some moments after the condition.
    if (state.ok && (await isDiscovered(live, context))) return live;
    if ((state.done && !state.ok) || context.clock.now() - started > patience) {
      throw new MoorageError("WaitFailed", `It is not served: ${state.message || "discovery lacks it"}.`);
    }
    await context.clock.sleep(wait, context.signal);
  }
}

async function isDiscovered(definition: KubeObject, { client }: Context): Promise<boolean> {
  const { group, names, versions } = definition["spec"] as {
    group: string;
    names: { kind: string };
    versions: readonly { name: string; served: boolean }[];
  };
  client.forgetDiscovery();
  const kinds = await client.kinds();
  return versions
    .filter(({ served }) => served)
    .some(({ name }) =>
      kinds.some((kind) => kind.group === group && kind.version === name && kind.kind === names.kind),
    );
}

/** Takes over the managed fields of the tools that made an object. */
async function takeFields(ref: ObjectRef, environment: Environment, context: Context): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const live = await context.client.get(ref, { signal: context.signal });
    const managedFields = adoptedManagedFields(live, managerOf(environment));
    const patch = [
      { op: "test", path: "/metadata/resourceVersion", value: live.metadata.resourceVersion },
      { op: "replace", path: "/metadata/managedFields", value: managedFields },
    ];
    try {
      await context.client.patch(ref, "json", patch, { signal: context.signal });
      return;
    } catch (error) {
      const moved = isConflict(error) || (error as { reason?: string }).reason === "Invalid";
      if (!moved || attempt >= 5) throw error;
    }
  }
}
