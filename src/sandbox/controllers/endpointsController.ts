import type { KubeObject } from "../../contract/index.ts";
import { controllerReference, keyOf } from "./objects/controllerRef.ts";
import { isEqual } from "./objects/hash.ts";
import { selectsByMap } from "../LabelSelector.ts";
import { isFinished, isReady, isTerminating, type Pod } from "./objects/Pod.ts";
import type { Controller } from "./runtime/Controller.ts";

interface ServicePort {
  name?: string;
  port: number;
  protocol?: string;
  targetPort?: number | string;
  appProtocol?: string;
}
interface Service extends KubeObject {
  spec: {
    selector?: Record<string, string>;
    ports?: ServicePort[];
    type?: string;
    clusterIP?: string;
    publishNotReadyAddresses?: boolean;
  };
}
interface SlicePort {
  name: string;
  port: number;
  protocol: string;
  appProtocol?: string;
}
interface Slice extends KubeObject {
  endpoints?: unknown[];
  ports?: SlicePort[];
}

const serviceLabel = "kubernetes.io/service-name";
const managedBy = "endpointslice.kubernetes.io/managed-by";

/**
 * The addresses of the pods behind each Service, as EndpointSlices: one per different set of ports (pods may give a named target port different numbers).
 * A pod that is being deleted is not ready, and still serving until it says otherwise.
 */
export const endpointsController: Controller = {
  name: "endpointslice-controller",
  watches: [
    { apiVersion: "v1", kind: "Service" },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      keys: (slice) => {
        const service = slice.metadata.labels?.[serviceLabel];
        return service === undefined ? [] : [`${slice.metadata.namespace}/${service}`];
      },
    },
    {
      apiVersion: "v1",
      kind: "Pod",
      keys: (pod, context) =>
        context
          .store<Service>("v1", "Service")
          .list(pod.metadata.namespace)
          .filter(
            (service) => service.spec.selector && selectsByMap(service.spec.selector, pod.metadata.labels),
          )
          .map(keyOf),
    },
  ],
  async reconcile(key, context) {
    const service = context.store<Service>("v1", "Service").get(key);
    if (service === undefined || isTerminating(service)) return;
    const { selector } = service.spec;
    if (!selector || Object.keys(selector).length === 0 || service.spec.type === "ExternalName") return;
    const pods = context
      .store<Pod>("v1", "Pod")
      .list(service.metadata.namespace)
      .filter((pod) => selectsByMap(selector, pod.metadata.labels) && !isFinished(pod) && pod.status?.podIP);
    const wanted = slicesOf(service, pods);
    const mine = context
      .store<Slice>("discovery.k8s.io/v1", "EndpointSlice")
      .list(service.metadata.namespace)
      .filter(
        (slice) =>
          slice.metadata.labels?.[serviceLabel] === service.metadata.name &&
          slice.metadata.labels?.[managedBy] === "endpointslice-controller.k8s.io",
      );
    for (const [index, slice] of wanted.entries()) {
      const present =
        mine.find((one) => isEqual(one.ports ?? [], slice.ports)) ?? (index === 0 ? mine[0] : undefined);
      // As in Kubernetes: says what time the change is of.
      const annotations = { "endpoints.kubernetes.io/last-change-trigger-time": context.now() };
      if (present === undefined)
        await context.write.create({ ...slice, metadata: { ...slice.metadata, annotations } });
      else {
        mine.splice(mine.indexOf(present), 1);
        if (!isEqual([present.endpoints ?? [], present.ports ?? []], [slice.endpoints, slice.ports]))
          await context.write.replace({
            ...present,
            metadata: {
              ...present.metadata,
              annotations: { ...present.metadata.annotations, ...annotations },
            },
            endpoints: slice.endpoints,
            ports: slice.ports,
          });
      }
    }
    for (const slice of mine) await context.write.delete(slice);
  },
};

function slicesOf(service: Service, pods: readonly Pod[]): Slice[] {
  const groups = new Map<string, { ports: SlicePort[]; pods: Pod[] }>();
  for (const pod of pods) {
    const ports = portsFor(service, pod);
    const id = JSON.stringify(ports);
    const group = groups.get(id);
    if (group) group.pods.push(pod);
    else groups.set(id, { ports, pods: [pod] });
  }
  // A Service without pods has one empty slice: what waits for it sees that it is known.
  if (groups.size === 0) groups.set("", { ports: [], pods: [] });
  const headless = service.spec.clusterIP === "None";
  return [...groups.values()].map(({ ports, pods: members }) => ({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      generateName: `${service.metadata.name}-`,
      namespace: service.metadata.namespace,
      labels: {
        ...service.metadata.labels,
        [serviceLabel]: service.metadata.name!,
        [managedBy]: "endpointslice-controller.k8s.io",
        ...(headless ? { "service.kubernetes.io/headless": "" } : {}),
      },
      ownerReferences: [controllerReference(service)],
    },
    addressType: "IPv4",
    endpoints: members
      .toSorted((a, b) => (a.metadata.name! < b.metadata.name! ? -1 : 1))
      .map((pod) => endpointOf(service, pod)),
    ports,
  }));
}

function endpointOf(service: Service, pod: Pod): Record<string, unknown> {
  const serving = isReady(pod);
  const { hostname, subdomain, nodeName } = pod.spec;
  return {
    addresses: [pod.status!.podIP],
    conditions: {
      ready: service.spec.publishNotReadyAddresses === true || (serving && !isTerminating(pod)),
      serving,
      terminating: isTerminating(pod),
    },
    ...(hostname && subdomain === service.metadata.name ? { hostname } : {}),
    ...(nodeName ? { nodeName } : {}),
    targetRef: {
      kind: "Pod",
      namespace: pod.metadata.namespace,
      name: pod.metadata.name,
      uid: pod.metadata.uid,
    },
  };
}

function portsFor(service: Service, pod: Pod): SlicePort[] {
  return (service.spec.ports ?? []).flatMap((port) => {
    const number = targetPortOf(port, pod);
    return number === undefined
      ? []
      : [
          {
            name: port.name ?? "",
            port: number,
            protocol: port.protocol ?? "TCP",
            ...(port.appProtocol ? { appProtocol: port.appProtocol } : {}),
          },
        ];
  });
}

function targetPortOf(port: ServicePort, pod: Pod): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === "number") return target;
  return [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]
    .flatMap((container) => container.ports ?? [])
    .find((entry) => entry.name === target && (entry.protocol ?? "TCP") === (port.protocol ?? "TCP"))
    ?.containerPort;
}
