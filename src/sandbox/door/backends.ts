import { devAnnotations, type KubeObject } from "../../contract/index.ts";
import type { Backend } from "../../routing/index.ts";
import { isReady, type Pod } from "../controllers/objects/Pod.ts";
import { selectsByMap } from "../LabelSelector.ts";

export interface Service extends KubeObject {
  spec: {
    selector?: Record<string, string>;
    ports?: { name?: string; port: number; targetPort?: number | string }[];
  };
}
export interface EndpointSlice extends KubeObject {
  ports?: { name?: string; port?: number }[];
  endpoints?: {
    conditions?: { ready?: boolean };
    targetRef?: { kind?: string; name?: string; namespace?: string };
  }[];
}

/** What the door knows of the cluster. */
export interface Cluster {
  service(namespace: string, name: string): Service | undefined;
  slices(namespace: string, service: string): EndpointSlice[];
  pod(namespace: string, name: string): Pod | undefined;
  pods(namespace: string): Pod[];
}

/** Loopback ports of the ready pods behind a backend. */
export function portsOf(backend: Backend, cluster: Cluster): number[] {
  const service = cluster.service(backend.namespace, backend.service);
  const port = service && servicePortOf(service, backend.port);
  if (port === undefined) return [];
  const found = new Set<number>();
  for (const slice of cluster.slices(backend.namespace, backend.service)) {
    const target = slice.ports?.find((entry) => (entry.name ?? "") === (port.name ?? ""))?.port;
    if (target === undefined) continue;
    for (const endpoint of slice.endpoints ?? []) {
      if (endpoint.conditions?.ready === false || endpoint.targetRef?.kind !== "Pod") continue;
      const pod = cluster.pod(backend.namespace, endpoint.targetRef.name ?? "");
      const loopback = pod && loopbackPortOf(pod, target);
      if (loopback !== undefined && !pod?.metadata.deletionTimestamp) found.add(loopback);
    }
  }
  return [...found];
}

function servicePortOf(service: Service, wanted: Backend["port"]): { name?: string } | undefined {
  const ports = service.spec.ports ?? [];
  if (wanted === "only") return ports[0];
  if ("number" in wanted) return ports.find((port) => port.port === wanted.number);
  if ("name" in wanted) return ports.find((port) => port.name === wanted.name);
  return ports.find(
    (port) => (port.targetPort ?? port.port) === wanted.target || port.name === wanted.target,
  );
}

function loopbackPortOf(pod: Pod, containerPort: number): number | undefined {
  const text = pod.metadata.annotations?.[devAnnotations.ports];
  if (text === undefined) return undefined;
  try {
    const port: unknown = (JSON.parse(text) as Record<string, unknown>)[String(containerPort)];
    return typeof port === "number" && port > 0 && port < 65_536 ? port : undefined;
  } catch {
    return undefined;
  }
}

/** Why nobody answers. */
export type Absence =
  | { readonly state: "starting"; readonly waitsFor: readonly string[]; readonly pods: number }
  | { readonly state: "crashed"; readonly pod: Pod; readonly container: string; readonly message: string };

const failing = new Set([
  "CannotRunHere",
  "CrashLoopBackOff",
  "RunContainerError",
  "CreateContainerError",
  "CreateContainerConfigError",
  "ImagePullBackOff",
  "ErrImagePull",
  "ErrImageNeverPull",
  "InvalidImageName",
]);

/** What the pods behind a backend say about not being ready. */
export function absenceOf(backend: Backend, cluster: Cluster): Absence {
  const service = cluster.service(backend.namespace, backend.service);
  if (service === undefined)
    return { state: "starting", waitsFor: [`the service ${backend.service} to be created`], pods: 0 };
  const { selector } = service.spec;
  const pods = selector
    ? cluster.pods(backend.namespace).filter((pod) => selectsByMap(selector, pod.metadata.labels))
    : [];
  const waitsFor: string[] = [];
  // The newest pod is the one that the last change started.
  for (const pod of pods.toSorted((a, b) =>
    (a.metadata.creationTimestamp ?? "") > (b.metadata.creationTimestamp ?? "") ? -1 : 1,
  )) {
    if (pod.metadata.deletionTimestamp) continue;
    const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
    for (const status of statuses) {
      const waiting = status.state?.waiting;
      const ended = status.state?.terminated ?? (waiting ? status.lastState?.terminated : undefined);
      const crashed = waiting?.reason !== undefined && failing.has(waiting.reason);
      if (crashed || (pod.status?.phase === "Failed" && ended && ended.exitCode !== 0)) {
        const how = ended ? `exit code ${ended.exitCode}` : waiting?.reason;
        const message = waiting?.message ?? ended?.message ?? "";
        return {
          state: "crashed",
          pod,
          container: status.name,
          message: [how, message].filter(Boolean).join(": "),
        };
      }
      if (!status.ready && waiting?.reason)
        waitsFor.push(`${pod.metadata.name}: ${waiting.message ?? waiting.reason}`);
    }
    const scheduled = pod.status?.conditions?.find((entry) => entry.type === "PodScheduled");
    if (scheduled?.status === "False")
      waitsFor.push(`${pod.metadata.name}: ${scheduled.message ?? scheduled.reason}`);
    else if (!isReady(pod) && waitsFor.length === 0) waitsFor.push(`${pod.metadata.name} to become ready`);
  }
  if (waitsFor.length === 0) waitsFor.push(`a ready pod of the service ${backend.service}`);
  return { state: "starting", waitsFor, pods: pods.length };
}
