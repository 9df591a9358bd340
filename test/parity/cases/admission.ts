import {
  apply,
  get,
  patchMerge,
  patchStrategic,
  post,
  put,
  remove,
  withoutWords,
  type ParityCase,
  type Step,
} from "../ParityCase.ts";
import { at, configMap, container, cronJob, deployment, job, pod, service } from "./objects.ts";

type Json = Record<string, unknown>;

const namespace = "/api/v1/namespaces/{ns}";
const level = (mode: string, value: string, version?: string): Json => ({
  [`pod-security.kubernetes.io/${mode}`]: value,
  ...(version === undefined ? {} : { [`pod-security.kubernetes.io/${mode}-version`]: version }),
});
const label = (labels: Json): Step => patchMerge(namespace, { metadata: { labels } });

/** A real server's plugins read what they hold others to from caches: a step that is repeated until they have seen it. */
const until = (step: Step, status: number): Step => ({ ...step, until: (got) => got === status });
const dry = (plural: string, object: unknown): Step => post(at(plural), object, { dryRun: "All" });
const untilRefused = (plural: string, object: unknown): Step => until(dry(plural, object), 403);

const message = (body: unknown): unknown => (body as { message?: string }).message ?? "let in";
const saying = (step: Step): Step => ({ ...step, view: message });

const secure = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  runAsNonRoot: true,
  seccompProfile: { type: "RuntimeDefault" },
};
/** A pod that every level lets in, but for what is said. */
const but = (context: Json, spec: Json = {}): unknown =>
  pod("a", { containers: [container({ securityContext: { ...secure, ...context } })], ...spec });

const privileged = but({ privileged: true, allowPrivilegeEscalation: true });

/** One pod for each thing that a check looks for, and some with several. */
const suspects: readonly unknown[] = [
  but({}),
  pod("a"),
  privileged,
  but({ capabilities: { add: ["NET_ADMIN", "CHOWN"], drop: ["ALL"] } }),
  but({ capabilities: { add: ["NET_BIND_SERVICE"] } }),
  but({ runAsNonRoot: false }),
  but({ runAsUser: 0 }),
  but({}, { securityContext: { runAsUser: 0, runAsNonRoot: false } }),
  but({ seccompProfile: { type: "Unconfined" } }),
  but({ seccompProfile: undefined, runAsNonRoot: undefined }),
  but({ seLinuxOptions: { type: "spc_t", user: "u", role: "r" } }),
  but({ seLinuxOptions: { type: "container_engine_t" } }),
  but({ appArmorProfile: { type: "Unconfined" } }),
  but({ procMount: "Unmasked" }, { hostUsers: false }),
  but({ runAsNonRoot: false }, { hostUsers: false }),
  but({}, { hostNetwork: true, hostPID: true }),
  but({}, { volumes: [{ name: "v", hostPath: { path: "/" } }] }),
  but(
    {},
    {
      volumes: [
        { name: "v", nfs: { server: "s", path: "/" } },
        { name: "w", hostPath: { path: "/" } },
        { name: "e", emptyDir: {} },
      ],
    },
  ),
  but({}, { securityContext: { sysctls: [{ name: "kernel.msgmax", value: "1" }] } }),
  but({}, { securityContext: { sysctls: [{ name: "net.ipv4.tcp_rmem", value: "1" }] } }),
  pod("a", {
    containers: [
      container({ securityContext: secure, ports: [{ containerPort: 80, hostPort: 80 }] }),
      container({
        name: "side",
        securityContext: secure,
        ports: [
          { containerPort: 81, hostPort: 8081 },
          { containerPort: 82, hostPort: 443 },
        ],
      }),
    ],
  }),
  pod("a", {
    containers: [
      container({
        securityContext: secure,
        livenessProbe: { httpGet: { port: 80, host: "b.example.org" } },
        readinessProbe: { tcpSocket: { port: 80, host: "a.example.org" } },
      }),
    ],
  }),
  pod("a", {
    initContainers: [container({ name: "before" })],
    containers: [container(), container({ name: "side", securityContext: { privileged: true } })],
  }),
  pod("a", { securityContext: { windowsOptions: { hostProcess: true } }, hostNetwork: true }),
  pod("a", { os: { name: "windows" } }),
];

const levels: readonly (readonly [string, string])[] = [
  ["restricted", "latest"],
  ["restricted", "v1.35"],
  ["restricted", "v1.24"],
  ["restricted", "v1.20"],
  ["restricted", "v1.0"],
  ["restricted", "v1.99"],
  ["baseline", "latest"],
  ["baseline", "v1.18"],
  ["baseline", "v1.30"],
];

const podSecurityCases: readonly ParityCase[] = [
  ...levels.map(([name, version]): ParityCase => ({
    title: `Pod Security ${name} of version ${version}`,
    steps: [
      label(level("enforce", name, version)),
      untilRefused("pods", privileged),
      ...suspects.map((suspect) => saying(dry("pods", suspect))),
    ],
  })),
  {
    title: "Pod Security: a pod that is refused, and one that is let in",
    steps: [
      label(level("enforce", "restricted")),
      untilRefused("pods", pod("a")),
      post(at("pods"), pod("a")),
      post(at("pods"), but({})),
      patchMerge(at("pods", "a"), { spec: { containers: [container({ image: "b" })] } }),
      patchStrategic(at("pods", "a", "ephemeralcontainers"), {
        spec: { ephemeralContainers: [{ name: "debug", image: "b" }] },
      }),
      label(level("enforce", "privileged")),
    ],
  },
  {
    title: "Pod Security warns of templates",
    steps: [
      label({ ...level("enforce", "baseline"), ...level("warn", "restricted") }),
      untilRefused("pods", privileged),
      dry("pods", pod("a")),
      dry("deployments", deployment("a")),
      dry("jobs", job("a")),
      dry("cronjobs", cronJob("a")),
      post(at("deployments"), deployment("a")),
      patchMerge(at("deployments", "a"), { metadata: { labels: { x: "1" } } }),
      patchMerge(at("deployments", "a", "scale"), { spec: { replicas: 2 } }),
      apply("x", at("deployments", "b"), deployment("b")),
    ],
  },
  {
    title: "Pod Security: who enforces warns too, unless told otherwise",
    steps: [
      label(level("enforce", "restricted", "v1.20")),
      untilRefused("pods", privileged),
      dry("deployments", deployment("a")),
    ],
  },
  {
    title: "Pod Security: labels that are none",
    steps: [
      label({ ...level("enforce", "strict"), ...level("warn", "none", "1.2") }),
      label(level("audit", "baseline", "v2.0")),
      post(
        "/api/v1/namespaces",
        {
          apiVersion: "v1",
          kind: "Namespace",
          metadata: { name: "{ns}-b", labels: level("enforce", "x") },
        },
        { dryRun: "All" },
      ),
    ],
  },
  {
    title: "Pod Security: a stricter level warns of the pods that are there",
    steps: [
      post(at("pods"), pod("c", { hostPID: true })),
      post(at("pods"), pod("d", { hostNetwork: true })),
      post(at("pods"), pod("a")),
      post(at("pods"), pod("b")),
      // A real server hears of its own pods a moment later.
      {
        ...label(level("enforce", "restricted")),
        query: { dryRun: "All" },
        until: (_status, _body, warnings) => warnings.split("(and 1 other pod)").length === 3,
      },
      label(level("enforce", "baseline")),
      label(level("enforce", "restricted")),
      label(level("enforce", "baseline")),
      label(level("enforce", "privileged")),
    ],
  },
];

const limitRange = (...limits: Json[]): unknown => ({
  apiVersion: "v1",
  kind: "LimitRange",
  metadata: { name: "a" },
  spec: { limits },
});
const asking = (resources: Json, more: Json = {}): unknown =>
  pod("a", { containers: [container({ resources })], ...more });
const claim = (storage: string, spec: Json = {}): unknown => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: "a" },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage } }, ...spec },
});

const limitCases: readonly ParityCase[] = [
  {
    title: "a LimitRange's defaults",
    steps: [
      post(
        at("limitranges"),
        limitRange({
          type: "Container",
          default: { cpu: "500m", memory: "1Gi" },
          defaultRequest: { cpu: "100m" },
        }),
      ),
      {
        ...dry("pods", pod("a")),
        until: (_status, body) =>
          (body as { metadata: { annotations?: Json } }).metadata.annotations !== undefined,
      },
      post(
        at("pods"),
        pod("a", {
          initContainers: [container({ name: "before" })],
          containers: [
            container({ resources: { limits: { cpu: "2" } } }),
            container({ name: "b", resources: { requests: { memory: "1Mi" }, limits: { memory: "1Gi" } } }),
          ],
        }),
      ),
    ],
  },
  {
    title: "a LimitRange's bounds of containers",
    steps: [
      post(at("limitranges"), limitRange({ type: "Container", min: { cpu: "100m" }, max: { cpu: "1" } })),
      untilRefused("pods", asking({ requests: { cpu: "50m" } })),
      dry("pods", asking({ requests: { cpu: "50m" } })),
      dry("pods", asking({ limits: { cpu: "1500m" } })),
      dry("pods", asking({ requests: { cpu: "2" }, limits: { cpu: "3" } })),
      dry("pods", pod("a")),
      dry("deployments", deployment("a")),
    ],
  },
  {
    title: "a LimitRange's ratio",
    steps: [
      post(at("limitranges"), limitRange({ type: "Container", maxLimitRequestRatio: { memory: "2" } })),
      untilRefused("pods", pod("a")),
      dry("pods", asking({ requests: { memory: "1Gi" }, limits: { memory: "2Gi" } })),
      dry("pods", asking({ requests: { memory: "1Gi" }, limits: { memory: "2500Mi" } })),
      dry("pods", asking({ requests: { memory: "1Gi" } })),
    ],
  },
  {
    title: "a LimitRange's bounds of pods",
    steps: [
      post(at("limitranges"), limitRange({ type: "Pod", min: { cpu: "200m" }, max: { memory: "1Gi" } })),
      untilRefused("pods", pod("a")),
      saying(dry("pods", asking({ limits: { memory: "600Mi" } }))),
      dry(
        "pods",
        pod("a", {
          initContainers: [
            container({ name: "i", resources: { limits: { memory: "900Mi", cpu: "1" } } }),
            container({
              name: "s",
              restartPolicy: "Always",
              resources: { limits: { memory: "300Mi", cpu: "1" } },
            }),
          ],
          containers: [container({ resources: { limits: { memory: "800Mi", cpu: "1" } } })],
        }),
      ),
    ],
  },
  {
    title: "a LimitRange's bounds of claims",
    steps: [
      post(
        at("limitranges"),
        limitRange({ type: "PersistentVolumeClaim", min: { storage: "1Gi" }, max: { storage: "2Gi" } }),
      ),
      untilRefused("persistentvolumeclaims", claim("3Gi")),
      dry("persistentvolumeclaims", claim("500Mi")),
      dry("persistentvolumeclaims", claim("1536Mi")),
    ],
  },
];

const quota = (hard: Json, more: Json = {}): unknown => ({
  apiVersion: "v1",
  kind: "ResourceQuota",
  metadata: { name: "a" },
  spec: { hard, ...more },
});
/** What the controller would write. */
const counted = (hard: Json, used: Json): Step =>
  patchMerge(at("resourcequotas", "a", "status"), { status: { hard, used } });
const used = (body: unknown): unknown => (body as { status?: unknown }).status;

const quotaCases: readonly ParityCase[] = [
  {
    title: "a quota of objects",
    steps: [
      post(at("resourcequotas"), quota({ configmaps: "2", "count/deployments.apps": "0" })),
      counted(
        { configmaps: "2", "count/deployments.apps": "0" },
        { configmaps: "0", "count/deployments.apps": "0" },
      ),
      untilRefused("deployments", deployment("a")),
      post(at("configmaps"), configMap("a")),
      post(at("configmaps"), configMap("b")),
      get(at("resourcequotas", "a")),
      post(at("configmaps"), configMap("c")),
      dry("configmaps", configMap("c")),
      apply("x", at("configmaps", "c"), configMap("c")),
      patchMerge(at("configmaps", "a"), { data: { x: "1" } }),
    ],
  },
  {
    title: "a quota of compute",
    steps: [
      post(at("resourcequotas"), quota({ pods: "3", "requests.cpu": "1", "limits.memory": "1Gi" })),
      counted(
        { pods: "3", "requests.cpu": "1", "limits.memory": "1Gi" },
        { pods: "0", "requests.cpu": "0", "limits.memory": "0" },
      ),
      untilRefused("pods", pod("a")),
      dry("pods", pod("a", { initContainers: [container({ name: "before" })] })),
      dry("pods", asking({ requests: { cpu: "2" }, limits: { memory: "2Gi" } })),
      post(at("pods"), asking({ requests: { cpu: "300m" }, limits: { memory: "500Mi" } })),
      { ...get(at("resourcequotas", "a")), view: used },
      dry("pods", asking({ requests: { cpu: "700m" }, limits: { memory: "500Mi" } })),
      dry("pods", asking({ requests: { cpu: "701m" }, limits: { memory: "525Mi" } })),
    ],
  },
  {
    title: "a quota that nobody counted yet",
    steps: [
      post(at("resourcequotas"), quota({ configmaps: "2" })),
      post(at("configmaps"), configMap("a")),
      patchMerge(at("resourcequotas", "a", "status"), { status: { hard: { configmaps: "2" } } }),
      untilRefused("configmaps", configMap("b")),
    ],
  },
  {
    title: "a quota with scopes",
    steps: [
      post(at("resourcequotas"), quota({ pods: "0" }, { scopes: ["BestEffort"] })),
      counted({ pods: "0" }, { pods: "0" }),
      untilRefused("pods", pod("a")),
      saying(dry("pods", asking({ requests: { cpu: "1m" } }))),
      saying(dry("pods", pod("a", { activeDeadlineSeconds: 5 }))),
    ],
  },
  {
    title: "quotas of services and claims",
    steps: [
      post(
        at("resourcequotas"),
        quota({
          "services.nodeports": "1",
          "requests.storage": "2Gi",
          "fast.storageclass.storage.k8s.io/requests.storage": "1Gi",
        }),
      ),
      counted(
        {
          "services.nodeports": "1",
          "requests.storage": "2Gi",
          "fast.storageclass.storage.k8s.io/requests.storage": "1Gi",
        },
        {
          "services.nodeports": "0",
          "requests.storage": "0",
          "fast.storageclass.storage.k8s.io/requests.storage": "0",
        },
      ),
      untilRefused("persistentvolumeclaims", claim("3Gi")),
      saying(dry("persistentvolumeclaims", claim("1536Mi", { storageClassName: "fast" }))),
      saying(dry("services", service("a", { type: "NodePort" }))),
      post(at("persistentvolumeclaims"), claim("1536Mi", { storageClassName: "slow" })),
      post(at("services"), service("a", { type: "NodePort" })),
      { ...get(at("resourcequotas", "a")), view: used },
      patchMerge(at("services", "a"), { spec: { type: "ClusterIP" } }),
      saying(dry("services", service("b", { type: "NodePort" }))),
    ],
  },
];

const accountCases: readonly ParityCase[] = [
  {
    title: "a pod as an account that is not there",
    steps: [
      post(at("pods"), pod("a", { serviceAccountName: "robot" })),
      post(at("pods"), {
        ...pod("a", { serviceAccountName: "robot" }),
        metadata: { generateName: "a-" },
      }),
    ],
  },
  {
    title: "a pod gets the image pull secrets of its account",
    steps: [
      post(at("serviceaccounts"), {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name: "robot" },
        automountServiceAccountToken: false,
        imagePullSecrets: [{ name: "registry" }],
      }),
      post(at("pods"), pod("a", { serviceAccountName: "robot" })),
      post(at("pods"), pod("b", { serviceAccountName: "robot", imagePullSecrets: [{ name: "own" }] })),
    ],
  },
  {
    title: "the priority of a pod",
    steps: [
      post("/apis/scheduling.k8s.io/v1/priorityclasses", {
        apiVersion: "scheduling.k8s.io/v1",
        kind: "PriorityClass",
        metadata: { name: "{ns}-high" },
        value: 1000,
        preemptionPolicy: "Never",
      }),
      until(post(at("pods"), pod("a", { priorityClassName: "{ns}-high" })), 201),
      post(at("pods"), pod("b", { priorityClassName: "{ns}-low" })),
      post(at("pods"), pod("b", { priority: 5 })),
      post(at("pods"), pod("b", { priorityClassName: "{ns}-high", priority: 5 })),
      post(
        at("pods"),
        pod("b", { priorityClassName: "{ns}-high", preemptionPolicy: "PreemptLowerPriority" }),
      ),
      post(at("pods"), pod("c", { priorityClassName: "system-node-critical" })),
      remove("/apis/scheduling.k8s.io/v1/priorityclasses/{ns}-high"),
    ],
  },
  {
    title: "the classes of priority that are always there",
    steps: [
      get("/apis/scheduling.k8s.io/v1/priorityclasses/system-node-critical"),
      get("/apis/scheduling.k8s.io/v1/priorityclasses/system-cluster-critical"),
      remove("/apis/scheduling.k8s.io/v1/priorityclasses/system-cluster-critical"),
    ],
  },
  {
    title: "tolerations that a pod gets",
    steps: [
      post(at("pods"), pod("a", { tolerations: [{ operator: "Exists" }] })),
      post(
        at("pods"),
        pod("b", { tolerations: [{ key: "node.kubernetes.io/not-ready", operator: "Exists" }] }),
      ),
      post(at("pods"), pod("c", { tolerations: [{ key: "x", operator: "Exists" }] })),
    ],
  },
  {
    title: "what is in use is protected",
    steps: [
      post(at("persistentvolumeclaims"), claim("1Gi", { storageClassName: "" })),
      remove(at("persistentvolumeclaims", "a")),
      get(at("persistentvolumeclaims", "a")),
      patchMerge(at("persistentvolumeclaims", "a"), { metadata: { finalizers: [] } }),
      get(at("persistentvolumeclaims", "a")),
    ],
  },
  {
    title: "into a namespace that is not there",
    steps: [
      post("/api/v1/namespaces/{ns}-none/configmaps", configMap("a")),
      post("/api/v1/namespaces/{ns}-none/pods", { apiVersion: "v1", kind: "Pod", metadata: { name: "A" } }),
      put("/api/v1/namespaces/{ns}-none/configmaps/a", configMap("a")),
      apply("x", "/api/v1/namespaces/{ns}-none/configmaps/a", configMap("a")),
    ],
  },
  {
    title: "namespaces that stay",
    steps: ["default", "kube-system", "kube-public"].map((name) => remove(`/api/v1/namespaces/${name}`)),
  },
];

const eviction = (more: Json = {}): unknown => ({
  apiVersion: "policy/v1",
  kind: "Eviction",
  metadata: { name: "a" },
  ...more,
});
const evict = (more?: Json, query?: Step["query"]): Step =>
  post(at("pods", "a", "eviction"), eviction(more), query);
const budget = (name: string, spec: Json = {}): unknown => ({
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: { name },
  spec: { minAvailable: 1, selector: { matchLabels: { app: "a" } }, ...spec },
});
const says = (status: Json): Step =>
  patchMerge(at("poddisruptionbudgets", "a", "status"), { status: { observedGeneration: 1, ...status } });
/** Its conditions have times that a real server writes as null: another case is about them. */
const conditions = (body: unknown): unknown =>
  ((body as { status?: { conditions?: Json[] } }).status?.conditions ?? []).map(
    ({ lastProbeTime: _never, ...condition }) => condition,
  );
const runs = (ready: string): Step => ({ ...running(ready), view: conditions });
const running = (ready: string): Step =>
  patchMerge(at("pods", "a", "status"), {
    status: {
      phase: "Running",
      conditions: [
        { type: "Ready", status: ready, lastProbeTime: null, lastTransitionTime: "2026-01-01T00:00:00Z" },
      ],
    },
  });
const guarded = (ready: string, ...spec: Json[]): Step[] => [
  post(at("pods"), pod("a", {}, { labels: { app: "a" } })),
  runs(ready),
  post(at("poddisruptionbudgets"), budget("a", ...spec)),
];
const full = { disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 };

const evictionCases: readonly ParityCase[] = [
  {
    title: "eviction of a pod that has not begun asks no budget",
    steps: [
      post(at("pods"), pod("a", {}, { labels: { app: "a" } })),
      post(at("poddisruptionbudgets"), budget("a")),
      evict(),
      { ...get(at("pods", "a")), view: conditions },
    ],
  },
  {
    title: "eviction waits for a budget that was not looked at",
    steps: [...guarded("True"), evict(), evict({}, { dryRun: "All" })],
  },
  {
    title: "eviction is refused by a budget",
    steps: [...guarded("True"), says(full), evict(), { ...get(at("pods", "a")), view: conditions }],
  },
  {
    title: "eviction is refused by a budget with more than it needs",
    steps: [
      ...guarded("True"),
      says({
        ...full,
        currentHealthy: 2,
        conditions: [
          {
            type: "DisruptionAllowed",
            status: "False",
            reason: "Because",
            message: "so",
            lastTransitionTime: "2026-01-01T00:00:00Z",
          },
        ],
      }),
      evict(),
    ],
  },
  {
    title: "eviction takes one off a budget",
    steps: [
      ...guarded("True"),
      says({
        ...full,
        disruptionsAllowed: 1,
        currentHealthy: 2,
        conditions: [
          {
            type: "DisruptionAllowed",
            status: "True",
            reason: "SufficientPods",
            message: "",
            lastTransitionTime: "2026-01-01T00:00:00Z",
          },
        ],
      }),
      evict({}, { dryRun: "All" }),
      evict(),
      { ...get(at("pods", "a")), view: conditions },
      get(at("poddisruptionbudgets", "a")),
    ],
  },
  {
    title: "eviction of a bound pod leaves it time and says why",
    steps: [
      post(at("pods"), pod("a", { nodeName: "n" }, { labels: { app: "a" } })),
      runs("True"),
      evict({ deleteOptions: { gracePeriodSeconds: 7 } }),
      { ...get(at("pods", "a")), view: conditions },
      evict(),
    ],
  },
  {
    title: "eviction of a pod that is not ready",
    steps: [
      ...guarded("False"),
      says({ ...full, currentHealthy: 0 }),
      evict(),
      says(full),
      evict({}, { dryRun: "All" }),
      evict(),
    ],
  },
  {
    title: "eviction of a pod that is not ready, by a budget that lets it go",
    steps: [
      ...guarded("False", { unhealthyPodEvictionPolicy: "AlwaysAllow" }),
      says({ ...full, currentHealthy: 0 }),
      evict(),
    ],
  },
  {
    title: "eviction of a pod with two budgets",
    steps: [
      ...guarded("True"),
      post(at("poddisruptionbudgets"), budget("b")),
      evict(),
      { ...get(at("pods", "a")), view: conditions },
    ],
  },
  {
    title: "eviction in a namespace that goes",
    steps: [
      post(at("pods"), pod("a", {}, { finalizers: ["example.org/keep"] })),
      remove(namespace),
      until(evict(), 403),
      patchMerge(at("pods", "a"), { metadata: { finalizers: [] } }),
    ].map((step) => ({ ...step, view: message })),
  },
  {
    title: "evictions that are none",
    steps: [
      post(at("pods"), pod("a")),
      post(at("pods", "a", "eviction"), {
        apiVersion: "policy/v1",
        kind: "Eviction",
        metadata: { name: "b" },
      }),
      post(at("pods", "b", "eviction"), {
        apiVersion: "policy/v1",
        kind: "Eviction",
        metadata: { name: "b" },
      }),
      evict({ deleteOptions: { preconditions: { uid: "x" } } }),
      withoutWords(evict({ deleteOptions: { preconditions: { resourceVersion: "1" } } })),
      evict({ deleteOptions: { preconditions: { uid: "<0.metadata.uid>" } } }),
    ],
  },
];

/** What is asked of a write besides its form: levels, limits, quotas, accounts, budgets. */
export const admissionCases: readonly ParityCase[] = [
  ...podSecurityCases,
  ...limitCases,
  ...quotaCases,
  ...accountCases,
  ...evictionCases,
];
