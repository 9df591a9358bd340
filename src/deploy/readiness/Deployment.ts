import type { KubeObject } from "../../contract/index.ts";
import { podsOf } from "./Pod.ts";
import {
  conditionOf,
  failed,
  isObserved,
  numberOf,
  ready,
  specOf,
  statusOf,
  waiting,
  type Condition,
  type ReadinessRule,
} from "./Readiness.ts";

const hashLabel = "pod-template-hash";

/**
 * The pods of the newest ReplicaSet: those of older ones may fail without harm. Deployments and ReplicaSets come by two watches, so that the Deployment may speak of a revision whose set is not seen yet:
 * then there are none, or the crashes of a version would fail the deploy that mends it.
 */
function newPods(
  object: KubeObject,
  pods: readonly KubeObject[],
  newest: KubeObject | undefined,
): readonly KubeObject[] {
  if (newest === undefined) return pods;
  if (revision(newest) < revision(object)) return [];
  const hash = newest.metadata.labels?.[hashLabel];
  return pods.filter((pod) => pod.metadata.labels?.[hashLabel] === hash);
}

const revision = (one: KubeObject): number =>
  Number(one.metadata.annotations?.["deployment.kubernetes.io/revision"] ?? 0);

/**
 * Whether the deadline that is said to have passed was an earlier version's. Going back to a version whose ReplicaSet is there, the controller keeps the condition until it has taken a pod away, and
 * has observed the generation by then.
 */
function isOfEarlierVersion(
  object: KubeObject,
  { reason, message = "" }: Condition,
  newest: KubeObject | undefined,
): boolean {
  const late = /^ReplicaSet "([^"]+)"/.exec(message)?.[1];
  if (reason !== "ProgressDeadlineExceeded" || late === undefined || newest === undefined) return false;
  return newest.metadata.name !== late || revision(newest) < revision(object);
}

/** Generation observed; updated = replicas = available; no old pods. `Progressing=False` and `ReplicaFailure` do not recover. Source: `kubectl rollout status`. */
export const deploymentReadiness: ReadinessRule = (object, { pods, replicaSets, crashRestarts }) => {
  if (!isObserved(object)) return waiting("not yet seen by the controller");
  if (specOf(object)["paused"] === true) return waiting("the rollout is paused");
  const progressing = conditionOf(object, "Progressing");
  const refused = conditionOf(object, "ReplicaFailure");
  const newest = replicaSets.toSorted((a, b) => revision(b) - revision(a))[0];
  const verdict = podsOf(newPods(object, pods, newest), { crashRestarts });
  if (verdict.failure !== undefined) return verdict.failure;
  if (refused?.status === "True")
    return failed(refused.reason ?? "ReplicaFailure", refused.message ?? "no pod can be made");
  if (progressing?.status === "False" && !isOfEarlierVersion(object, progressing, newest)) {
    return failed(
      progressing.reason ?? "ProgressDeadlineExceeded",
      `${(progressing.message ?? "no progress").replace(/\.$/, "")}${verdict.message}`,
    );
  }
  const status = statusOf(object);
  const wanted = numberOf(specOf(object)["replicas"], 1);
  const updated = numberOf(status["updatedReplicas"]);
  const all = numberOf(status["replicas"]);
  const available = numberOf(status["availableReplicas"]);
  if (updated < wanted) return waiting(`${updated} of ${wanted} replicas updated${verdict.message}`);
  if (all > updated) {
    // They stay until the new ones are available.
    const late = verdict.message.replace("; its pod", "; the new pod");
    return waiting(
      `${all - updated} old ${all - updated === 1 ? "replica" : "replicas"} still running${late}`,
    );
  }
  if (available < updated) return waiting(`${available} of ${updated} replicas available${verdict.message}`);
  return ready;
};
