import type { KubeObject } from "../../contract/index.ts";
import { groupKind } from "../objectKey.ts";
import { customReadiness } from "./customObject.ts";
import { definitionReadiness } from "./CustomResourceDefinition.ts";
import { daemonSetReadiness } from "./DaemonSet.ts";
import { deploymentReadiness } from "./Deployment.ts";
import { jobReadiness } from "./Job.ts";
import { claimReadiness } from "./PersistentVolumeClaim.ts";
import { podReadiness } from "./Pod.ts";
import {
  ready,
  statusOf,
  waiting,
  type Readiness,
  type ReadinessRule,
  type Surroundings,
} from "./Readiness.ts";
import { replicaSetReadiness } from "./ReplicaSet.ts";
import { httpRouteReadiness, ingressReadiness, routeReadiness } from "./routes.ts";
import { autoscalerReadiness, disruptionBudgetReadiness } from "./scaling.ts";
import { serviceReadiness } from "./Service.ts";
import { statefulSetReadiness } from "./StatefulSet.ts";

/** The rules, by `group/Kind`. A kind that is missing here is judged by its conditions. */
export const readinessRules: ReadonlyMap<string, ReadinessRule> = new Map([
  [
    "/Namespace",
    (object) => (statusOf(object)["phase"] === "Terminating" ? waiting("is being deleted") : ready),
  ],
  ["/PersistentVolumeClaim", claimReadiness],
  ["/Pod", podReadiness],
  ["/Service", serviceReadiness],
  ["apiextensions.k8s.io/CustomResourceDefinition", definitionReadiness],
  ["apps/DaemonSet", daemonSetReadiness],
  ["apps/Deployment", deploymentReadiness],
  ["apps/ReplicaSet", replicaSetReadiness],
  ["apps/StatefulSet", statefulSetReadiness],
  ["autoscaling/HorizontalPodAutoscaler", autoscalerReadiness],
  ["batch/CronJob", () => ready],
  ["batch/Job", jobReadiness],
  ["gateway.networking.k8s.io/HTTPRoute", httpRouteReadiness],
  ["networking.k8s.io/Ingress", ingressReadiness],
  ["policy/PodDisruptionBudget", disruptionBudgetReadiness],
  ["route.openshift.io/Route", routeReadiness],
]);

/** Kinds whose state has nothing to wait for: there once they are written. */
const plainKinds: ReadonlySet<string> = new Set([
  "/ConfigMap",
  "/LimitRange",
  "/Namespace",
  "/ResourceQuota",
  "/Secret",
  "/ServiceAccount",
  "batch/CronJob",
  "networking.k8s.io/Ingress",
  "networking.k8s.io/NetworkPolicy",
  "rbac.authorization.k8s.io/ClusterRole",
  "rbac.authorization.k8s.io/ClusterRoleBinding",
  "rbac.authorization.k8s.io/Role",
  "rbac.authorization.k8s.io/RoleBinding",
  "scheduling.k8s.io/PriorityClass",
  "storage.k8s.io/StorageClass",
]);

/** Whether an object has to be watched to know that it is ready. */
export const isWaitedFor = (object: { apiVersion: string; kind: string }): boolean =>
  !plainKinds.has(groupKind(object));

const nothing: Surroundings = { pods: [], replicaSets: [] };

/** How a live object stands. */
export function readinessOf(object: KubeObject, around: Surroundings = nothing): Readiness {
  if (object.metadata.deletionTimestamp !== undefined) return waiting("is being deleted");
  return (readinessRules.get(groupKind(object)) ?? customReadiness)(object, around);
}

export type { Readiness, ReadinessRule } from "./Readiness.ts";
