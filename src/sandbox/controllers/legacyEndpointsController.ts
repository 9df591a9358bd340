import type { KubeObject } from "../../contract/index.ts";
import { isAlreadyExists, isNamespaceTerminating } from "../../kube/KubeError.ts";
import { keyOf } from "./objects/controllerRef.ts";
import { isEqual } from "./objects/hash.ts";
import { isTerminating } from "./objects/Pod.ts";
import type { Controller } from "./runtime/Controller.ts";

interface Slice extends KubeObject {
  endpoints?: {
    addresses: string[];
    conditions?: { ready?: boolean; serving?: boolean; terminating?: boolean };
    hostname?: string;
    nodeName?: string;
    targetRef?: Record<string, unknown>;
  }[];
  ports?: { name?: string; port: number; protocol?: string; appProtocol?: string }[];
}
interface Endpoints extends KubeObject {
  subsets?: unknown[];
}

const serviceLabel = "kubernetes.io/service-name";

/** The same as the EndpointSlices in the older kind, for programs that still read it. */
export const legacyEndpointsController: Controller = {
  name: "endpoints-controller",
  watches: [
    { apiVersion: "v1", kind: "Service" },
    { apiVersion: "v1", kind: "Endpoints" },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      keys: (slice) => {
        const service = slice.metadata.labels?.[serviceLabel];
        return service === undefined ? [] : [`${slice.metadata.namespace}/${service}`];
      },
    },
  ],
  async reconcile(key, context) {
    const service = context
      .store<KubeObject & { spec: { selector?: Record<string, string>; clusterIP?: string } }>(
        "v1",
        "Service",
      )
      .get(key);
    const present = context.store<Endpoints>("v1", "Endpoints").get(key);
    if (service === undefined || isTerminating(service)) {
      // What people made by hand for a service without a selector is theirs.
      if (present?.metadata.annotations?.[made] !== undefined) await context.write.delete(present);
      return;
    }
    if (Object.keys(service.spec.selector ?? {}).length === 0) return;
    const slices = context
      .store<Slice>("discovery.k8s.io/v1", "EndpointSlice")
      .list(service.metadata.namespace)
      .filter((slice) => slice.metadata.labels?.[serviceLabel] === service.metadata.name)
      .toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    const subsets = slices.map(subsetOf).filter((subset) => subset !== undefined);
    if (present === undefined) {
      const headless: Record<string, string> =
        service.spec.clusterIP === "None" ? { "service.kubernetes.io/headless": "" } : {};
      const endpoints: Endpoints = {
        apiVersion: "v1",
        kind: "Endpoints",
        metadata: {
          name: service.metadata.name,
          namespace: service.metadata.namespace,
          labels: {
            ...service.metadata.labels,
            ...headless,
            "endpoints.kubernetes.io/managed-by": "endpoint-controller",
          },
          annotations: { [made]: context.now() },
        },
        ...(subsets.length > 0 ? { subsets } : {}),
      };
      await context.write.create(endpoints).catch((error: unknown) => {
        if (!isAlreadyExists(error) && !isNamespaceTerminating(error)) throw error;
      });
    } else if (!isEqual(present.subsets ?? [], subsets)) await context.write.replace({ ...present, subsets });
  },
};

/** As in Kubernetes: says that a controller made the object, and when. */
const made = "endpoints.kubernetes.io/last-change-trigger-time";

function subsetOf({ endpoints = [], ports = [] }: Slice): Record<string, unknown> | undefined {
  if (endpoints.length === 0) return undefined;
  const address = ({
    addresses,
    hostname,
    nodeName,
    targetRef,
  }: (typeof endpoints)[number]): Record<string, unknown> => ({
    ip: addresses[0],
    ...(hostname === undefined ? {} : { hostname }),
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(targetRef === undefined ? {} : { targetRef }),
  });
  const ready = endpoints.filter((one) => one.conditions?.ready).map(address);
  const others = endpoints
    .filter((one) => !one.conditions?.ready && !one.conditions?.terminating)
    .map(address);
  if (ready.length + others.length === 0) return undefined;
  return {
    ...(ready.length > 0 ? { addresses: ready } : {}),
    ...(others.length > 0 ? { notReadyAddresses: others } : {}),
    ...(ports.length > 0
      ? { ports: ports.map(({ name, ...port }) => ({ ...(name ? { name } : {}), ...port })) }
      : {}),
  };
}
