import { labels, type KubeObject } from "../../contract/index.ts";
import { groupKind } from "../objectKey.ts";
import { readinessOf } from "../readiness/index.ts";
import { conditionOf, numberOf, specOf, statusOf, type Readiness } from "../readiness/Readiness.ts";
import { surroundingsOf } from "../wait/waitForObjects.ts";
import type { ComponentStatus, Health } from "./EnvironmentStatus.ts";
import { imagesOf } from "./imageVersion.ts";
import { publicUrls, type Exposed } from "./publicUrls.ts";
import { restartsOf } from "./restarts.ts";
import { runOf } from "./runStatus.ts";

/** A component's objects, as far as they are there and may be read. */
export interface ComponentObjects {
  readonly name: string;
  readonly kind?: string | undefined;
  readonly objects: readonly KubeObject[];
  /** `Deployment curator-dev`: deployed, and not there any more. */
  readonly missing: readonly string[];
  /** `Deployment curator-dev`: the first deploy has not come to it yet. */
  readonly awaited?: readonly string[];
  /** `Deployment curator-dev`: may not be read. */
  readonly unreadable: readonly string[];
  /** Nothing of it is there, as nothing was deployed. */
  readonly isNew?: boolean;
}

/** What there is beside the objects of a component. */
export interface Around {
  ofKind(kind: string, namespace: string): KubeObject[];
  readonly jobs: readonly KubeObject[];
  readonly urlOf?: ((exposed: Exposed) => string | undefined) | undefined;
  readonly redact: (text: string) => string;
  /** What a pod that is not ready is held up by, told by its events: `FailedMount: ...`. */
  readonly eventOf: (pod: KubeObject) => string | undefined;
}

/** The worst of some. */
export function worstOf(healths: readonly Health[]): Health {
  for (const health of ["failed", "waiting", "unknown"] as const) if (healths.includes(health)) return health;
  return "ready";
}

/** How one component stands. */
export function componentStatus(component: ComponentObjects, around: Around): ComponentStatus {
  const { name, kind, objects } = component;
  if (component.isNew === true)
    return {
      name,
      ...(kind === undefined ? {} : { kind }),
      deployed: false,
      health: "unknown",
      message: "not deployed yet",
      images: [],
      urls: [],
    };
  const healths: Health[] = [];
  const messages: string[] = [];
  const pods = objects.flatMap((object) => surroundingsOf(object, around).pods);
  for (const missing of component.missing) {
    healths.push("failed");
    messages.push(`${missing} is missing`);
  }
  for (const awaited of component.awaited ?? []) {
    healths.push("waiting");
    messages.push(`${awaited} is not there yet`);
  }
  for (const object of objects) {
    const state = readinessOf(object, surroundingsOf(object, around));
    if (state.ok) continue;
    healths.push(state.done ? "failed" : "waiting");
    messages.push(around.redact(`${reasonIn(state)}${state.message}`));
  }
  if (messages.length > 0) messages.push(...heldUp(pods, around));
  for (const unread of component.unreadable) {
    healths.push("unknown");
    messages.push(`${unread} may not be read`);
  }
  const run = objects.map((object) => runOf(object, around.jobs)).find((found) => found !== undefined);
  if (run?.state === "failed" && run.schedule !== undefined) {
    healths.push("failed");
    messages.push("its last run failed");
  }
  const health = worstOf(healths);
  const images = objects.flatMap((object) => imagesOf(object, pods));
  const restarts = restartsOf(pods);
  const replicas = replicasOf(objects);
  const since = run === undefined ? sinceOf(objects, pods, health) : run.at;
  // What runs, before what a label says of it: somebody may have changed the image by hand.
  const version = images[0]?.tag ?? versionOf(objects) ?? images[0]?.digest;
  return {
    name,
    ...(kind === undefined ? {} : { kind }),
    health,
    message: messages.join("; "),
    ...(since === undefined ? {} : { since }),
    ...(replicas === undefined ? {} : { replicas }),
    images,
    ...(version === undefined ? {} : { version }),
    urls: [...new Set(objects.flatMap((object) => publicUrls(object, name, around.urlOf)))],
    ...(restarts === undefined ? {} : { restarts }),
    ...(run === undefined ? {} : { run }),
  };
}

const reasonIn = ({ reason, message }: Readiness): string =>
  reason === undefined || message.startsWith(reason) ? "" : `${reason}: `;

function heldUp(pods: readonly KubeObject[], around: Around): string[] {
  const told = pods.flatMap((pod) => {
    const isReady = conditionOf(pod, "Ready")?.status === "True";
    return isReady ? [] : (around.eventOf(pod) ?? []);
  });
  return [...new Set(told.map(around.redact))].slice(0, 1);
}

const versionOf = (objects: readonly KubeObject[]): string | undefined =>
  objects.map((object) => object.metadata.labels?.[labels.version]).find((label) => label !== undefined);

const replicated = new Set(["apps/Deployment", "apps/StatefulSet", "apps/ReplicaSet"]);

function replicasOf(objects: readonly KubeObject[]): { ready: number; wanted: number } | undefined {
  let found: { ready: number; wanted: number } | undefined;
  for (const object of objects) {
    const status = statusOf(object);
    const kind = groupKind(object);
    const ready = kind === "apps/DaemonSet" ? status["numberReady"] : status["readyReplicas"];
    const wanted =
      kind === "apps/DaemonSet"
        ? numberOf(status["desiredNumberScheduled"])
        : replicated.has(kind)
          ? numberOf(specOf(object)["replicas"], 1)
          : undefined;
    if (wanted === undefined) continue;
    found = { ready: (found?.ready ?? 0) + numberOf(ready), wanted: (found?.wanted ?? 0) + wanted };
  }
  return found;
}

/** Since when all are ready, or since when the first is not. */
function sinceOf(
  objects: readonly KubeObject[],
  pods: readonly KubeObject[],
  health: Health,
): string | undefined {
  const changed = (object: KubeObject, type: string, status: string): string[] => {
    const condition = conditionOf(object, type);
    const at = (condition as { lastTransitionTime?: unknown } | undefined)?.lastTransitionTime;
    return condition?.status === status && typeof at === "string" ? [at] : [];
  };
  const live = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  if (health === "ready") {
    const ready = live.flatMap((pod) => changed(pod, "Ready", "True")).toSorted();
    return (
      ready.at(-1) ??
      objects
        .flatMap((object) => changed(object, "Available", "True"))
        .toSorted()
        .at(-1)
    );
  }
  return (
    live.flatMap((pod) => changed(pod, "Ready", "False")).toSorted()[0] ??
    objects.flatMap((object) => changed(object, "Available", "False")).toSorted()[0]
  );
}
