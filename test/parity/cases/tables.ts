import { get, patchMerge, post, type ParityCase, type Step } from "../ParityCase.ts";
import {
  at,
  claim,
  configMap,
  container,
  cronJob,
  daemonSet,
  deployment,
  ingress,
  job,
  pod,
  replicaSet,
  secret,
  service,
  statefulSet,
} from "./objects.ts";

const table = {
  accept:
    "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json",
};
const partial = { accept: "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io" };
const partialList = { accept: "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io" };

const withStatus = (plural: string, object: unknown, status: unknown): Step[] => [
  post(at(plural), object),
  patchMerge(at(plural, "a", "status"), { status }),
];
const running = (more: object = {}): object => ({
  name: "main",
  image: "a",
  imageID: "",
  ready: true,
  restartCount: 0,
  state: { running: {} },
  ...more,
});
const waiting = (reason: string): object => running({ ready: false, state: { waiting: { reason } } });

/** What kubectl get shows: [what, plural, how it gets there]. */
const rows: readonly (readonly [string, string, readonly Step[]])[] = [
  ["a Pod that is pending", "pods", [post(at("pods"), pod("a"))]],
  [
    "a Pod that runs",
    "pods",
    withStatus("pods", pod("a", { nodeName: "n1" }), {
      phase: "Running",
      podIP: "10.1.1.1",
      podIPs: [{ ip: "10.1.1.1" }],
      containerStatuses: [running()],
      conditions: [{ type: "Ready", status: "True" }],
    }),
  ],
  [
    "a Pod that crashes",
    "pods",
    withStatus("pods", pod("a", { nodeName: "n1" }), {
      phase: "Running",
      containerStatuses: [
        running({
          ready: false,
          restartCount: 3,
          state: { waiting: { reason: "CrashLoopBackOff" } },
          lastState: { terminated: { exitCode: 1, finishedAt: "2026-01-01T00:00:00Z" } },
        }),
      ],
    }),
  ],
  [
    "a Pod whose image is missing",
    "pods",
    withStatus("pods", pod("a"), { phase: "Pending", containerStatuses: [waiting("ErrImagePull")] }),
  ],
  [
    "a Pod that is done",
    "pods",
    withStatus("pods", pod("a"), {
      phase: "Succeeded",
      containerStatuses: [
        running({ ready: false, state: { terminated: { exitCode: 0, reason: "Completed" } } }),
      ],
    }),
  ],
  [
    "a Pod that failed",
    "pods",
    withStatus("pods", pod("a"), {
      phase: "Failed",
      containerStatuses: [running({ ready: false, state: { terminated: { exitCode: 3 } } })],
    }),
  ],
  [
    "a Pod killed by a signal",
    "pods",
    withStatus("pods", pod("a"), {
      phase: "Failed",
      containerStatuses: [running({ ready: false, state: { terminated: { exitCode: 137, signal: 9 } } })],
    }),
  ],
  [
    "a Pod that initialises",
    "pods",
    withStatus("pods", pod("a", { initContainers: [container({ name: "i" }), container({ name: "j" })] }), {
      phase: "Pending",
      initContainerStatuses: [
        running({ name: "i", ready: true, state: { terminated: { exitCode: 0 } } }),
        running({ name: "j", ready: false, state: { running: {} } }),
      ],
    }),
  ],
  [
    "a Pod whose initialising failed",
    "pods",
    withStatus("pods", pod("a", { initContainers: [container({ name: "i" })] }), {
      phase: "Pending",
      initContainerStatuses: [running({ name: "i", ready: false, state: { terminated: { exitCode: 2 } } })],
    }),
  ],
  ["a Pod that was evicted", "pods", withStatus("pods", pod("a"), { phase: "Failed", reason: "Evicted" })],
  [
    "a Deployment",
    "deployments",
    withStatus("deployments", deployment("a", { replicas: 3 }), {
      replicas: 3,
      readyReplicas: 2,
      updatedReplicas: 3,
      availableReplicas: 1,
    }),
  ],
  ["a ReplicaSet", "replicasets", [post(at("replicasets"), replicaSet("a"))]],
  ["a StatefulSet", "statefulsets", [post(at("statefulsets"), statefulSet("a"))]],
  ["a DaemonSet", "daemonsets", [post(at("daemonsets"), daemonSet("a"))]],
  ["a Job", "jobs", [post(at("jobs"), job("a", { completions: 3 }))]],
  ["a Job without completions", "jobs", [post(at("jobs"), job("a", { parallelism: 2 }))]],
  ["a CronJob", "cronjobs", [post(at("cronjobs"), cronJob("a", { suspend: true }))]],
  [
    "a Service",
    "services",
    [
      post(
        at("services"),
        service("a", {
          clusterIP: "None",
          ports: [
            { port: 80, name: "a" },
            { port: 53, name: "b", protocol: "UDP" },
          ],
        }),
      ),
    ],
  ],
  [
    "an external Service",
    "services",
    [
      post(
        at("services"),
        service("a", { type: "ExternalName", externalName: "x.example.org", ports: undefined }),
      ),
    ],
  ],
  [
    "a LoadBalancer that waits",
    "services",
    [post(at("services"), service("a", { type: "LoadBalancer", allocateLoadBalancerNodePorts: false }))],
  ],
  [
    "an Ingress",
    "ingresses",
    withStatus("ingresses", ingress("a", { ingressClassName: "x", tls: [{ hosts: ["a"] }] }), {
      loadBalancer: { ingress: [{ ip: "10.1.1.1" }, { hostname: "b" }] },
    }),
  ],
  [
    "a claim",
    "persistentvolumeclaims",
    withStatus("persistentvolumeclaims", claim("a", { storageClassName: "fast", volumeName: "v" }), {
      phase: "Bound",
      capacity: { storage: "2Gi" },
      accessModes: ["ReadWriteOnce"],
    }),
  ],
  ["a ConfigMap", "configmaps", [post(at("configmaps"), configMap("a", { x: "1", y: "1" }))]],
  ["a Secret", "secrets", [post(at("secrets"), secret("a", { data: { k: "dg==" } }))]],
  [
    "a ServiceAccount",
    "serviceaccounts",
    [post(at("serviceaccounts"), { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "a" } })],
  ],
  [
    "an Event",
    "events",
    [
      post(at("events"), {
        apiVersion: "v1",
        kind: "Event",
        metadata: { name: "a" },
        involvedObject: { kind: "Pod", name: "a", namespace: "{ns}" },
        reason: "Pulled",
        message: "m ",
        type: "Normal",
        count: 2,
        firstTimestamp: "2026-01-01T00:00:00Z",
        lastTimestamp: "2026-01-02T00:00:00Z",
        source: { component: "c", host: "h" },
      }),
    ],
  ],
  [
    "a Lease",
    "leases",
    [
      post(at("leases"), {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name: "a" },
        spec: { holderIdentity: "x" },
      }),
    ],
  ],
  [
    "an autoscaler",
    "horizontalpodautoscalers",
    [
      post(at("horizontalpodautoscalers"), {
        apiVersion: "autoscaling/v2",
        kind: "HorizontalPodAutoscaler",
        metadata: { name: "a" },
        spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "a" } },
      }),
    ],
  ],
  [
    "a disruption budget",
    "poddisruptionbudgets",
    [
      post(at("poddisruptionbudgets"), {
        apiVersion: "policy/v1",
        kind: "PodDisruptionBudget",
        metadata: { name: "a" },
        spec: { minAvailable: "50%", selector: {} },
      }),
    ],
  ],
  [
    "a NetworkPolicy",
    "networkpolicies",
    [
      post(at("networkpolicies"), {
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: { name: "a" },
        spec: { podSelector: { matchLabels: { app: "a" } } },
      }),
    ],
  ],
  [
    "a Role",
    "roles",
    [
      post(at("roles"), {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "Role",
        metadata: { name: "a" },
        rules: [],
      }),
    ],
  ],
  [
    "a RoleBinding",
    "rolebindings",
    [
      post(at("rolebindings"), {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "RoleBinding",
        metadata: { name: "a" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "r" },
        subjects: [{ kind: "User", name: "u", apiGroup: "rbac.authorization.k8s.io" }],
      }),
    ],
  ],
  [
    "a ResourceQuota",
    "resourcequotas",
    [
      post(at("resourcequotas"), {
        apiVersion: "v1",
        kind: "ResourceQuota",
        metadata: { name: "a" },
        spec: { hard: { pods: "3" } },
      }),
    ],
  ],
  [
    "a LimitRange",
    "limitranges",
    [
      post(at("limitranges"), {
        apiVersion: "v1",
        kind: "LimitRange",
        metadata: { name: "a" },
        spec: { limits: [] },
      }),
    ],
  ],
  [
    "Endpoints",
    "endpoints",
    [
      post(at("endpoints"), {
        apiVersion: "v1",
        kind: "Endpoints",
        metadata: { name: "a" },
        subsets: [{ addresses: [{ ip: "10.1.1.1" }, { ip: "10.1.1.2" }], ports: [{ port: 80 }] }],
      }),
    ],
  ],
  [
    "an EndpointSlice",
    "endpointslices",
    [
      post(at("endpointslices"), {
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        metadata: { name: "a" },
        addressType: "IPv4",
        endpoints: [{ addresses: ["10.1.1.1"] }],
        ports: [{ port: 80 }],
      }),
    ],
  ],
  [
    "a ControllerRevision",
    "controllerrevisions",
    [
      post(at("controllerrevisions"), {
        apiVersion: "apps/v1",
        kind: "ControllerRevision",
        metadata: { name: "a" },
        data: {},
        revision: 1,
      }),
    ],
  ],
];

/** Lists without what is not the case's: of these, every namespace has some of its own. */
const own = (plural: string): Record<string, string> =>
  plural === "serviceaccounts" ? { fieldSelector: "metadata.name=a" } : {};

/** Tables, and objects cut down to their metadata. */
export const tableCases: readonly ParityCase[] = [
  ...rows.map(([what, plural, steps]): ParityCase => ({
    title: `the table of ${what}`,
    steps: [...steps.map((step) => ({ ...step, view: () => "made" })), get(at(plural), own(plural), table)],
  })),
  {
    title: "the table of one object, without and with objects",
    steps: [
      post(at("configmaps"), configMap("a")),
      get(at("configmaps", "a"), {}, table),
      get(at("configmaps"), { includeObject: "None" }, table),
      get(at("configmaps"), { includeObject: "Object" }, table),
      get(at("configmaps"), { includeObject: "Nonsense" }, table),
    ],
  },
  {
    title: "the table of nothing",
    steps: [get(at("deployments"), {}, table), get(at("deployments", "a"), {}, table)],
  },
  {
    title: "the table of namespaces and volumes",
    steps: [
      get("/api/v1/namespaces", { fieldSelector: "metadata.name={ns}" }, table),
      post("/api/v1/persistentvolumes", {
        apiVersion: "v1",
        kind: "PersistentVolume",
        metadata: { name: "{ns}", labels: { ns: "{ns}" } },
        spec: {
          capacity: { storage: "1Gi" },
          accessModes: ["ReadWriteOnce", "ReadOnlyMany"],
          hostPath: { path: "/x" },
        },
      }),
      get("/api/v1/persistentvolumes", { labelSelector: "ns={ns}" }, table),
    ],
  },
  {
    title: "metadata only",
    steps: [
      post(at("configmaps"), configMap("a", { x: "1" })),
      get(at("configmaps", "a"), {}, partial),
      get(at("configmaps"), {}, partialList),
      get(at("configmaps"), {}, partial),
      get(at("configmaps", "a"), {}, partialList),
      {
        ...patchMerge(at("configmaps", "a"), { data: { x: "2" } }),
        headers: { "content-type": "application/merge-patch+json", ...partial },
      },
    ],
  },
  {
    title: "forms that nobody has",
    steps: [
      post(at("configmaps"), configMap("a")),
      get(at("configmaps"), {}, { accept: "text/html" }),
      get(at("configmaps"), {}, { accept: "application/json;as=Nonsense;v=v1;g=meta.k8s.io" }),
      get(
        at("configmaps"),
        {},
        { accept: "application/json;as=Nonsense;v=v1;g=meta.k8s.io,application/json" },
      ),
      get(at("configmaps"), {}, { accept: "*/*" }),
      get(at("configmaps"), { pretty: true }),
    ],
  },
];
