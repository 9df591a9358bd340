import { quantityValue } from "../../contract/index.ts";
import type { Container, FieldRef, Pod, ResourceFieldRef } from "./Pod.ts";

/** What a container without limits is told it may use. */
export interface NodeCapacity {
  /** Cores. */
  readonly cpu: number;
  /** Bytes. */
  readonly memory: number;
}

/** What the downward API may say of a pod that its object does not say yet. */
export interface PodFacts {
  readonly podIP: string;
  readonly hostIP: string;
  readonly nodeName: string;
}

const mapText = (map: Record<string, string> | undefined): string =>
  Object.keys(map ?? {})
    .toSorted()
    .map((key) => `${key}=${JSON.stringify(map?.[key] ?? "")}`)
    .join("\n");

/** The value of a `fieldRef`; undefined when the path is none that Kubernetes knows. */
export function fieldValue(reference: FieldRef, pod: Pod, facts: PodFacts): string | undefined {
  const path = reference.fieldPath;
  const keyed = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (keyed !== null) {
    const map = keyed[1] === "labels" ? pod.metadata.labels : pod.metadata.annotations;
    return map?.[keyed[2] ?? ""] ?? "";
  }
  switch (path) {
    case "metadata.name":
      return pod.metadata.name ?? "";
    case "metadata.namespace":
      return pod.metadata.namespace ?? "";
    case "metadata.uid":
      return pod.metadata.uid ?? "";
    case "metadata.labels":
      return mapText(pod.metadata.labels);
    case "metadata.annotations":
      return mapText(pod.metadata.annotations);
    case "spec.nodeName":
      return facts.nodeName;
    case "spec.serviceAccountName":
      return pod.spec.serviceAccountName ?? "default";
    case "status.podIP":
    case "status.podIPs":
      return facts.podIP;
    case "status.hostIP":
    case "status.hostIPs":
      return facts.hostIP;
    default:
      return undefined;
  }
}

/** The value of a `resourceFieldRef`; a limit that isn't set is the node's capacity, as the kubelet has it. */
export function resourceFieldValue(
  reference: ResourceFieldRef,
  container: Container,
  capacity: NodeCapacity,
): string | undefined {
  const match = /^(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.+)$/.exec(reference.resource);
  if (match === null) return undefined;
  const name = match[2] ?? "";
  const set = container.resources?.[match[1] === "limits" ? "limits" : "requests"]?.[name];
  const fallback =
    match[1] === "requests" ? 0 : name === "cpu" ? capacity.cpu : name === "memory" ? capacity.memory : 0;
  const amount = set === undefined ? fallback : quantityValue(set);
  const divisor = quantityValue(reference.divisor ?? 1) || 1;
  // Kubernetes rounds up, so that half a core is one.
  return String(Math.ceil(Number((amount / divisor).toPrecision(12))));
}
