import {
  binding,
  customResourceDefinition,
  event,
  lease,
  limitRange,
  namespace,
  node,
  priorityClass,
  resourceQuota,
  serviceAccount,
} from "./cluster.ts";
import { configMap, secret } from "./configuration.ts";
import { cronJob } from "./cronJob.ts";
import { daemonSet } from "./daemonSet.ts";
import { deployment } from "./deployment.ts";
import { endpointSlice, endpoints } from "./endpoints.ts";
import { job } from "./job.ts";
import { type KindStrategy, plainClusterStrategy, plainStrategy, strategy } from "./KindStrategy.ts";
import {
  horizontalPodAutoscaler,
  ingress,
  ingressClass,
  networkPolicy,
  podDisruptionBudget,
} from "./networking.ts";
import { csiDriver, persistentVolume, persistentVolumeClaim, storageClass } from "./persistentVolumeClaim.ts";
import { pod, podTemplate } from "./pod.ts";
import { clusterRole, clusterRoleBinding, namespacedRole, namespacedRoleBinding } from "./rbac.ts";
import { replicaSet, replicationController } from "./replicaSet.ts";
import { service } from "./service.ts";
import { statefulSet } from "./statefulSet.ts";

const webhookConfiguration = strategy({ namespaced: false, hasGeneration: true });

/** Kinds with rules of their own, as `KIND` (core) or `KIND.GROUP`; the same for all versions. */
const strategies: Readonly<Record<string, KindStrategy>> = {
  Binding: binding,
  ConfigMap: configMap,
  Endpoints: endpoints,
  Event: event,
  LimitRange: limitRange,
  Namespace: namespace,
  Node: node,
  PersistentVolume: persistentVolume,
  PersistentVolumeClaim: persistentVolumeClaim,
  Pod: pod,
  PodTemplate: podTemplate,
  ReplicationController: replicationController,
  ResourceQuota: resourceQuota,
  Secret: secret,
  Service: service,
  ServiceAccount: serviceAccount,
  "ClusterRole.rbac.authorization.k8s.io": clusterRole,
  "ClusterRoleBinding.rbac.authorization.k8s.io": clusterRoleBinding,
  "CSIDriver.storage.k8s.io": csiDriver,
  "CronJob.batch": cronJob,
  "CustomResourceDefinition.apiextensions.k8s.io": customResourceDefinition,
  "DaemonSet.apps": daemonSet,
  "Deployment.apps": deployment,
  "EndpointSlice.discovery.k8s.io": endpointSlice,
  "Event.events.k8s.io": event,
  "HorizontalPodAutoscaler.autoscaling": horizontalPodAutoscaler,
  "Ingress.networking.k8s.io": ingress,
  "IngressClass.networking.k8s.io": ingressClass,
  "Job.batch": job,
  "Lease.coordination.k8s.io": lease,
  "MutatingWebhookConfiguration.admissionregistration.k8s.io": webhookConfiguration,
  "NetworkPolicy.networking.k8s.io": networkPolicy,
  "PodDisruptionBudget.policy": podDisruptionBudget,
  "PriorityClass.scheduling.k8s.io": priorityClass,
  "ReplicaSet.apps": replicaSet,
  "Role.rbac.authorization.k8s.io": namespacedRole,
  "RoleBinding.rbac.authorization.k8s.io": namespacedRoleBinding,
  "StatefulSet.apps": statefulSet,
  "StorageClass.storage.k8s.io": storageClass,
  "ValidatingWebhookConfiguration.admissionregistration.k8s.io": webhookConfiguration,
};

/** The strategy of a built-in kind. One that isn't listed follows the conventions. */
export function strategyOf(kind: { group: string; kind: string; namespaced: boolean }): KindStrategy {
  const key = kind.group === "" ? kind.kind : `${kind.kind}.${kind.group}`;
  return (
    (Object.hasOwn(strategies, key) ? strategies[key] : undefined) ??
    (kind.namespaced ? plainStrategy : plainClusterStrategy)
  );
}
