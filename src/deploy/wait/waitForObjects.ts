import type { KubeObject } from "../../contract/index.ts";
import { isNotFound } from "../../kube/KubeError.ts";
import type { Context } from "../DeployContext.ts";
import type { Failure } from "../DeployEvent.ts";
import { describe, groupKind, objectKey, refOf } from "../objectKey.ts";
import { isWaitedFor, readinessOf } from "../readiness/index.ts";
import { isPodReady, podFailure } from "../readiness/Pod.ts";
import { failed, type Readiness, type Surroundings } from "../readiness/Readiness.ts";
import { revisionLabel } from "../readiness/StatefulSet.ts";
import { failureReport } from "./failureReport.ts";
import type { LiveView } from "./LiveView.ts";
import { phaseOf, type Phase } from "./phase.ts";
import type { PodEvents } from "./PodEvents.ts";
import { refusedPods } from "./refusedPods.ts";

export interface WaitOptions {
  /** Of all but jobs, in milliseconds. */
  readonly timeout: number;
  readonly jobTimeout: number;
  /** Restarts after which a program that ends counts as one that cannot recover. */
  readonly crashRestarts?: number | undefined;
  readonly namespace: string;
  /** Of what is not ready: in words, and which phase the first of it is in. */
  readonly onMessage: (message: string, phase: Phase) => void;
  /** Explains pods that take long to start. */
  readonly podEvents?: PodEvents;
}

const makesPods = new Set([
  "apps/Deployment",
  "apps/StatefulSet",
  "apps/DaemonSet",
  "apps/ReplicaSet",
  "batch/Job",
]);
/** How often it is looked for events of something that makes no pods. */
const eventsEvery = 3000;
/** A process that stood still, as on a laptop that slept, saw nothing of what happened meanwhile: of that time this much counts against the limit. */
const mostBetweenLooks = 5000;

/** Waits until all of these are ready. Returns why not, as soon as one of them cannot become so. `objects` are as the server returned them. */
export async function waitForObjects(
  objects: readonly KubeObject[],
  view: LiveView,
  context: Context,
  options: WaitOptions,
): Promise<Failure | undefined> {
  const awaited = objects.filter(isWaitedFor);
  await Promise.all(
    awaited.flatMap((object) =>
      followsFor(object).map((kind) => view.follow(kind, object.metadata.namespace)),
    ),
  );
  let looked = context.clock.now();
  let waited = 0;
  const repaired = new Set<string>();
  let lastEvents = looked;
  for (;;) {
    const { version } = view;
    const messages: string[] = [];
    const behind: KubeObject[] = [];
    let late: { object: KubeObject; state: Readiness; pods: readonly KubeObject[] } | undefined;
    for (const object of awaited) {
      const live = currentOf(object, view);
      if (live === "unreadable") continue;
      const around: Surroundings = {
        ...(live === undefined ? nothing : surroundingsOf(live, view)),
        crashRestarts: options.crashRestarts,
      };
      const state: Readiness =
        live === undefined ? { done: false, ok: false, message: "not yet seen" } : readinessOf(live, around);
      if (state.ok) continue;
      if (state.done) return failureReport(live ?? object, state, context, options.namespace);
      if (live !== undefined) await repairStatefulSet(live, around, repaired, context);
      behind.push(live ?? object);
      late ??= { object: live ?? object, state, pods: around.pods };
      // Of several objects that are waited for, the kind tells which one is not ready; what makes the pods needs no name.
      const isNamed = awaited.length > 1 && !makesPods.has(groupKind(object));
      messages.push(isNamed ? `${object.kind} ${state.message}` : state.message);
    }
    if (late === undefined) return undefined;
    const { pods } = late;
    const phase = phaseOf(late.object, pods);
    const why = phase === "starting" ? await whyStarting(pods, options.podEvents) : undefined;
    const text = messages.join("; ");
    const because = why === undefined ? "" : `${text.endsWith(" is starting") ? ": " : "; "}${why}`;
    options.onMessage(text + because, phase);
    const now = context.clock.now();
    const limit = groupKind(late.object) === "batch/Job" ? options.jobTimeout : options.timeout;
    waited += Math.min(now - looked, mostBetweenLooks);
    looked = now;
    if (waited >= limit) {
      const verdict = failed(
        "Timeout",
        `not ready after ${Math.round(limit / 1000)} s: ${late.state.message}${blindness(late.object, view)}`,
        pods.find(isLate) ?? pods[0],
      );
      return failureReport(late.object, verdict, context, options.namespace);
    }
    if (now - lastEvents >= eventsEvery) {
      lastEvents = now;
      const refusal = await refusedPods(makersWithout(behind, view), context);
      if (refusal !== undefined)
        return failureReport(refusal.object, refusal.state, context, options.namespace);
    }
    await view.change(1000, version);
  }
}

const nothing: Surroundings = { pods: [], replicaSets: [] };

function followsFor(object: KubeObject): { apiVersion: string; kind: string }[] {
  const own = { apiVersion: object.apiVersion, kind: object.kind };
  if (!makesPods.has(groupKind(object))) return [own];
  const pods = { apiVersion: "v1", kind: "Pod" };
  return object.kind === "Deployment"
    ? [own, pods, { apiVersion: "apps/v1", kind: "ReplicaSet" }]
    : [own, pods];
}

/** What is live, if the view is not behind what we wrote. */
function currentOf(object: KubeObject, view: LiveView): KubeObject | undefined | "unreadable" {
  if (view.isUnreadable(object, object.metadata.namespace)) return "unreadable";
  const live = view.get(objectKey(refOf(object)));
  if (live === undefined || live.metadata.uid !== object.metadata.uid) return undefined;
  return (live.metadata.generation ?? 0) < (object.metadata.generation ?? 0) ? undefined : live;
}

const isOwnedBy = (object: KubeObject, uid: string | undefined): boolean =>
  object.metadata.ownerReferences?.some((reference) => reference.uid === uid) ?? false;

export function surroundingsOf(object: KubeObject, view: Pick<LiveView, "ofKind">): Surroundings {
  if (!makesPods.has(groupKind(object))) return nothing;
  const namespace = object.metadata.namespace ?? "";
  const pods = view.ofKind("/Pod", namespace);
  if (object.kind !== "Deployment")
    return { pods: pods.filter((pod) => isOwnedBy(pod, object.metadata.uid)), replicaSets: [] };
  const replicaSets = view
    .ofKind("apps/ReplicaSet", namespace)
    .filter((set) => isOwnedBy(set, object.metadata.uid));
  return {
    pods: pods.filter((pod) => replicaSets.some((set) => isOwnedBy(pod, set.metadata.uid))),
    replicaSets,
  };
}

const podsFor = (object: KubeObject, view: LiveView): readonly KubeObject[] =>
  surroundingsOf(object, view).pods;

/** What makes pods, and has fewer than it is to have: of the number that it wants, or of a Job or a DaemonSet none. */
function makersWithout(
  behind: readonly KubeObject[],
  view: LiveView,
): { object: KubeObject; pods: readonly KubeObject[] }[] {
  return behind.flatMap((object) => {
    if (!makesPods.has(groupKind(object))) return [];
    const pods = podsFor(object, view);
    const { replicas = 1 } = (object["spec"] ?? {}) as { replicas?: number };
    return pods.length < replicas ? [{ object, pods }] : [];
  });
}

/** Why not more is known, and nothing was done about it. */
function blindness(object: KubeObject, view: LiveView): string {
  const { namespace } = object.metadata;
  const isBlind =
    makesPods.has(groupKind(object)) && view.isUnreadable({ apiVersion: "v1", kind: "Pod" }, namespace);
  if (!isBlind) return "";
  const repair =
    object.kind === "StatefulSet" ? ", nor is a broken pod replaced that its rollout waits for" : "";
  return `; this account cannot list resource "pods" in the namespace "${namespace}": why is not known${repair}`;
}

const isLate = (pod: KubeObject): boolean => pod.metadata.deletionTimestamp === undefined && !isPodReady(pod);

async function whyStarting(
  pods: readonly KubeObject[],
  events: PodEvents | undefined,
): Promise<string | undefined> {
  const late = pods.find(isLate);
  return late === undefined ? undefined : await events?.why(late);
}

/**
 * A StatefulSet whose pod cannot start waits for it before it goes on, also to the template that would cure it
 * (https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback): a broken pod of an older template is deleted.
 */
async function repairStatefulSet(
  live: KubeObject,
  around: Surroundings,
  repaired: Set<string>,
  context: Context,
): Promise<void> {
  if (groupKind(live) !== "apps/StatefulSet") return;
  const update = (live["status"] as { updateRevision?: string; observedGeneration?: number } | undefined)
    ?.updateRevision;
  if (update === undefined) return;
  for (const pod of around.pods) {
    const uid = pod.metadata.uid;
    const isOld = pod.metadata.labels?.[revisionLabel] !== update;
    if (!isOld || uid === undefined || repaired.has(uid) || pod.metadata.deletionTimestamp !== undefined)
      continue;
    const broken = podFailure(pod, { crashRestarts: around.crashRestarts });
    if (broken === undefined) continue;
    repaired.add(uid);
    await context.client.delete(refOf(pod), { uid, signal: context.signal }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
    context.onEvent({
      type: "repaired",
      object: describe(refOf(pod), live.metadata.namespace),
      message: context.redact(`deleted, because the rollout waited for it: ${broken.message}`),
    });
  }
}
