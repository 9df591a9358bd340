import { apply, get, type ParityCase } from "../ParityCase.ts";
import {
  at,
  claim,
  container,
  deployment,
  deploymentOf,
  ingress,
  pod,
  podSpec,
  secret,
  service,
  statefulSet,
} from "./objects.ts";

interface Row {
  /** Of the list, as the table of merge keys has it. */
  readonly list: string;
  readonly path: string;
  /** The object with these items in the list. */
  readonly make: (items: readonly unknown[]) => unknown;
  /** Two items under different keys. */
  readonly first: unknown;
  readonly second: unknown;
  /** An item under the key of the first, otherwise different. */
  readonly other: unknown;
}

const inPod = (field: string) => ({
  path: at("deployments", "a"),
  make: (items: readonly unknown[]) => deploymentOf("a", { [field]: items }),
});
const inContainer = (field: string, more: Record<string, unknown> = {}) => ({
  path: at("deployments", "a"),
  make: (items: readonly unknown[]) =>
    deploymentOf("a", {
      containers: [container({ [field]: items })],
      volumes: [
        { name: "v", emptyDir: {} },
        { name: "w", emptyDir: {} },
      ],
      ...more,
    }),
});
const role = (kind: string) => (field: string) => ({
  path: at(kind === "Role" ? "roles" : "rolebindings", "a"),
  make: (items: readonly unknown[]) => ({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind,
    metadata: { name: "a" },
    [field]: items,
    ...(kind === "Role"
      ? {}
      : { roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "a" } }),
  }),
});
const policy = (field: string) => ({
  path: at("networkpolicies", "a"),
  make: (items: readonly unknown[]) => ({
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: "a" },
    spec: { podSelector: {}, [field]: items },
  }),
});

const rows: readonly Row[] = [
  {
    list: "containers",
    ...inPod("containers"),
    first: container(),
    second: container({ name: "b" }),
    other: container({ image: "b:2" }),
  },
  {
    list: "initContainers",
    path: at("deployments", "a"),
    make: (items) => deploymentOf("a", { initContainers: items }),
    first: container({ name: "i" }),
    second: container({ name: "j" }),
    other: container({ name: "i", image: "b:2" }),
  },
  {
    list: "env",
    ...inContainer("env"),
    first: { name: "A", value: "1" },
    second: { name: "B", value: "1" },
    other: { name: "A", value: "2" },
  },
  {
    list: "volumes",
    ...inPod("volumes"),
    first: { name: "v", emptyDir: {} },
    second: { name: "w", emptyDir: {} },
    other: { name: "v", configMap: { name: "c" } },
  },
  {
    list: "a pod's imagePullSecrets",
    ...inPod("imagePullSecrets"),
    first: { name: "a" },
    second: { name: "b" },
    other: { name: "a" },
  },
  {
    list: "container ports",
    ...inContainer("ports"),
    first: { containerPort: 80, protocol: "TCP" },
    second: { containerPort: 80, protocol: "UDP" },
    other: { containerPort: 80, protocol: "TCP", name: "web" },
  },
  {
    list: "container ports without a protocol",
    ...inContainer("ports"),
    first: { containerPort: 80 },
    second: { containerPort: 81 },
    other: { containerPort: 80, name: "web" },
  },
  {
    list: "volumeMounts",
    ...inContainer("volumeMounts"),
    first: { name: "v", mountPath: "/v" },
    second: { name: "w", mountPath: "/w" },
    other: { name: "w", mountPath: "/v" },
  },
  {
    list: "hostAliases",
    ...inPod("hostAliases"),
    first: { ip: "10.1.1.1", hostnames: ["a"] },
    second: { ip: "10.1.1.2", hostnames: ["b"] },
    other: { ip: "10.1.1.1", hostnames: ["c"] },
  },
  {
    list: "topologySpreadConstraints",
    ...inPod("topologySpreadConstraints"),
    first: { topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule", maxSkew: 1 },
    second: { topologyKey: "zone", whenUnsatisfiable: "ScheduleAnyway", maxSkew: 1 },
    other: { topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule", maxSkew: 2 },
  },
  {
    list: "Service ports",
    path: at("services", "a"),
    make: (items) => service("a", { ports: items }),
    first: { port: 80, protocol: "TCP", name: "a" },
    second: { port: 80, protocol: "UDP", name: "b" },
    other: { port: 80, protocol: "TCP", name: "c" },
  },
  {
    list: "envFrom (atomic)",
    ...inContainer("envFrom"),
    first: { secretRef: { name: "a" } },
    second: { secretRef: { name: "b" } },
    other: { secretRef: { name: "a", optional: true } },
  },
  {
    list: "tolerations (atomic)",
    ...inPod("tolerations"),
    first: { key: "a", operator: "Exists" },
    second: { key: "b", operator: "Exists" },
    other: { key: "a", operator: "Exists", effect: "NoSchedule" },
  },
  { list: "args (atomic)", ...inContainer("args"), first: "a", second: "b", other: "c" },
  {
    list: "Ingress rules (atomic)",
    path: at("ingresses", "a"),
    make: (items) => ingress("a", { rules: items }),
    first: { host: "a.example.org" },
    second: { host: "b.example.org" },
    other: {
      host: "a.example.org",
      http: {
        paths: [{ path: "/", pathType: "Exact", backend: { service: { name: "a", port: { name: "web" } } } }],
      },
    },
  },
  {
    list: "Ingress tls (atomic)",
    path: at("ingresses", "a"),
    make: (items) => ingress("a", { tls: items }),
    first: { hosts: ["a.example.org"], secretName: "a" },
    second: { hosts: ["b.example.org"] },
    other: { hosts: ["a.example.org"], secretName: "c" },
  },
  {
    list: "NetworkPolicy ingress (atomic)",
    ...policy("ingress"),
    first: { from: [{ podSelector: {} }] },
    second: { ports: [{ port: 80 }] },
    other: {},
  },
  {
    list: "RBAC rules (atomic)",
    ...role("Role")("rules"),
    first: { apiGroups: [""], resources: ["pods"], verbs: ["get"] },
    second: { apiGroups: [""], resources: ["services"], verbs: ["get"] },
    other: { apiGroups: [""], resources: ["pods"], verbs: ["list"] },
  },
  {
    list: "RBAC subjects (atomic)",
    ...role("RoleBinding")("subjects"),
    first: { kind: "User", name: "a", apiGroup: "rbac.authorization.k8s.io" },
    second: { kind: "User", name: "b", apiGroup: "rbac.authorization.k8s.io" },
    other: { kind: "Group", name: "a", apiGroup: "rbac.authorization.k8s.io" },
  },
  {
    list: "a ServiceAccount's imagePullSecrets (atomic)",
    path: at("serviceaccounts", "a"),
    make: (items) => ({
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "a" },
      imagePullSecrets: items,
    }),
    first: { name: "a" },
    second: { name: "b" },
    other: { name: "c" },
  },
  {
    list: "volumeClaimTemplates (atomic)",
    path: at("statefulsets", "a"),
    make: (items) => statefulSet("a", { volumeClaimTemplates: items }),
    first: claim("v"),
    second: claim("w"),
    other: claim("v", { accessModes: ["ReadOnlyMany"] }),
  },
  {
    list: "HPA metrics (atomic)",
    path: at("horizontalpodautoscalers", "a"),
    make: (items) => ({
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata: { name: "a" },
      spec: {
        maxReplicas: 3,
        scaleTargetRef: { kind: "Deployment", name: "a", apiVersion: "apps/v1" },
        metrics: items,
      },
    }),
    first: {
      type: "Resource",
      resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } },
    },
    second: {
      type: "Resource",
      resource: { name: "memory", target: { type: "Utilization", averageUtilization: 50 } },
    },
    other: {
      type: "Resource",
      resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 60 } },
    },
  },
  {
    list: "accessModes (atomic)",
    path: at("persistentvolumeclaims", "a"),
    make: (items) => claim("a", { accessModes: items }),
    first: "ReadWriteOnce",
    second: "ReadOnlyMany",
    other: "ReadWriteMany",
  },
  {
    // Of a kind that nobody serves, so that no garbage collector knows better.
    list: "ownerReferences",
    path: at("secrets", "a"),
    make: (items) => ({ ...secret("a"), metadata: { name: "a", ownerReferences: items } }),
    first: {
      apiVersion: "none.example.org/v1",
      kind: "None",
      name: "a",
      uid: "11111111-2222-3333-4444-555555555555",
    },
    second: {
      apiVersion: "none.example.org/v1",
      kind: "None",
      name: "b",
      uid: "11111111-2222-3333-4444-555555555556",
    },
    other: {
      apiVersion: "none.example.org/v1",
      kind: "None",
      name: "c",
      uid: "11111111-2222-3333-4444-555555555555",
    },
  },
  {
    list: "finalizers (set)",
    path: at("secrets", "a"),
    make: (items) => ({ ...secret("a"), metadata: { name: "a", finalizers: items } }),
    first: "example.org/a",
    second: "example.org/b",
    other: "example.org/c",
  },
];

interface MapRow {
  readonly map: string;
  readonly path: string;
  readonly make: (value: unknown) => unknown;
  readonly first: unknown;
  readonly second: unknown;
}

const maps: readonly MapRow[] = [
  {
    map: "LabelSelector (atomic)",
    path: at("poddisruptionbudgets", "a"),
    make: (value) => ({
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "a" },
      spec: { minAvailable: 1, selector: value },
    }),
    first: { matchLabels: { a: "1" } },
    second: { matchLabels: { b: "1" } },
  },
  {
    map: "nodeSelector (atomic)",
    path: at("deployments", "a"),
    make: (value) => deploymentOf("a", { nodeSelector: value }),
    first: { a: "1" },
    second: { b: "1" },
  },
  {
    map: "Service.selector (atomic)",
    path: at("services", "a"),
    make: (value) => service("a", { selector: value }),
    first: { a: "1" },
    second: { b: "1" },
  },
  {
    map: "secretKeyRef (atomic)",
    path: at("deployments", "a"),
    make: (value) =>
      deploymentOf("a", {
        containers: [container({ env: [{ name: "A", valueFrom: { secretKeyRef: value } }] })],
      }),
    first: { name: "a", key: "k" },
    second: { name: "a", key: "k", optional: true },
  },
  {
    map: "limits (granular)",
    path: at("deployments", "a"),
    make: (value) => deploymentOf("a", { containers: [container({ resources: { limits: value } })] }),
    first: { cpu: "1" },
    second: { memory: "1Gi" },
  },
  {
    map: "annotations (granular)",
    path: at("deployments", "a"),
    make: (value) => deployment("a", {}, { annotations: value }),
    first: { a: "1" },
    second: { b: "1" },
  },
  {
    map: "template labels (granular)",
    path: at("deployments", "a"),
    make: (value) => deployment("a", { template: { metadata: { labels: value }, spec: podSpec() } }),
    first: { app: "a", a: "1" },
    second: { app: "a", b: "1" },
  },
];

/** Server-side apply by two managers to every list and map of the table of merge keys. */
export const listKeyCases: readonly ParityCase[] = [
  ...rows.map(({ list, path, make, first, second, other }): ParityCase => ({
    title: `two managers and ${list}`,
    steps: [
      apply("one", path, make([first])),
      apply("two", path, make([second])),
      apply("two", path, make([other])),
      apply("one", path, make([second, first])),
      apply("one", path, make([])),
      get(path),
    ],
  })),
  ...maps.map(({ map, path, make, first, second }): ParityCase => ({
    title: `two managers and ${map}`,
    steps: [
      apply("one", path, make(first)),
      apply("two", path, make(second)),
      apply("one", path, make(second)),
      get(path),
    ],
  })),
  {
    title: "two managers and the ports of a bare pod",
    steps: [
      apply(
        "one",
        at("pods", "a"),
        pod("a", { containers: [container({ ports: [{ containerPort: 80 }] })] }),
      ),
      apply("two", at("pods", "a"), {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "a", labels: { x: "1" } },
      }),
    ],
  },
];
