import { get, patchMerge, post, replaceFrom, type ParityCase } from "../ParityCase.ts";
import {
  at,
  claim,
  configMap,
  container,
  cronJob,
  daemonSet,
  deployment,
  deploymentOf,
  ingress,
  job,
  pod,
  podSpec,
  replicaSet,
  secret,
  service,
  statefulSet,
} from "./objects.ts";

const probe = { httpGet: { path: "/", port: 80 } };
const rich = {
  containers: [
    container({
      image: "a",
      ports: [{ containerPort: 80 }],
      env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
      livenessProbe: probe,
      readinessProbe: { tcpSocket: { port: "web" }, periodSeconds: 3 },
      startupProbe: { exec: { command: ["true"] } },
      lifecycle: { preStop: { httpGet: { port: 80 } } },
      resources: { limits: { cpu: "0.5", memory: "1Gi" }, requests: { cpu: "1000m" } },
      volumeMounts: [{ name: "c", mountPath: "/c" }],
    }),
  ].map((one) => ({ ...one, resources: { limits: { cpu: "0.5", memory: "1Gi" } } })),
  initContainers: [container({ name: "i", image: "b:latest" })],
  volumes: [
    { name: "c", configMap: { name: "c" } },
    { name: "s", secret: { secretName: "s" } },
    { name: "e", emptyDir: {} },
    { name: "h", hostPath: { path: "/x" } },
    { name: "p", persistentVolumeClaim: { claimName: "p" } },
    { name: "d", downwardAPI: { items: [{ path: "l", fieldRef: { fieldPath: "metadata.labels" } }] } },
    {
      name: "j",
      projected: { sources: [{ serviceAccountToken: { path: "t" } }, { configMap: { name: "c" } }] },
    },
    { name: "n" },
  ],
};

/** kind -> objects: created as small as they may be, read back, and written again unchanged. */
const rows: readonly (readonly [string, string, unknown, string?])[] = [
  ["a Pod", "pods", pod("a")],
  ["a Pod with everything", "pods", pod("a", rich)],
  [
    "a Pod with a host's network",
    "pods",
    pod("a", { hostNetwork: true, containers: [container({ ports: [{ containerPort: 80 }] })] }),
  ],
  [
    "a Pod with a sidecar",
    "pods",
    pod("a", { initContainers: [container({ name: "s", restartPolicy: "Always" })] }),
  ],
  [
    "a Pod of an image by digest",
    "pods",
    pod("a", { containers: [container({ image: `a@sha256:${"a".repeat(64)}` })] }),
  ],
  [
    "a Pod of guaranteed quality",
    "pods",
    pod("a", {
      containers: [
        container({
          resources: { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "1", memory: "1Gi" } },
        }),
      ],
    }),
  ],
  [
    "a Pod with a security context",
    "pods",
    pod("a", {
      securityContext: { runAsUser: 0, runAsNonRoot: false, fsGroup: 3 },
      containers: [
        container({ securityContext: { capabilities: { drop: ["ALL"] }, allowPrivilegeEscalation: false } }),
      ],
    }),
  ],
  ["a Deployment", "deployments", deployment("a")],
  ["a Deployment with everything", "deployments", deploymentOf("a", rich)],
  ["a Deployment that recreates", "deployments", deployment("a", { strategy: { type: "Recreate" } })],
  [
    "a Deployment with half a strategy",
    "deployments",
    deployment("a", { strategy: { rollingUpdate: { maxSurge: "50%" } }, minReadySeconds: 3 }),
  ],
  ["a StatefulSet", "statefulsets", statefulSet("a")],
  [
    "a StatefulSet with claims",
    "statefulsets",
    statefulSet("a", {
      volumeClaimTemplates: [claim("v")],
      podManagementPolicy: "Parallel",
      updateStrategy: { rollingUpdate: { partition: 1 } },
    }),
  ],
  ["a DaemonSet", "daemonsets", daemonSet("a")],
  ["a ReplicaSet", "replicasets", replicaSet("a")],
  ["a Job", "jobs", job("a")],
  [
    "a Job with counts",
    "jobs",
    job("a", {
      completions: 3,
      completionMode: "Indexed",
      backoffLimitPerIndex: 1,
      ttlSecondsAfterFinished: 5,
    }),
  ],
  ["a suspended Job", "jobs", job("a", { suspend: true, parallelism: 2 })],
  ["a CronJob", "cronjobs", cronJob("a")],
  [
    "a CronJob with everything",
    "cronjobs",
    cronJob("a", { timeZone: "Europe/Zurich", concurrencyPolicy: "Forbid", startingDeadlineSeconds: 10 }),
  ],
  ["a Service", "services", service("a")],
  ["a headless Service", "services", service("a", { clusterIP: "None" })],
  [
    "a Service with a NodePort",
    "services",
    service("a", {
      type: "NodePort",
      ports: [
        { port: 80, name: "a" },
        { port: 81, name: "b", protocol: "UDP", targetPort: "x" },
      ],
    }),
  ],
  [
    "a Service with a LoadBalancer",
    "services",
    service("a", { type: "LoadBalancer", externalTrafficPolicy: "Local" }),
  ],
  [
    "an external Service",
    "services",
    service("a", {
      type: "ExternalName",
      externalName: "a.example.org",
      ports: undefined,
      selector: undefined,
    }),
  ],
  ["a Service without a selector", "services", service("a", { selector: undefined })],
  ["an Ingress", "ingresses", ingress("a")],
  [
    "an Ingress with a default",
    "ingresses",
    ingress("a", { rules: undefined, defaultBackend: { service: { name: "a", port: { name: "web" } } } }),
  ],
  ["a claim", "persistentvolumeclaims", claim("a")],
  [
    "a claim of a class",
    "persistentvolumeclaims",
    claim("a", { storageClassName: "fast", volumeMode: "Block" }),
  ],
  ["a Secret", "secrets", secret("a", { data: { k: "dg==" } })],
  ["a ConfigMap with binary data", "configmaps", { ...configMap("a"), binaryData: { k: "AAE=" } }],
  [
    "a ServiceAccount",
    "serviceaccounts",
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "a" } },
  ],
  [
    "a Lease",
    "leases",
    {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "a" },
      spec: {
        holderIdentity: "x",
        leaseDurationSeconds: 15,
        renewTime: "2026-01-01T00:00:00.123456Z",
        acquireTime: "2026-01-01T00:00:00.000000Z",
      },
    },
  ],
  [
    "an autoscaler",
    "horizontalpodautoscalers",
    {
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata: { name: "a" },
      spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "a" } },
    },
  ],
  [
    "a disruption budget",
    "poddisruptionbudgets",
    {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "a" },
      spec: { minAvailable: 1, selector: { matchLabels: { app: "a" } } },
    },
  ],
  [
    "a NetworkPolicy",
    "networkpolicies",
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name: "a" },
      spec: { podSelector: {}, ingress: [{ ports: [{ port: 80 }] }] },
    },
  ],
  [
    "a NetworkPolicy of egress",
    "networkpolicies",
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name: "a" },
      spec: { podSelector: {}, egress: [{}] },
    },
  ],
  [
    "a Role",
    "roles",
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata: { name: "a" },
      rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }],
    },
  ],
  [
    "a RoleBinding",
    "rolebindings",
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name: "a" },
      roleRef: { kind: "Role", name: "a" },
      subjects: [
        { kind: "ServiceAccount", name: "a", namespace: "{ns}" },
        { kind: "User", name: "u" },
      ],
    },
  ],
  [
    "a LimitRange",
    "limitranges",
    {
      apiVersion: "v1",
      kind: "LimitRange",
      metadata: { name: "a" },
      spec: { limits: [{ type: "Container", max: { cpu: "1" } }] },
    },
  ],
  [
    "a ResourceQuota",
    "resourcequotas",
    {
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { name: "a" },
      spec: { hard: { pods: "3", cpu: "1500m" } },
    },
  ],
  [
    "an Event",
    "events",
    {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: "a" },
      involvedObject: { kind: "Pod", name: "a", namespace: "{ns}" },
      reason: "Pulled",
      message: "m",
      type: "Normal",
      count: 1,
      firstTimestamp: "2026-01-01T00:00:00Z",
    },
  ],
  [
    "Endpoints",
    "endpoints",
    {
      apiVersion: "v1",
      kind: "Endpoints",
      metadata: { name: "a" },
      subsets: [{ addresses: [{ ip: "10.1.1.1" }], ports: [{ port: 80 }] }],
    },
  ],
  [
    "an EndpointSlice",
    "endpointslices",
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name: "a" },
      addressType: "IPv4",
      endpoints: [{ addresses: ["10.1.1.1"] }],
      ports: [{ port: 80 }],
    },
  ],
  [
    "a ControllerRevision",
    "controllerrevisions",
    {
      apiVersion: "apps/v1",
      kind: "ControllerRevision",
      metadata: { name: "a" },
      data: { x: { y: 1 } },
      revision: 1,
    },
  ],
];

const clusterWide: readonly (readonly [string, string, Record<string, unknown>])[] = [
  ["a Namespace", "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace" }],
  [
    "a PersistentVolume",
    "/api/v1/persistentvolumes",
    {
      apiVersion: "v1",
      kind: "PersistentVolume",
      spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], hostPath: { path: "/x" } },
    },
  ],
  ["a Node", "/api/v1/nodes", { apiVersion: "v1", kind: "Node", spec: { podCIDR: "10.9.0.0/24" } }],
  [
    "a StorageClass",
    "/apis/storage.k8s.io/v1/storageclasses",
    { apiVersion: "storage.k8s.io/v1", kind: "StorageClass", provisioner: "example.org/x" },
  ],
  [
    "a CSIDriver",
    "/apis/storage.k8s.io/v1/csidrivers",
    { apiVersion: "storage.k8s.io/v1", kind: "CSIDriver", spec: {} },
  ],
  [
    "an IngressClass",
    "/apis/networking.k8s.io/v1/ingressclasses",
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "IngressClass",
      spec: { controller: "example.org/x", parameters: { kind: "X", name: "x" } },
    },
  ],
  [
    "a ClusterRole",
    "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", rules: [] },
  ],
  [
    "a ClusterRoleBinding",
    "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      roleRef: { kind: "ClusterRole", name: "view" },
      subjects: [{ kind: "Group", name: "g" }],
    },
  ],
  [
    "a PriorityClass",
    "/apis/scheduling.k8s.io/v1/priorityclasses",
    { apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", value: 5 },
  ],
  [
    "a RuntimeClass",
    "/apis/node.k8s.io/v1/runtimeclasses",
    { apiVersion: "node.k8s.io/v1", kind: "RuntimeClass", handler: "x" },
  ],
];

/** What the server adds to an object: by kind, and what stays when it is written again. */
export const defaultCases: readonly ParityCase[] = [
  ...rows.map(([what, plural, object]): ParityCase => ({
    title: `what becomes of ${what}`,
    steps: [
      post(at(plural), object),
      get(at(plural, "a")),
      replaceFrom(1, at(plural, "a"), {}),
      patchMerge(at(plural, "a"), { metadata: { labels: { x: "1" } } }),
    ],
  })),
  ...clusterWide.map(([what, path, object]): ParityCase => ({
    title: `what becomes of ${what}`,
    steps: [
      post(path, { ...object, metadata: { name: "{ns}-a" } }),
      get(`${path}/{ns}-a`),
      patchMerge(`${path}/{ns}-a`, { metadata: { labels: { x: "1" } } }),
    ],
  })),
  {
    title: "quantities are written in their shortest form",
    steps: [
      post(
        at("pods"),
        pod("a", {
          containers: [
            container({
              resources: {
                requests: { cpu: "1000m", memory: "1024Mi", "ephemeral-storage": "1.5Gi" },
                limits: { cpu: 2, memory: "2e9", "ephemeral-storage": "3e9" },
              },
            }),
          ],
        }),
      ),
    ],
  },
  {
    title: "an older autoscaler is the newer one",
    steps: [
      post("/apis/autoscaling/v1/namespaces/{ns}/horizontalpodautoscalers", {
        apiVersion: "autoscaling/v1",
        kind: "HorizontalPodAutoscaler",
        metadata: { name: "a" },
        spec: {
          maxReplicas: 3,
          targetCPUUtilizationPercentage: 50,
          scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "a" },
        },
      }),
      get(at("horizontalpodautoscalers", "a")),
      get("/apis/autoscaling/v1/namespaces/{ns}/horizontalpodautoscalers/a"),
    ],
  },
  {
    title: "a core Event is one of events.k8s.io too",
    steps: [
      post(at("events"), {
        apiVersion: "v1",
        kind: "Event",
        metadata: { name: "a" },
        involvedObject: { kind: "Pod", name: "a", namespace: "{ns}" },
        reason: "Pulled",
        message: "m",
        type: "Normal",
        source: { component: "c" },
      }),
      get("/apis/events.k8s.io/v1/namespaces/{ns}/events/a"),
      get(at("events"), { fieldSelector: "involvedObject.name=a,reason=Pulled" }),
      get(at("events"), { fieldSelector: "involvedObject.kind=Job" }),
    ],
  },
  {
    title: "a pod template's metadata keeps only what it may",
    steps: [
      post(
        at("deployments"),
        deployment("a", {
          template: {
            metadata: { labels: { app: "a" }, name: "x", creationTimestamp: null },
            spec: podSpec(),
          },
        }),
      ),
    ],
  },
];
