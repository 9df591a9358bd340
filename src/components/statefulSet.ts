import type { KubeObject } from "../contract/index.ts";
import type { PlacedComponent, RenderContext } from "../platform/ComponentKind.ts";
import { versionLabel, type RenderedPod } from "./pod/renderPod.ts";

/** A server with one replica and storage: it never runs twice at the same time. */
export function statefulSet(
  component: PlacedComponent,
  context: RenderContext,
  pod: RenderedPod,
): KubeObject {
  const metadata = context.metadata(component);
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { ...metadata, labels: { ...metadata.labels, ...versionLabel(pod.image) } },
    spec: {
      serviceName: metadata.name,
      replicas: 1,
      selector: { matchLabels: context.selector(component) },
      updateStrategy: { type: "RollingUpdate" },
      template: pod.template,
    },
  };
}

// "-" and ten characters of the revision's hash, in a label of the pods.
export const statefulSetNameLimit = 52;
