import { labels, type KubeObject } from "../contract/index.ts";
import type { Rendering } from "../platform/Rendering.ts";
import { readInventory, type Attempt, type RevisionHead } from "./apply/inventory.ts";
import { contextOf, type DeployContext } from "./DeployContext.ts";
import { managerOf, type Environment } from "./Environment.ts";
import { podTemplateOf } from "./graph/references.ts";
import { describe, groupKind, objectKey, refOf } from "./objectKey.ts";
import { isUnchanged } from "./plan/isUnchanged.ts";
import { readLiveObjects } from "./plan/liveObjects.ts";
import { wantedObjects } from "./plan/wantedObject.ts";
import { readinessOf } from "./readiness/index.ts";
import { addressOf } from "./readiness/routes.ts";
import { surroundingsOf } from "./wait/waitForObjects.ts";

/** One environment at a glance. */
export interface EnvironmentStatus extends Environment {
  /** False: no record of a deploy was found there, or it may not be read. */
  readonly deployed: boolean;
  readonly components: readonly ComponentStatus[];
  /** Objects that are not as the platform file wants them: changed in it since, or by somebody. Only with a rendering. */
  readonly different?: readonly string[];
  readonly revision?: RevisionHead;
  /** The last deploy, if it did not come to its end. */
  readonly unfinished?: Attempt;
  /** What could not be read. */
  readonly notes: readonly string[];
}

export interface ComponentStatus {
  /** The name of its objects: `curator-dev`. */
  readonly name: string;
  readonly health: "ready" | "waiting" | "failed";
  /** What it waits for, or why it failed. */
  readonly message: string;
  /** Images of its containers, without sidecars that others injected. */
  readonly images: readonly string[];
  readonly version?: string;
  /** `2/3`; undefined for what has no replicas. */
  readonly replicas?: string;
  /** Addresses under which it is exposed. */
  readonly addresses: readonly string[];
}

/** Reads how an environment is. Needs no right but to view; what may not be read is done without, and said in `notes`. */
export async function statusOf(
  environment: Environment,
  given: DeployContext,
  options: { readonly rendering?: Rendering } = {},
): Promise<EnvironmentStatus> {
  const context = contextOf(given);
  const unread: string[] = [];
  const inventory = await readInventory(environment, context, (note) => void unread.push(note));
  const wanted =
    options.rendering === undefined
      ? undefined
      : await wantedObjects(options.rendering, options.rendering.objects, context);
  const refs = new Map((inventory?.objects ?? []).map((ref) => [objectKey(ref), ref]));
  for (const one of wanted ?? []) refs.set(objectKey(refOf(one.object)), refOf(one.object));
  const own = [...refs.values()];
  // Pods and ReplicaSets tell why something is not ready.
  const helpers = [...new Set(own.map((ref) => ref.namespace))].flatMap((namespace) =>
    namespace === undefined
      ? []
      : [
          { apiVersion: "v1", kind: "Pod", name: "", namespace },
          { apiVersion: "apps/v1", kind: "ReplicaSet", name: "", namespace },
        ],
  );
  const live = await readLiveObjects([...own, ...helpers], context);
  const view = {
    ofKind: (kind: string, namespace: string): KubeObject[] =>
      [...live.byKey].filter(([key]) => key.startsWith(`${kind}/${namespace}/`)).map(([, object]) => object),
  };

  const components = new Map<string, KubeObject[]>();
  for (const ref of own) {
    const object = live.byKey.get(objectKey(ref));
    const name = object?.metadata.labels?.[labels.name];
    if (object !== undefined && name !== undefined)
      components.set(name, [...(components.get(name) ?? []), object]);
  }
  const different = wanted?.flatMap(({ object }) => {
    const key = objectKey(refOf(object));
    const now = live.byKey.get(key);
    const ignored =
      live.unreadable.has(key) || groupKind(object) === "/Namespace" || groupKind(object) === "batch/Job";
    // Without values, what a Secret should hold is not known.
    const unknown = object.kind === "Secret" && object["data"] === undefined;
    if (ignored || unknown || (now !== undefined && isUnchanged(now, object, managerOf(environment))))
      return [];
    return [`${describe(refOf(object), environment.namespace)}${now === undefined ? " is missing" : ""}`];
  });
  const attempt = inventory?.attempt;
  return {
    platform: environment.platform,
    environment: environment.environment,
    namespace: environment.namespace,
    deployed: inventory !== undefined,
    components: [...components]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, objects]) => componentStatus(name, objects, view, context.redact)),
    ...(different === undefined ? {} : { different }),
    ...(inventory?.revision === undefined ? {} : { revision: inventory.revision }),
    ...(attempt === undefined || attempt.status === "deployed" ? {} : { unfinished: attempt }),
    notes: [...unread, ...live.notes],
  };
}

function componentStatus(
  name: string,
  objects: readonly KubeObject[],
  view: { ofKind(kind: string, namespace: string): KubeObject[] },
  redact: (text: string) => string,
): ComponentStatus {
  let health: ComponentStatus["health"] = "ready";
  const messages: string[] = [];
  for (const object of objects) {
    const state = readinessOf(object, surroundingsOf(object, view));
    if (state.ok) continue;
    if (state.done) health = "failed";
    else if (health === "ready") health = "waiting";
    messages.push(redact(`${state.reason === undefined ? "" : `${state.reason}: `}${state.message}`));
  }
  const images = new Set<string>();
  let replicas: string | undefined;
  for (const object of objects) {
    const containers = (podTemplateOf(object)?.spec["containers"] as { image?: string }[] | undefined) ?? [];
    for (const { image } of containers) if (image !== undefined) images.add(image);
    if (object.kind === "Deployment" || object.kind === "StatefulSet") {
      const status = (object["status"] ?? {}) as { readyReplicas?: number };
      const spec = (object["spec"] ?? {}) as { replicas?: number };
      replicas = `${status.readyReplicas ?? 0}/${spec.replicas ?? 1}`;
    }
  }
  const version = objects
    .map((object) => object.metadata.labels?.[labels.version])
    .find((label) => label !== undefined);
  return {
    name,
    health,
    message: messages.join("; "),
    images: [...images],
    ...(version === undefined ? {} : { version }),
    ...(replicas === undefined ? {} : { replicas }),
    addresses: objects.flatMap((object) => addressOf(object) ?? []),
  };
}
