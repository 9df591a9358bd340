import type { KubeObject } from "../../../contract/index.ts";
import { controllerReference } from "./controllerRef.ts";
import type { Pod, PodTemplate } from "./Pod.ts";

/** A pod made from a template, to be controlled by `owner`. Give `name` or have one generated from the owner's; both are said, as by the real controllers. */
export function podOf(
  template: PodTemplate,
  owner: KubeObject,
  options: { name?: string; generateName?: string; labels?: Record<string, string> } = {},
): Pod {
  const { name, generateName = `${owner.metadata.name}-` } = options;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      generateName,
      ...(name === undefined ? {} : { name }),
      namespace: owner.metadata.namespace,
      labels: { ...template.metadata?.labels, ...options.labels },
      annotations: { ...template.metadata?.annotations },
      finalizers: template.metadata?.finalizers,
      ownerReferences: [controllerReference(owner)],
    },
    spec: structuredClone(template.spec),
  };
}
