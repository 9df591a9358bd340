import type { KubeObject, ObjectMeta } from "../contract/index.ts";

export interface PodTemplate {
  metadata?: Partial<ObjectMeta>;
  spec?: PodSpec;
}

export interface PodSpec {
  containers?: Container[];
  initContainers?: Container[];
  volumes?: { name: string; [field: string]: unknown }[];
  imagePullSecrets?: { name: string }[];
  [field: string]: unknown;
}

export interface Container {
  name: string;
  env?: { name: string; value?: string; valueFrom?: unknown }[];
  volumeMounts?: { name: string; mountPath: string; [field: string]: unknown }[];
  [field: string]: unknown;
}

/** The pod (template) in an object of a built-in workload kind; undefined for all others. */
export function podTemplateOf(object: KubeObject): PodTemplate | undefined {
  const spec = object.spec as
    | { template?: PodTemplate; jobTemplate?: { spec?: { template?: PodTemplate } } }
    | undefined;
  switch (object.kind) {
    case "Pod":
      return object;
    case "Deployment":
    case "StatefulSet":
    case "DaemonSet":
    case "ReplicaSet":
    case "Job":
      return spec?.template;
    case "CronJob":
      return spec?.jobTemplate?.spec?.template;
    default:
      return undefined;
  }
}
