import { apiVersionOf } from "../../kube/KindInfo.ts";
import type { KubeObject } from "../../contract/index.ts";
import { timeOf } from "../Clock.ts";
import { updateManagedFields } from "./apply/index.ts";
import { uidOf } from "./names.ts";
import type { ServerContext } from "./ServerContext.ts";
import { keyOf } from "./store/Store.ts";

const where = { name: "kubernetes", namespace: "default" };
const clusterIP = "10.96.0.1";

/** The Service by which pods find this server. Its endpoints come once there is a port: `publishServer`. */
export function makeKubernetesService(context: ServerContext): void {
  if (context.store.get("services", keyOf(where.namespace, where.name)) !== undefined) return;
  put(context, "", "services", {
    apiVersion: "v1",
    kind: "Service",
    metadata: { ...where, labels: { component: "apiserver", provider: "kubernetes" } },
    spec: {
      type: "ClusterIP",
      clusterIP,
      clusterIPs: [clusterIP],
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "SingleStack",
      internalTrafficPolicy: "Cluster",
      sessionAffinity: "None",
      ports: [{ name: "https", port: 443, protocol: "TCP", targetPort: 6443 }],
    },
    status: { loadBalancer: {} },
  });
}

/** Says where this server listens, in both kinds; what stood there from an earlier run is replaced. */
export function publishServer(context: ServerContext, port: number): void {
  const address = "127.0.0.1";
  const ports = [{ name: "https", port, protocol: "TCP" }];
  put(context, "", "endpoints", {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: { ...where, labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } },
    subsets: [{ addresses: [{ ip: address }], ports }],
  });
  put(context, "discovery.k8s.io", "endpointslices", {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { ...where, generation: 1, labels: { "kubernetes.io/service-name": "kubernetes" } },
    addressType: "IPv4",
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports,
  });
}

/** By the store itself: validation refuses loopback addresses, as it has to of anybody else. */
function put(context: ServerContext, group: string, plural: string, object: KubeObject): void {
  const { store, kinds, clock, random } = context;
  const kind = kinds.find(group, "v1", plural);
  if (kind === undefined) return;
  const key = keyOf(where.namespace, where.name);
  const now = timeOf(clock.now());
  const live = store.get(kind.collection, key)?.object;
  const { uid = uidOf(random), creationTimestamp = now } = live?.metadata ?? {};
  const next = { ...object, metadata: { ...object.metadata, uid, creationTimestamp } };
  updateManagedFields({
    live: undefined,
    next,
    schema: kind.schema,
    manager: "kube-apiserver",
    apiVersion: apiVersionOf(kind),
    now,
  });
  store.put(kind.collection, key, next);
}
