import { apply, forceApply, get, type ParityCase, post, remove } from "../ParityCase.ts";
import {
  at,
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
  service,
  statefulSet,
} from "./objects.ts";

type Json = Record<string, unknown>;

/** One request for each object; all are told what is wrong with them, or that nothing is. */
const told = (title: string, path: string, objects: readonly Json[]): ParityCase => ({
  title: `told what is wrong: ${title}`,
  steps: objects.map((object) => post(path, object, { dryRun: "All" })),
});

const never = { spec: podSpec({ restartPolicy: "Never" }) };
const indexed = (more: Json = {}): Json => job("a", { completionMode: "Indexed", completions: 3, ...more });
const failing = (...rules: Json[]): Json => job("a", { podFailurePolicy: { rules } });
const succeeding = (...rules: Json[]): Json => indexed({ successPolicy: { rules } });
const codes = (more: Json): Json => ({ operator: "In", values: [1], ...more });

const jobs = [
  job("a", { completionMode: "Sometimes" }),
  job("a", { completionMode: "Indexed" }),
  { ...indexed(), metadata: { name: "a".repeat(62) } },
  job("a", { backoffLimitPerIndex: 1 }),
  indexed({ maxFailedIndexes: 2 }),
  indexed({ backoffLimitPerIndex: 1, maxFailedIndexes: 5 }),
  indexed({ completions: 200_000, parallelism: 200_000 }),
  indexed({ completions: 200_000, parallelism: 20_000, backoffLimitPerIndex: 1 }),
  failing(),
  failing({ action: "FailJob", onExitCodes: codes({ containerName: "none" }) }),
  failing({ action: "FailJob", onExitCodes: codes({ values: [0] }) }),
  failing({ action: "FailJob", onExitCodes: codes({ values: [3, 1, 1] }) }),
  failing({ action: "Forget", onExitCodes: { operator: "Is", values: [] } }),
  failing({ onExitCodes: { values: [1] } }),
  failing({ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget" }] }),
  failing({ action: "Ignore", onPodConditions: [{ type: "two words", status: "Maybe" }] }),
  failing({ action: "Ignore" }),
  failing({ action: "Count", onExitCodes: codes({}), onPodConditions: [{ type: "A" }] }),
  failing({ action: "FailIndex", onExitCodes: codes({}) }),
  job("a", {
    podFailurePolicy: { rules: [{ action: "FailJob", onExitCodes: codes({}) }] },
    podReplacementPolicy: "TerminatingOrFailed",
    template: { spec: podSpec({ restartPolicy: "OnFailure" }) },
  }),
  job("a", { podReplacementPolicy: "Never" }),
  job("a", { successPolicy: { rules: [{ succeededCount: 1 }] } }),
  succeeding(),
  succeeding({}),
  succeeding({ succeededCount: 5 }),
  succeeding({ succeededIndexes: "0-9" }),
  succeeding({ succeededIndexes: "2,1" }),
  succeeding({ succeededIndexes: "1-1" }),
  succeeding({ succeededIndexes: "one" }),
  succeeding({ succeededIndexes: "0-1-2" }),
  succeeding({ succeededIndexes: "0-1", succeededCount: 3 }),
  job("a", { managedBy: "nobody" }),
  job("a", { managedBy: "Bad_Host/x" }),
  job("a", { manualSelector: true }),
  job("a", { manualSelector: true, selector: { matchLabels: { a: "b" } }, template: never }),
  job("a", { selector: { matchLabels: { a: "b" } } }),
];

const schedules = [
  "60 * * * *",
  "* * 0 * *",
  "*/0 * * * *",
  "5-1 * * * *",
  "1-2-3 * * * *",
  "1/2/3 * * * *",
  "0 0 * * 7",
  "0 0 L * *",
  "0 0 ? * MON#1",
  "0 0 1 SMARCH *",
  "@every soon",
  "@every 1h30m",
  "@reboot",
  "@Hourly",
  "*/15 0-23/2 1,15 JAN-dec mon",
];

const claims = (spec: Json, metadata: Json = { name: "data" }): Json =>
  statefulSet("a", { volumeClaimTemplates: [{ metadata, spec }] });

const statefulSets = [
  claims({}),
  claims({ accessModes: ["Often"], resources: { requests: { storage: "1Gi" } } }),
  statefulSet("a", { persistentVolumeClaimRetentionPolicy: { whenDeleted: "Never", whenScaled: "Never" } }),
  statefulSet("a", { ordinals: { start: -1 } }),
  statefulSet("a", { serviceName: "Bad_Name" }),
  statefulSet("a", { replicas: -1, minReadySeconds: -1, revisionHistoryLimit: -1 }),
];

const rolled = (rollingUpdate: Json): Json => daemonSet("a", { updateStrategy: { rollingUpdate } });
const daemonSets = [
  daemonSet("a", { updateStrategy: { type: "Sometimes" } }),
  rolled({ maxSurge: 1 }),
  rolled({ maxSurge: 0, maxUnavailable: 0 }),
  rolled({ maxUnavailable: "110%" }),
  rolled({ maxUnavailable: "some" }),
  daemonSet("a", { minReadySeconds: -1 }),
];

const autoscaler = (spec: Json): Json => ({
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata: { name: "a" },
  spec: {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "a" },
    maxReplicas: 3,
    ...spec,
  },
});
const metric = (type: string, more: Json = {}): Json => autoscaler({ metrics: [{ type, ...more }] });
const cpu = (target: Json, more: Json = {}): Json =>
  metric("Resource", { resource: { name: "cpu", target, ...more } });
const up = (scaleUp: Json): Json => autoscaler({ behavior: { scaleUp } });

const autoscalers = [
  autoscaler({ minReplicas: 0 }),
  autoscaler({ scaleTargetRef: { kind: "", name: "a/b" } }),
  autoscaler({ scaleTargetRef: { apiVersion: "a/b/c", kind: "Deployment", name: "a" } }),
  cpu({ type: "Utilization" }),
  cpu({ type: "Some" }),
  cpu({ type: "AverageValue", averageValue: "0" }),
  cpu({ type: "Utilization", averageUtilization: 0 }, { name: "" }),
  cpu({ type: "Utilization", averageUtilization: 5, averageValue: "5" }),
  metric("Some"),
  metric("Pods"),
  metric("Pods", { pods: { metric: { name: "" }, target: { type: "AverageValue" } } }),
  metric("Pods", { external: { metric: { name: "q" }, target: { type: "Value", value: "-1" } } }),
  metric("External", {
    external: { metric: { name: "q" }, target: { type: "Value", value: "1", averageValue: "1" } },
  }),
  metric("Object", {
    object: { describedObject: { kind: "Service" }, metric: { name: "q" }, target: { type: "Value" } },
  }),
  metric("ContainerResource", {
    containerResource: { name: "cpu", target: { type: "Utilization", averageUtilization: 5 } },
  }),
  up({ policies: [{ type: "Some", value: 0, periodSeconds: 0 }], selectPolicy: "Least" }),
  up({ policies: [{ type: "Percent", value: 1, periodSeconds: 2000 }], stabilizationWindowSeconds: 4000 }),
];

const budget = (spec: Json): Json => ({
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: { name: "a" },
  spec,
});
const priority = (more: Json, name = "{ns}-a"): Json => ({
  apiVersion: "scheduling.k8s.io/v1",
  kind: "PriorityClass",
  metadata: { name },
  ...more,
});
const storage = (more: Json): Json => ({
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name: "{ns}-a" },
  provisioner: "example.org/disks",
  ...more,
});
const storageClasses = "/apis/storage.k8s.io/v1/storageclasses";

const ports = (name: string, list: readonly Json[]): Json =>
  deploymentOf(name, { containers: [container({ ports: list })] });

const podOf = (spec: Json): Json => pod("a", spec);
const withContainer = (more: Json): Json => podOf({ containers: [container(more)] });
const limited = (resources: Json): Json => withContainer({ resources });
const secured = (securityContext: Json): Json => withContainer({ securityContext });
const near = (affinity: Json): Json => podOf({ affinity });
const spread = (...topologySpreadConstraints: Json[]): Json => podOf({ topologySpreadConstraints });
const tolerating = (toleration: Json): Json => podOf({ tolerations: [toleration] });
const onVolume = (source: Json): Json => podOf({ volumes: [{ name: "v", ...source }] });
const mounted = (mount: Json): Json =>
  podOf({
    volumes: [{ name: "v", emptyDir: {} }],
    containers: [container({ volumeMounts: [{ name: "v", mountPath: "/v", ...mount }] })],
  });
const gpu = "example.org/gpu";

const containers = [
  limited({ requests: { [gpu]: "1" } }),
  limited({ limits: { [gpu]: "1.5" } }),
  limited({ requests: { [gpu]: "1" }, limits: { [gpu]: "2" } }),
  limited({ limits: { cores: "1" } }),
  limited({ limits: { pods: "1" } }),
  limited({ limits: { "hugepages-2Mi": "4Mi" } }),
  secured({ privileged: true, allowPrivilegeEscalation: false }),
  secured({ allowPrivilegeEscalation: false, capabilities: { add: ["CAP_SYS_ADMIN"] } }),
  secured({ procMount: "Some", seccompProfile: { type: "Some" } }),
  secured({ procMount: "Unmasked", seccompProfile: { type: "Localhost" } }),
  secured({ seccompProfile: { type: "RuntimeDefault", localhostProfile: "x" } }),
  withContainer({ terminationMessagePolicy: "Some" }),
  withContainer({ envFrom: [{}] }),
  withContainer({ envFrom: [{ prefix: "a=", secretRef: { name: "x" } }] }),
  withContainer({ lifecycle: { preStop: { sleep: { seconds: 99 } } } }),
  withContainer({ readinessProbe: { exec: { command: ["x"] }, terminationGracePeriodSeconds: 5 } }),
  mounted({ subPath: "../x" }),
  mounted({ mountPropagation: "Some" }),
];

const scheduling = [
  podOf({ nodeSelector: { "two words": "x" } }),
  near({ nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } }),
  near({
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          {
            matchExpressions: [
              { key: "a", operator: "Is" },
              { key: "a", operator: "In" },
              { key: "a", operator: "Exists", values: ["x"] },
              { key: "a", operator: "Gt", values: ["1", "2"] },
              { key: "two words", operator: "In", values: ["two words"] },
            ],
          },
        ],
      },
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 101, preference: { matchExpressions: [{ key: "a", operator: "In" }] } },
      ],
    },
  }),
  near({
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 0, podAffinityTerm: { topologyKey: "", labelSelector: { matchLabels: { "a b": "c" } } } },
      ],
    },
  }),
  near({
    podAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "a", namespaces: ["Bad"] }],
    },
  }),
  spread(
    { maxSkew: 1, topologyKey: "a", whenUnsatisfiable: "DoNotSchedule", labelSelector: {} },
    { maxSkew: 2, topologyKey: "a", whenUnsatisfiable: "DoNotSchedule", labelSelector: {} },
  ),
  spread({
    maxSkew: 1,
    topologyKey: "a",
    whenUnsatisfiable: "ScheduleAnyway",
    minDomains: 0,
    labelSelector: {},
  }),
  tolerating({ key: "a", effect: "Some" }),
  tolerating({ key: "a", effect: "NoSchedule", tolerationSeconds: 5 }),
  tolerating({ key: "a", operator: "Equal", value: "two words" }),
  podOf({ readinessGates: [{ conditionType: "two words" }] }),
  podOf({ schedulingGates: [{ name: "a" }, { name: "a" }] }),
];

const surroundings = [
  podOf({ dnsPolicy: "Some" }),
  podOf({ dnsPolicy: "None" }),
  podOf({ dnsPolicy: "None", dnsConfig: {} }),
  podOf({ dnsConfig: { nameservers: ["x", "1.1.1.1", "1.1.1.2", "1.1.1.3"], options: [{}] } }),
  podOf({ hostAliases: [{ ip: "x", hostnames: ["Bad"] }] }),
  podOf({ hostNetwork: true, containers: [container({ ports: [{ containerPort: 80, hostPort: 81 }] })] }),
  podOf({ shareProcessNamespace: true, hostPID: true }),
  podOf({ securityContext: { fsGroup: -1, runAsUser: -1, fsGroupChangePolicy: "Some" } }),
  podOf({ os: { name: "dos" } }),
];

const unclaimed = { volumeClaimTemplate: { spec: {} } };
const fieldOf = (fieldPath: string, path = "p"): Json => ({ path, fieldRef: { fieldPath } });
const volumes = [
  onVolume({ emptyDir: { sizeLimit: "-1" } }),
  onVolume({ configMap: { name: "a", defaultMode: 1000 } }),
  onVolume({ secret: { secretName: "a", items: [{ key: "k", path: "p", mode: 999 }] } }),
  onVolume({ hostPath: { path: "/x", type: "Some" } }),
  onVolume({ hostPath: { path: "/x/../y" } }),
  onVolume({ downwardAPI: { items: [fieldOf("status.podIP")] } }),
  onVolume({ ephemeral: unclaimed }),
  onVolume({ image: { reference: "x", pullPolicy: "Some" } }),
  onVolume({ projected: { sources: [{ serviceAccountToken: { path: "t", expirationSeconds: 1 } }] } }),
  onVolume({
    projected: {
      sources: [
        { configMap: { name: "a", items: [{ key: "k", path: "p" }] } },
        { secret: { name: "b", items: [{ key: "k", path: "p" }] } },
        { downwardAPI: { items: [fieldOf("metadata.name")] } },
      ],
    },
  }),
];

const disk = (spec: Json): Json => ({
  apiVersion: "v1",
  kind: "PersistentVolume",
  metadata: { name: "{ns}-a" },
  spec: {
    capacity: { storage: "1Gi" },
    accessModes: ["ReadWriteOnce"],
    ...spec,
  },
});
const hostPath = { path: "/x" };
const disks = [
  disk({}),
  disk({ hostPath, nfs: { server: "a", path: "/" } }),
  disk({ hostPath, capacity: { storage: "1Gi", cpu: "1" } }),
  disk({ hostPath, persistentVolumeReclaimPolicy: "Some", storageClassName: "Bad!" }),
  disk({ hostPath: { path: "/x/../y" } }),
  disk({ hostPath, nodeAffinity: { required: { nodeSelectorTerms: [] } } }),
  disk({ csi: { driver: "", volumeHandle: "" } }),
  disk({ local: { path: "/x" } }),
];

const quota = (spec: Json): Json => ({
  apiVersion: "v1",
  kind: "ResourceQuota",
  metadata: { name: "a" },
  spec,
});
const scoped = (one: Json, hard: Json = { pods: "1" }): Json =>
  quota({ hard, scopeSelector: { matchExpressions: [one] } });
const quotas = [
  quota({ hard: { pods: "-1" } }),
  quota({ hard: { pods: "1.5" } }),
  quota({ hard: { cores: "1" } }),
  quota({ hard: { "count/": "1" } }),
  quota({ hard: { "requests.example.org/gpu": "1", "count/deployments.apps": "1" } }),
  quota({ hard: { pods: "1" }, scopes: ["BestEffort", "NotBestEffort"] }),
  quota({ hard: { "limits.cpu": "1", services: "1" }, scopes: ["BestEffort"] }),
  quota({ hard: { pods: "1" }, scopes: ["Some"] }),
  quota({ hard: { pods: "1" }, scopes: ["VolumeAttributesClass"] }),
  scoped({ scopeName: "PriorityClass", operator: "In" }),
  scoped({ scopeName: "PriorityClass", operator: "Exists", values: ["a"] }),
  scoped({ scopeName: "PriorityClass", operator: "Is" }),
  scoped({ scopeName: "Terminating", operator: "NotIn", values: ["a"] }),
  scoped({ scopeName: "Some", operator: "Exists" }),
  scoped({ scopeName: "Terminating", operator: "Exists" }, { secrets: "1" }),
];

const bounds = (...limits: Json[]): Json => ({
  apiVersion: "v1",
  kind: "LimitRange",
  metadata: { name: "a" },
  spec: { limits },
});
const ofContainer = (more: Json): Json => bounds({ type: "Container", ...more });
const limitRanges = [
  ofContainer({ min: { cpu: "2" }, max: { cpu: "1" } }),
  ofContainer({ default: { cpu: "2" }, max: { cpu: "1" } }),
  ofContainer({ defaultRequest: { cpu: "2" }, default: { cpu: "1" } }),
  ofContainer({ defaultRequest: { memory: "1Gi" }, min: { memory: "2Gi" } }),
  ofContainer({ maxLimitRequestRatio: { cpu: "0.5" } }),
  ofContainer({ min: { cpu: "1" }, max: { cpu: "2" }, maxLimitRequestRatio: { cpu: "4" } }),
  ofContainer({ max: { cores: "1" } }),
  ofContainer({ default: { [gpu]: "2" }, defaultRequest: { [gpu]: "1" } }),
  bounds({ type: "Pod", default: { cpu: "1" }, defaultRequest: { cpu: "1" } }),
  bounds({ type: "Container" }, { type: "Container" }),
  bounds({ type: "PersistentVolumeClaim", max: { cpu: "1" } }),
  bounds({ type: "Some" }, { max: { cpu: "1" } }),
];

const policy = (spec: Json): Json => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name: "a" },
  spec: { podSelector: {}, ...spec },
});
const from = (...peers: Json[]): Json => policy({ ingress: [{ from: peers }] });
const to = (port: Json): Json => policy({ egress: [{ ports: [port] }] });
const policies = [
  policy({ policyTypes: ["Some"] }),
  policy({ policyTypes: ["Ingress", "Egress", "Ingress"] }),
  from({}),
  from({ ipBlock: { cidr: "10.0.0.0/8", except: ["11.0.0.0/8", "10.0.0.0/8", "10.1.0.0/16"] } }),
  from({ ipBlock: { cidr: "10.0.0.1/8" } }, { ipBlock: { cidr: "x" } }, { ipBlock: { cidr: "" } }),
  from({ ipBlock: { cidr: "10.0.0.0/8" }, podSelector: {} }),
  from({ namespaceSelector: { matchLabels: { "two words": "x" } } }),
  to({ port: "http", endPort: 90 }),
  to({ port: 80, endPort: 70 }),
  to({ endPort: 70 }),
  to({ port: 0, protocol: "Some" }),
  to({ port: "Not_A_Port" }),
];

const onHost = (host: string): Json => ingress("a", { rules: [{ host }] });
const ingresses = [
  onHost("*"),
  onHost("a.*.b"),
  onHost("*.example.org"),
  onHost("1.2.3.4"),
  ingress("a", { defaultBackend: {} }),
  ingress("a", { tls: [{ hosts: ["a", "*.b.c", "1.2.3.4"] }] }),
  ingress("a", { tls: [{ hosts: ["-"], secretName: "Bad!" }], ingressClassName: "x/y" }),
];

const port80 = [{ port: 80 }];
const services = [
  service("a", { internalTrafficPolicy: "Some" }),
  service("a", { type: "LoadBalancer", externalTrafficPolicy: "Some" }),
  service("a", { loadBalancerClass: "example.org/x" }),
  service("a", {
    sessionAffinity: "ClientIP",
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 0 } },
  }),
  service("a", { externalIPs: ["127.0.0.1", "x"] }),
  service("a", { ipFamilyPolicy: "RequireDualStack" }),
  service("a", { ipFamilies: ["IPv6"] }),
  service("a", { trafficDistribution: "Some" }),
  service("a", { ports: [{ port: 80, appProtocol: "two words" }] }),
  { apiVersion: "v1", kind: "Service", metadata: { name: "a" }, spec: { clusterIP: "None" } },
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "a" },
    spec: { clusterIP: "None", ports: port80, ipFamilyPolicy: "SingleStack" },
  },
];

const rbac = "/apis/rbac.authorization.k8s.io/v1";
const gathering = (...clusterRoleSelectors: Json[]): Json => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRole",
  metadata: { name: "{ns}-a" },
  aggregationRule: { clusterRoleSelectors },
});
const bound: Json = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "RoleBinding",
  metadata: { name: "a" },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
  subjects: [{ kind: "ServiceAccount", name: "default" }],
};

const reviewed = (kind: string, spec: Json): Json => ({
  apiVersion: kind === "TokenReview" ? "authentication.k8s.io/v1" : "authorization.k8s.io/v1",
  kind,
  spec,
});
const reviews = "/apis/authorization.k8s.io/v1";
const reading = { verb: "get", resource: "pods" };

/** What an able outsider tried and found told otherwise: by kind, and how lists go by their versions and names. */
export const refusalCases: readonly ParityCase[] = [
  told("containers", at("pods"), containers),
  told("where pods may run", at("pods"), scheduling),
  told("what is around pods", at("pods"), surroundings),
  told("volumes of pods", at("pods"), volumes),
  told("volumes", "/api/v1/persistentvolumes", disks),
  told("Services", at("services"), services),
  told("cluster roles that gather others", `${rbac}/clusterroles`, [
    gathering(),
    gathering({ matchExpressions: [{ key: "a", operator: "Is" }] }),
  ]),
  {
    title: "an account that a binding names without a namespace is of the binding's",
    steps: [
      post(at("rolebindings"), bound),
      {
        ...post(
          `${reviews}/subjectaccessreviews`,
          reviewed("SubjectAccessReview", {
            user: "system:serviceaccount:{ns}:default",
            resourceAttributes: { ...reading, namespace: "{ns}" },
          }),
        ),
        // A real server hears of its own bindings a moment later.
        until: (_status, body) => (body as { status?: { allowed?: boolean } }).status?.allowed === true,
      },
    ],
  },
  {
    title: "reviews that ask of nobody, of two things, of another namespace and of nothing",
    steps: [
      post(
        `${reviews}/subjectaccessreviews`,
        reviewed("SubjectAccessReview", { resourceAttributes: reading }),
      ),
      post(
        `${reviews}/selfsubjectaccessreviews`,
        reviewed("SelfSubjectAccessReview", {
          resourceAttributes: reading,
          nonResourceAttributes: { path: "/x", verb: "get" },
        }),
      ),
      post(
        `${reviews}/namespaces/{ns}/localsubjectaccessreviews`,
        reviewed("LocalSubjectAccessReview", {
          user: "a",
          resourceAttributes: { ...reading, namespace: "other" },
        }),
      ),
      post("/apis/authentication.k8s.io/v1/tokenreviews", reviewed("TokenReview", {})),
    ],
  },
  told("quotas", at("resourcequotas"), quotas),
  told("limit ranges", at("limitranges"), limitRanges),
  told("network policies", at("networkpolicies"), policies),
  told("ingresses", at("ingresses"), ingresses),
  told("Jobs", at("jobs"), jobs),
  told(
    "schedules",
    at("cronjobs"),
    schedules.map((schedule) => cronJob("a", { schedule })),
  ),
  told("StatefulSets", at("statefulsets"), statefulSets),
  told("DaemonSets", at("daemonsets"), daemonSets),
  told("autoscalers", at("horizontalpodautoscalers"), autoscalers),
  told("budgets", at("poddisruptionbudgets"), [
    budget({ minAvailable: "150%" }),
    budget({ minAvailable: "some" }),
    budget({ maxUnavailable: 1, unhealthyPodEvictionPolicy: "Sometimes" }),
  ]),
  told("priority classes", "/apis/scheduling.k8s.io/v1/priorityclasses", [
    priority({ value: 1_000_000_001 }),
    priority({ value: 1, preemptionPolicy: "Sometimes" }),
    priority({ value: 1 }, "system-{ns}"),
  ]),
  told("storage classes", storageClasses, [
    storage({ provisioner: "two words" }),
    storage({ parameters: { "": "x" } }),
    storage({ reclaimPolicy: "Recycle" }),
    storage({ volumeBindingMode: "Later" }),
    storage({ allowedTopologies: [{ matchLabelExpressions: [{ key: "a", values: [] }] }] }),
  ]),
  {
    title: "a storage class that is deleted is shown",
    steps: [post(storageClasses, storage({})), remove(`${storageClasses}/{ns}-a`)],
  },
  {
    title: "an indexed Job grows with all of its indexes at once",
    steps: [
      post(at("jobs"), indexed({ parallelism: 3 })),
      apply("one", at("jobs", "a"), {
        apiVersion: "batch/v1",
        kind: "Job",
        metadata: { name: "a" },
        spec: { completions: 5 },
      }),
    ],
  },
  {
    title: "a page of a named moment is of that moment",
    steps: [
      post(at("configmaps"), configMap("a")),
      post(at("configmaps"), configMap("c")),
      post(at("configmaps"), configMap("b")),
      get(at("configmaps"), { resourceVersion: "<1.metadata.resourceVersion>", limit: 5 }),
      get(at("configmaps"), {
        resourceVersion: "<1.metadata.resourceVersion>",
        resourceVersionMatch: "NotOlderThan",
        limit: 5,
      }),
      get(at("configmaps"), { limit: 1, fieldSelector: "metadata.name=a" }),
    ],
  },
  {
    title: "ports that are there twice stay when a manager gives up its own",
    steps: [
      post(at("deployments"), ports("a", [{ containerPort: 80 }, { containerPort: 80, name: "again" }])),
      forceApply("one", at("deployments", "a"), ports("a", [{ containerPort: 81 }])),
      forceApply("one", at("deployments", "a"), ports("a", [])),
    ],
  },
  {
    title: "a Scale has columns of its own",
    steps: [
      post(at("deployments"), deployment("a", { replicas: 2 })),
      get(at("deployments", "a", "scale"), undefined, {
        accept: "application/json;as=Table;v=v1;g=meta.k8s.io",
      }),
    ],
  },
  {
    title: "columns of autoscalers by what they go by",
    steps: [
      post(
        at("horizontalpodautoscalers"),
        autoscaler({
          metrics: [
            {
              type: "Pods",
              pods: { metric: { name: "q" }, target: { type: "AverageValue", averageValue: "1k" } },
            },
            {
              type: "Resource",
              resource: { name: "memory", target: { type: "AverageValue", averageValue: "1Gi" } },
            },
            { type: "External", external: { metric: { name: "q" }, target: { type: "Value", value: "5" } } },
          ],
        }),
      ),
      get(at("horizontalpodautoscalers"), undefined, {
        accept: "application/json;as=Table;v=v1;g=meta.k8s.io",
      }),
    ],
  },
];
