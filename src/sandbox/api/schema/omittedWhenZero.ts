import type { SchemaNode as TableNode } from "../../../kube/SchemaNode.ts";

/**
 * Scalars that Kubernetes' Go types leave out when they are empty, zero or false (no pointers, `omitempty`), of all types of k8s.io/api v0.36 that
 * have a field of this name. The OpenAPI documents don't tell them from pointers, which are kept.
 */
const everywhere = new Set(
  `action active apiVersion audience availableReplicas clusterIP code completedIndexes concurrencyPolicy container containerID currentReplicas
  currentRevision description dnsPolicy effect externalID externalName externalTrafficPolicy failed failureThreshold fieldPath
  fullyLabeledReplicas generateName generation globalDefault group healthCheckNodePort host hostIP hostIPC hostNetwork hostPID hostPort image
  imagePullPolicy imageRef initialDelaySeconds ip key loadBalancerIP medium minReadySeconds nodePort nominatedNodeName note numberAvailable
  numberUnavailable operation operator paused periodSeconds persistentVolumeReclaimPolicy phase podCIDR podIP podManagementPolicy
  priorityClassName providerID publishNotReadyAddresses qosClass readyReplicas reportingController resize resource retryAfterSeconds
  schedulerName scheme secretName selfLink serviceAccount serviceAccountName sessionAffinity signal sizeBytes stdin stdinOnce subPath
  subPathExpr subdomain subresource succeeded successThreshold terminationMessagePath terminationMessagePolicy tty unavailableReplicas
  unschedulable updateRevision updatedNumberScheduled updatedReplicas username volumeName whenDeleted whenScaled workingDir`.split(
    /\s+/,
  ),
);

/** Where a field of the same name is a pointer, or always written, in another type. */
const ofTypes: Readonly<Record<string, readonly string[]>> = {
  name: ["ContainerPort", "ServicePort"],
  namespace: ["Subject"],
  observedGeneration: ["DaemonSetStatus", "DeploymentStatus", "ReplicaSetStatus", "StatefulSetStatus"],
  replicas: ["DeploymentStatus"],
  restartPolicy: ["PodSpec"],
  hostname: ["PodSpec"],
  nodeName: ["PodSpec"],
  readOnly: ["VolumeMount"],
  timeoutSeconds: ["Probe"],
  type: ["DeploymentStrategy", "Secret", "ServiceSpec"],
  value: ["EnvVar", "Toleration"],
};

/** Always written, though optional. */
const written: Readonly<Record<string, readonly string[]>> = {
  availableReplicas: ["StatefulSetStatus"],
};

const reasons = new Set(["message", "reason"]);

/** The fields of an object's node that are left out when empty; undefined when there are none. */
export function omittedWhenZero(table: TableNode, typeName: string): ReadonlySet<string> | undefined {
  const out = new Set<string>();
  for (const [name, { type }] of Object.entries(table.properties ?? {})) {
    if (type === "object" || type === "array" || type === "map" || type === "any") continue;
    if (table.required?.includes(name) || written[name]?.includes(typeName)) continue;
    if (
      everywhere.has(name) ||
      // Of conditions and states of containers.
      (reasons.has(name) && typeName !== "Validation") ||
      (ofTypes[name]?.includes(typeName) && !(name === "name" && isPortOfSlice(table)))
    )
      out.add(name);
  }
  return out.size === 0 ? undefined : out;
}

/** Ports are named alike; those of an EndpointSlice are pointers all over. */
const isPortOfSlice = ({ properties = {} }: TableNode): boolean =>
  properties["containerPort"] === undefined && properties["targetPort"] === undefined;
