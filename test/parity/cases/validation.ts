import { post, patchMerge, type ParityCase, type Step } from "../ParityCase.ts";
import {
  at,
  claim,
  configMap,
  container,
  cronJob,
  deployment,
  deploymentOf,
  ingress,
  job,
  pod,
  podSpec,
  secret,
  service,
  statefulSet,
} from "./objects.ts";

/** Objects that are refused, for each what is wrong with it. */
const rows: readonly (readonly [string, string, unknown])[] = [
  ["a name in capitals", "configmaps", configMap("Upper")],
  ["a name with an underscore", "configmaps", configMap("a_b")],
  ["a name that is too long", "configmaps", configMap("a".repeat(254))],
  ["a Service's name that begins with a digit", "services", service("1a")],
  ["a Service's name of 64 characters", "services", service("a".repeat(64))],
  ["a label's value with a space", "configmaps", configMap("a", {}, { labels: { x: "a b" } })],
  ["a label's key with two slashes", "configmaps", configMap("a", {}, { labels: { "a/b/c": "x" } })],
  ["an annotation's key with a space", "configmaps", configMap("a", {}, { annotations: { "a b": "x" } })],
  ["a finalizer without a domain", "configmaps", configMap("a", {}, { finalizers: ["nodomain"] })],
  ["a key of data with a slash", "configmaps", configMap("a", { "a/b": "x" })],
  [
    "a key in data and in binaryData",
    "configmaps",
    { ...configMap("a", { k: "x" }), binaryData: { k: "AAE=" } },
  ],
  [
    "an owner without a uid",
    "configmaps",
    configMap("a", {}, { ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "x" }] }),
  ],
  [
    "two controllers",
    "configmaps",
    configMap(
      "a",
      {},
      {
        ownerReferences: [1, 2].map((n) => ({
          apiVersion: "v1",
          kind: "Pod",
          name: `${n}`,
          uid: `${n}`,
          controller: true,
        })),
      },
    ),
  ],
  [
    "files of volumes that lie outside of them",
    "pods",
    pod("a", {
      volumes: [
        {
          name: "c",
          configMap: { name: "c", items: ["../a", "/a", "..a", ""].map((path) => ({ key: "k", path })) },
        },
        { name: "s", secret: { secretName: "s", items: [{ key: "", path: "a/../b" }] } },
        {
          name: "d",
          downwardAPI: {
            items: ["../a", "b"].map((path) => ({ path, fieldRef: { fieldPath: "metadata.name" } })),
          },
        },
        {
          name: "p",
          projected: {
            sources: [
              { configMap: { name: "c", items: [{ key: "k", path: "../a" }] } },
              { downwardAPI: { items: [{ path: "..b", fieldRef: { fieldPath: "metadata.name" } }] } },
              { serviceAccountToken: { path: "../t" } },
            ],
          },
        },
      ],
    }),
  ],
  ["data that is not base64", "secrets", secret("a", { data: { k: "%%%" } })],
  ["a TLS secret without its keys", "secrets", secret("a", { type: "kubernetes.io/tls", data: {} })],
  [
    "a docker secret without its key",
    "secrets",
    secret("a", { type: "kubernetes.io/dockerconfigjson", data: {} }),
  ],
  ["a pod without containers", "pods", { apiVersion: "v1", kind: "Pod", metadata: { name: "a" }, spec: {} }],
  ["a pod without a spec", "pods", { apiVersion: "v1", kind: "Pod", metadata: { name: "a" } }],
  ["a container without name and image", "pods", pod("a", { containers: [{}] })],
  ["two containers of one name", "pods", pod("a", { containers: [container(), container()] })],
  ["a container's name in capitals", "pods", pod("a", { containers: [container({ name: "Main" })] })],
  [
    "a mount of no volume",
    "pods",
    pod("a", { containers: [container({ volumeMounts: [{ name: "v", mountPath: "/v" }] })] }),
  ],
  [
    "two mounts at one path",
    "pods",
    pod("a", {
      volumes: [{ name: "v", emptyDir: {} }],
      containers: [
        container({
          volumeMounts: [
            { name: "v", mountPath: "/v" },
            { name: "v", mountPath: "/v" },
          ],
        }),
      ],
    }),
  ],
  [
    "a volume of two kinds",
    "pods",
    pod("a", { volumes: [{ name: "v", emptyDir: {}, hostPath: { path: "/" } }] }),
  ],
  [
    "a port beyond 65535",
    "pods",
    pod("a", { containers: [container({ ports: [{ containerPort: 70_000 }] })] }),
  ],
  [
    "a port's name that is too long",
    "pods",
    pod("a", { containers: [container({ ports: [{ containerPort: 80, name: "a-name-too-long-for-it" }] })] }),
  ],
  [
    "a protocol nobody knows",
    "pods",
    pod("a", { containers: [container({ ports: [{ containerPort: 80, protocol: "HTTP" }] })] }),
  ],
  ["a restart policy nobody knows", "pods", pod("a", { restartPolicy: "Sometimes" })],
  [
    "an image pull policy nobody knows",
    "pods",
    pod("a", { containers: [container({ imagePullPolicy: "Maybe" })] }),
  ],
  [
    "an environment variable with an equals sign",
    "pods",
    pod("a", { containers: [container({ env: [{ name: "A=B", value: "x" }] })] }),
  ],
  [
    "an environment variable with value and source",
    "pods",
    pod("a", {
      containers: [
        container({
          env: [{ name: "A", value: "x", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
        }),
      ],
    }),
  ],
  [
    "an environment variable from an unknown field",
    "pods",
    pod("a", {
      containers: [
        container({ env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "spec.nonsense" } } }] }),
      ],
    }),
  ],
  [
    "requests above limits",
    "pods",
    pod("a", { containers: [container({ resources: { requests: { cpu: "2" }, limits: { cpu: "1" } } })] }),
  ],
  [
    "a negative quantity",
    "pods",
    pod("a", { containers: [container({ resources: { requests: { cpu: "-1" } } })] }),
  ],
  [
    "a quantity that is none",
    "pods",
    pod("a", { containers: [container({ resources: { requests: { cpu: "lots" } } })] }),
  ],
  ["a probe without a handler", "pods", pod("a", { containers: [container({ livenessProbe: {} })] })],
  [
    "a probe with two handlers",
    "pods",
    pod("a", {
      containers: [container({ livenessProbe: { exec: { command: ["a"] }, tcpSocket: { port: 1 } } })],
    }),
  ],
  [
    "a liveness probe that needs two successes",
    "pods",
    pod("a", {
      containers: [container({ livenessProbe: { exec: { command: ["a"] }, successThreshold: 2 } })],
    }),
  ],
  ["a negative grace period", "pods", pod("a", { terminationGracePeriodSeconds: -1 })],
  ["a user beyond 2^31", "pods", pod("a", { securityContext: { runAsUser: 4_294_967_296 } })],
  [
    "a toleration with Exists and a value",
    "pods",
    pod("a", { tolerations: [{ key: "a", operator: "Exists", value: "x" }] }),
  ],
  [
    "a selector that its template does not match",
    "deployments",
    deployment("a", { selector: { matchLabels: { app: "b" } } }),
  ],
  ["an empty selector", "deployments", deployment("a", { selector: {} })],
  ["no selector", "deployments", deployment("a", { selector: undefined })],
  ["no template", "deployments", deployment("a", { template: undefined })],
  ["negative replicas", "deployments", deployment("a", { replicas: -1 })],
  [
    "no surge and no unavailability",
    "deployments",
    deployment("a", { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } }),
  ],
  [
    "a percentage that is none",
    "deployments",
    deployment("a", { strategy: { rollingUpdate: { maxSurge: "ten" } } }),
  ],
  ["a strategy nobody knows", "deployments", deployment("a", { strategy: { type: "BlueGreen" } })],
  [
    "rollingUpdate with Recreate",
    "deployments",
    deployment("a", { strategy: { type: "Recreate", rollingUpdate: { maxSurge: 1 } } }),
  ],
  ["a Deployment whose pods do not restart", "deployments", deploymentOf("a", { restartPolicy: "Never" })],
  [
    "a Job whose pods always restart",
    "jobs",
    job("a", { template: { spec: podSpec({ restartPolicy: "Always" }) } }),
  ],
  ["a Job with negative parallelism", "jobs", job("a", { parallelism: -1 })],
  ["an indexed Job without completions", "jobs", job("a", { completionMode: "Indexed" })],
  ["a CronJob's schedule that is none", "cronjobs", cronJob("a", { schedule: "every day" })],
  ["a CronJob without a schedule", "cronjobs", cronJob("a", { schedule: "" })],
  ["a CronJob's time zone that is none", "cronjobs", cronJob("a", { timeZone: "Mars/North" })],
  ["a CronJob's name of 53 characters", "cronjobs", cronJob("a".repeat(53))],
  ["a CronJob's concurrency nobody knows", "cronjobs", cronJob("a", { concurrencyPolicy: "Perhaps" })],
  [
    "a StatefulSet's policy nobody knows",
    "statefulsets",
    statefulSet("a", { podManagementPolicy: "Random" }),
  ],
  ["a Service without ports", "services", service("a", { ports: [] })],
  ["two unnamed ports of a Service", "services", service("a", { ports: [{ port: 80 }, { port: 81 }] })],
  [
    "a Service's port twice",
    "services",
    service("a", {
      ports: [
        { port: 80, name: "a" },
        { port: 80, name: "b" },
      ],
    }),
  ],
  ["a Service's type nobody knows", "services", service("a", { type: "Magic" })],
  ["a Service's address that is none", "services", service("a", { clusterIP: "nonsense" })],
  ["a Service's address outside the range", "services", service("a", { clusterIP: "192.168.1.1" })],
  ["an external Service without a name", "services", service("a", { type: "ExternalName" })],
  ["an Ingress without rules", "ingresses", ingress("a", { rules: [] })],
  [
    "an Ingress path without a slash",
    "ingresses",
    ingress("a", {
      rules: [
        {
          http: {
            paths: [
              { path: "x", pathType: "Prefix", backend: { service: { name: "a", port: { number: 80 } } } },
            ],
          },
        },
      ],
    }),
  ],
  [
    "an Ingress path without a type",
    "ingresses",
    ingress("a", {
      rules: [
        { http: { paths: [{ path: "/", backend: { service: { name: "a", port: { number: 80 } } } }] } },
      ],
    }),
  ],
  [
    "an Ingress backend without a port",
    "ingresses",
    ingress("a", {
      rules: [{ http: { paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "a" } } }] } }],
    }),
  ],
  ["an Ingress host that is an address", "ingresses", ingress("a", { rules: [{ host: "10.1.1.1" }] })],
  ["a claim without access modes", "persistentvolumeclaims", claim("a", { accessModes: [] })],
  ["a claim without storage", "persistentvolumeclaims", claim("a", { resources: {} })],
  [
    "a claim's access mode nobody knows",
    "persistentvolumeclaims",
    claim("a", { accessModes: ["Sometimes"] }),
  ],
  [
    "an autoscaler without a target",
    "horizontalpodautoscalers",
    {
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata: { name: "a" },
      spec: { maxReplicas: 0 },
    },
  ],
  [
    "an autoscaler with minimum above maximum",
    "horizontalpodautoscalers",
    {
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata: { name: "a" },
      spec: { minReplicas: 4, maxReplicas: 3, scaleTargetRef: { kind: "Deployment", name: "a" } },
    },
  ],
  [
    "a disruption budget with both bounds",
    "poddisruptionbudgets",
    {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "a" },
      spec: { minAvailable: 1, maxUnavailable: 1 },
    },
  ],
  [
    "a Role without verbs",
    "roles",
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata: { name: "a" },
      rules: [{ apiGroups: [""], resources: ["pods"] }],
    },
  ],
  [
    "a RoleBinding without a role",
    "rolebindings",
    { apiVersion: "rbac.authorization.k8s.io/v1", kind: "RoleBinding", metadata: { name: "a" } },
  ],
  ["a field of the wrong type", "deployments", deployment("a", { replicas: "two" })],
  ["a list where an object belongs", "configmaps", configMap("a", [] as unknown as Record<string, unknown>)],
  ["a number where a text belongs", "configmaps", configMap("a", { x: 1 })],
  [
    "a time that is none",
    "leases",
    {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "a" },
      spec: { renewTime: "yesterday" },
    },
  ],
];

const unknown = {
  ...deployment("a"),
  nonsense: 1,
  spec: { ...(deployment("a")["spec"] as object), replicaz: 2 },
};
const twice =
  '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"1"},"data":{"x":"2","x":"3"}}';
const strictly = (mode?: string): Step[] => [
  post(at("deployments"), unknown, mode === undefined ? {} : { fieldValidation: mode }),
  post(at("configmaps"), twice, mode === undefined ? {} : { fieldValidation: mode }),
];

/** What can't be changed once it is there: [what, plural, object, change]. */
const fixed: readonly (readonly [string, string, Record<string, unknown>, unknown])[] = [
  [
    "a Deployment's selector",
    "deployments",
    deployment("a"),
    { spec: { selector: { matchLabels: { app: "b" } }, template: { metadata: { labels: { app: "b" } } } } },
  ],
  ["a StatefulSet's service", "statefulsets", statefulSet("a"), { spec: { serviceName: "b" } }],
  [
    "a StatefulSet's claims",
    "statefulsets",
    statefulSet("a"),
    { spec: { volumeClaimTemplates: [claim("v")] } },
  ],
  [
    "a Job's template",
    "jobs",
    job("a"),
    { spec: { template: { spec: { containers: [container({ image: "b" })] } } } },
  ],
  ["a Job's completions", "jobs", job("a", { completions: 2 }), { spec: { completions: 3 } }],
  ["a pod's command", "pods", pod("a"), { spec: { containers: [container({ command: ["x"] })] } }],
  [
    "a pod's image, which may change,",
    "pods",
    pod("a"),
    { spec: { containers: [container({ image: "b" })] } },
  ],
  ["a claim's class", "persistentvolumeclaims", claim("a"), { spec: { storageClassName: "b" } }],
  [
    "a claim's size, downwards,",
    "persistentvolumeclaims",
    claim("a"),
    { spec: { resources: { requests: { storage: "1Mi" } } } },
  ],
  [
    "a Service's address",
    "services",
    service("a"),
    { spec: { clusterIP: "10.96.200.200", clusterIPs: ["10.96.200.200"] } },
  ],
  ["a Service's type, which may change,", "services", service("a"), { spec: { type: "NodePort" } }],
  [
    "a RoleBinding's role",
    "rolebindings",
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name: "a" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "a" },
    },
    { roleRef: { name: "b" } },
  ],
];

/** Refusals of objects, each 422 with its causes or 400; unknown and doubled fields by fieldValidation. */
export const validationCases: readonly ParityCase[] = [
  ...rows.map(([what, plural, object]): ParityCase => ({
    title: `refused: ${what}`,
    steps: [post(at(plural), object)],
  })),
  ...fixed.map(([what, plural, object, change]): ParityCase => ({
    title: `changing ${what}`,
    steps: [post(at(plural), object), patchMerge(at(plural, "a"), change)],
  })),
  { title: "unknown and doubled fields, fieldValidation left out", steps: strictly() },
  { title: "unknown and doubled fields, Ignore", steps: strictly("Ignore") },
  { title: "unknown and doubled fields, Warn", steps: strictly("Warn") },
  { title: "unknown and doubled fields, Strict", steps: strictly("Strict") },
  { title: "an unknown fieldValidation", steps: strictly("Perhaps") },
  {
    title: "field names in another case",
    steps: [
      post(at("configmaps"), {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "a" },
        Data: { x: "1" },
      }),
    ],
  },
  {
    title: "refused: an image with spaces around it",
    steps: [post(at("pods"), pod("a", { containers: [container({ image: " a " })] }))],
  },
  {
    title: "warnings of a pod",
    steps: [
      post(
        at("pods"),
        pod("a", {
          containers: [
            container({
              env: [
                { name: "A", value: "1" },
                { name: "A", value: "2" },
              ],
              ports: [{ containerPort: 80 }, { containerPort: 80 }],
            }),
          ],
        }),
      ),
    ],
  },
];
