import { MoorageError, annotations, labels, type KubeObject } from "../contract/index.ts";
import { readInventory } from "./apply/inventory.ts";
import type { LockOptions } from "./apply/Lock.ts";
import { contextOf, type DeployContext } from "./DeployContext.ts";
import type { Failure } from "./DeployEvent.ts";
import { instanceLabelOf, type Environment } from "./Environment.ts";
import { describe, refOf } from "./objectKey.ts";
import { LiveView } from "./wait/LiveView.ts";
import { waitForObjects } from "./wait/waitForObjects.ts";
import { withLock } from "./withLock.ts";

const rolled = ["Deployment", "StatefulSet", "DaemonSet"] as const;

/**
 * Makes the pods of a component anew, by its own rollout, and waits until they are ready. `component` is the name of its objects (`curator-dev`) or its key, to which the
 * environment's suffix was appended. The annotation that does it belongs to a manager of its own, so that no deploy takes it back.
 */
export async function restart(
  environment: Environment,
  component: string,
  given: DeployContext,
  options: { readonly timeout?: number; readonly lock?: LockOptions } = {},
): Promise<void> {
  const outer = contextOf(given);
  const found: KubeObject[] = [];
  // An account may have no right to list what its platform has not.
  const inventory = await readInventory(environment, outer);
  const deployedKinds = new Set(inventory?.objects.map(({ kind }) => kind));
  for (const kind of rolled.filter((one) => deployedKinds.has(one))) {
    const list = await outer.client.list(
      { apiVersion: "apps/v1", kind },
      {
        namespace: environment.namespace,
        labelSelector: `${labels.instance}=${instanceLabelOf(environment)}`,
        signal: outer.signal,
      },
    );
    found.push(...list.items);
  }
  const nameOf = (object: KubeObject): string => object.metadata.labels?.[labels.name] ?? "";
  const members = found.filter((object) => nameOf(object) === component);
  if (members.length === 0) {
    const known = [...new Set(found.map(nameOf))].filter((name) => name !== "").toSorted();
    throw new MoorageError(
      "Usage",
      `${environment.environment} has no component ${component} that can be restarted.`,
      {
        hint: known.length === 0 ? "Nothing runs there: deploy it first." : `These can: ${known.join(", ")}.`,
        exitCode: 2,
      },
    );
  }
  const failure = await withLock(
    environment,
    outer,
    options.lock,
    async (context): Promise<Failure | undefined> => {
      const patch = {
        spec: {
          template: {
            metadata: {
              annotations: { [annotations.restartedAt]: new Date(context.clock.now()).toISOString() },
            },
          },
        },
      };
      const changed: KubeObject[] = [];
      for (const object of members) {
        changed.push(
          await context.client.patch(refOf(object), "merge", patch, {
            fieldManager: "moorage-restart",
            signal: context.signal,
          }),
        );
        context.onEvent({
          type: "applied",
          object: describe(refOf(object), environment.namespace),
          action: "update",
          component,
        });
      }
      const started = context.clock.now();
      const view = new LiveView(context, context.signal);
      const outcome = await waitForObjects(changed, view, context, {
        timeout: options.timeout ?? 600_000,
        jobTimeout: options.timeout ?? 600_000,
        namespace: environment.namespace,
        onMessage: (message) =>
          context.onEvent({ type: "component-waiting", component, message: context.redact(message) }),
      });
      if (outcome === undefined) {
        context.onEvent({ type: "component-ready", component, milliseconds: context.clock.now() - started });
      }
      return outcome;
    },
  );
  if (failure === undefined) return;
  outer.onEvent({ type: "component-failed", component, failure });
  throw new MoorageError(
    "WaitFailed",
    `${component} did not come back: ${failure.object}: ${failure.reason}: ${failure.message}`,
    {
      hint: `See: moorage logs ${environment.environment} ${component}.`,
    },
  );
}
