import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../../contract/index.ts";
import { builtinKinds } from "../../../kube/index.ts";
import { copyJson } from "../apply/copyJson.ts";
import { schemaFor } from "../apply/testing/replay.ts";
import { decode } from "../schema/decode.ts";
import type { KindStrategy, WriteContext } from "./KindStrategy.ts";
import { strategyOf } from "./registry.ts";

const context: WriteContext = {
  now: "2026-01-01T00:00:00Z",
  allocateClusterIP: (wanted) => wanted ?? "10.96.0.7",
  allocateNodePort: (wanted) => wanted ?? 30_123,
};

function kindOf(sent: { apiVersion: string; kind: string }): KindStrategy {
  const group = sent.apiVersion.includes("/") ? sent.apiVersion.split("/")[0]! : "";
  const info = builtinKinds.find((one) => one.kind === sent.kind && one.group === group)!;
  return strategyOf({ group, kind: sent.kind, namespaced: info.namespaced });
}

function object(apiVersion: string, kind: string, rest: object): KubeObject {
  const { metadata, ...fields } = rest as { metadata?: object };
  const namespaced = kindOf({ apiVersion, kind }).namespaced;
  return {
    apiVersion,
    kind,
    metadata: { name: "n", ...(namespaced ? { namespace: "d" } : {}), uid: "u", ...metadata },
    ...fields,
  };
}

/** As a create stores it. */
function created(sent: KubeObject): KubeObject {
  const stored = copyJson(sent);
  decode({
    object: stored,
    schema: schemaFor(sent.apiVersion, sent.kind),
    kind: sent.kind,
    apiVersion: sent.apiVersion,
  });
  const strategy = kindOf(stored);
  strategy.defaults(stored);
  strategy.prepareForCreate(stored, context);
  return stored;
}

const problemsOf = (sent: KubeObject): string[] =>
  kindOf(sent)
    .validate(created(sent))
    .map((error) => `${error.field}: ${error.message}`);

/** What is refused when a stored object is changed. */
function problemsOfChange(sent: KubeObject, change: (next: KubeObject) => void): string[] {
  const live = created(sent);
  const next = copyJson(live);
  change(next);
  const strategy = kindOf(live);
  strategy.defaults(next);
  strategy.prepareForUpdate(next, live, context);
  return strategy.validateUpdate(next, live).map((error) => `${error.field}: ${error.message}`);
}

const labels = { app: "a" };
const containers = [{ name: "c", image: "nginx:1" }];
const template = (spec: object = {}): object => ({ metadata: { labels }, spec: { containers, ...spec } });
const workload = (kind: string, spec: object = {}): KubeObject =>
  object("apps/v1", kind, { spec: { selector: { matchLabels: labels }, template: template(), ...spec } });
const pod = (spec: object): KubeObject => object("v1", "Pod", { spec: { containers, ...spec } });
const job = (spec: object = {}): KubeObject =>
  object("batch/v1", "Job", {
    spec: { template: { spec: { containers, restartPolicy: "Never" } }, ...spec },
  });
const cronJob = (spec: object = {}, metadata: object = {}): KubeObject =>
  object("batch/v1", "CronJob", {
    metadata,
    spec: {
      schedule: "*/5 * * * *",
      jobTemplate: { spec: { template: { spec: { containers, restartPolicy: "Never" } } } },
      ...spec,
    },
  });
const service = (spec: object): KubeObject =>
  object("v1", "Service", { spec: { ports: [{ port: 80 }], ...spec } });
const claim = (spec: object = {}): KubeObject =>
  object("v1", "PersistentVolumeClaim", {
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, ...spec },
  });

describe("defaults", () => {
  test("of a Deployment and its pods are a real server's", () => {
    expect(created(workload("Deployment"))["spec"]).toEqual({
      replicas: 1,
      selector: { matchLabels: labels },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "25%", maxSurge: "25%" } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      template: {
        metadata: { labels },
        spec: {
          containers: [
            {
              name: "c",
              image: "nginx:1",
              imagePullPolicy: "IfNotPresent",
              resources: {},
              terminationMessagePath: "/dev/termination-log",
              terminationMessagePolicy: "File",
            },
          ],
          restartPolicy: "Always",
          terminationGracePeriodSeconds: 30,
          dnsPolicy: "ClusterFirst",
          securityContext: {},
          schedulerName: "default-scheduler",
        },
      },
    });
  });

  test.each([
    ["nginx", "Always"],
    ["nginx:latest", "Always"],
    ["localhost:5000/nginx", "Always"],
    ["localhost:5000/nginx:1", "IfNotPresent"],
    ["nginx@sha256:0000", "IfNotPresent"],
    ["nginx:latest@sha256:0000", "IfNotPresent"],
  ])("pull %s %s", (image, policy) => {
    expect(created(pod({ containers: [{ name: "c", image }] }))["spec"]).toMatchObject({
      containers: [{ imagePullPolicy: policy }],
    });
  });

  test("of a Pod make a request of a limit, and tell how well it is served", () => {
    const stored = created(
      pod({ containers: [{ name: "c", image: "i", resources: { limits: { cpu: "1" } } }] }),
    );
    expect(stored["spec"]).toMatchObject({
      enableServiceLinks: true,
      containers: [{ resources: { limits: { cpu: "1" }, requests: { cpu: "1" } } }],
    });
    expect(stored["status"]).toEqual({ phase: "Pending", qosClass: "Burstable" });
  });

  test("of probes, ports, environment and volumes", () => {
    const spec = {
      volumes: [{ name: "s", secret: { secretName: "x" } }, { name: "e" }],
      containers: [
        {
          name: "c",
          image: "i",
          ports: [{ containerPort: 80 }],
          livenessProbe: { httpGet: { port: 80 } },
          env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
        },
      ],
    };
    expect(created(pod(spec))["spec"]).toMatchObject({
      volumes: [{ secret: { defaultMode: 420 } }, { emptyDir: {} }],
      containers: [
        {
          ports: [{ protocol: "TCP" }],
          livenessProbe: {
            httpGet: { path: "/", scheme: "HTTP" },
            timeoutSeconds: 1,
            periodSeconds: 10,
            successThreshold: 1,
            failureThreshold: 3,
          },
          env: [{ valueFrom: { fieldRef: { apiVersion: "v1" } } }],
        },
      ],
    });
  });

  test.each<[string, KubeObject, object]>([
    [
      "a StatefulSet",
      workload("StatefulSet"),
      {
        replicas: 1,
        podManagementPolicy: "OrderedReady",
        updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } },
        persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
      },
    ],
    [
      "a DaemonSet",
      workload("DaemonSet"),
      {
        updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
        revisionHistoryLimit: 10,
      },
    ],
    [
      "a Job",
      job(),
      {
        backoffLimit: 6,
        completions: 1,
        parallelism: 1,
        completionMode: "NonIndexed",
        suspend: false,
        manualSelector: false,
        podReplacementPolicy: "TerminatingOrFailed",
      },
    ],
    [
      "a CronJob",
      cronJob(),
      {
        concurrencyPolicy: "Allow",
        suspend: false,
        successfulJobsHistoryLimit: 3,
        failedJobsHistoryLimit: 1,
      },
    ],
    ["a claim", claim(), { volumeMode: "Filesystem" }],
    ["a Namespace", object("v1", "Namespace", {}), { finalizers: ["kubernetes"] }],
    [
      "a NetworkPolicy",
      object("networking.k8s.io/v1", "NetworkPolicy", { spec: { podSelector: {}, egress: [{}] } }),
      { policyTypes: ["Ingress", "Egress"] },
    ],
    [
      "an autoscaler",
      object("autoscaling/v2", "HorizontalPodAutoscaler", { spec: { maxReplicas: 2 } }),
      { minReplicas: 1 },
    ],
  ])("of %s", (_what, sent, spec) => {
    expect(created(sent)["spec"]).toMatchObject(spec);
  });

  test("of a Service allocate its address, and its node ports where it has some", () => {
    expect(created(service({}))["spec"]).toEqual({
      type: "ClusterIP",
      ports: [{ port: 80, protocol: "TCP", targetPort: 80 }],
      sessionAffinity: "None",
      internalTrafficPolicy: "Cluster",
      clusterIP: "10.96.0.7",
      clusterIPs: ["10.96.0.7"],
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "SingleStack",
    });
    expect(created(service({ type: "NodePort" }))["spec"]).toMatchObject({
      externalTrafficPolicy: "Cluster",
      ports: [{ nodePort: 30_123 }],
    });
    expect(created(service({ clusterIP: "None" }))["spec"]).toMatchObject({ clusterIPs: ["None"] });
  });

  test("of a Job label its pods with its uid", () => {
    const spec = created(job())["spec"] as { selector: object; template: { metadata: { labels: object } } };
    expect(spec.selector).toEqual({ matchLabels: { "batch.kubernetes.io/controller-uid": "u" } });
    expect(spec.template.metadata.labels).toEqual({
      "batch.kubernetes.io/controller-uid": "u",
      "batch.kubernetes.io/job-name": "n",
      "controller-uid": "u",
      "job-name": "n",
    });
  });

  test("of a Secret move its texts to its data", () => {
    expect(created(object("v1", "Secret", { data: { a: "eA==" }, stringData: { b: "y" } }))).toMatchObject({
      type: "Opaque",
      data: { a: "eA==", b: "eQ==" },
    });
    expect(created(object("v1", "Secret", { stringData: { b: "y" } }))["stringData"]).toBeUndefined();
  });

  test("of a Namespace label it with its name", () => {
    expect(created(object("v1", "Namespace", {})).metadata.labels).toEqual({
      "kubernetes.io/metadata.name": "n",
    });
  });

  test.each([
    workload("Deployment"),
    workload("StatefulSet"),
    job(),
    cronJob(),
    service({}),
    claim(),
    pod({}),
  ])("twice are once: $kind", (sent) => {
    const once = created(sent);
    const twice = copyJson(once);
    kindOf(sent).defaults(twice);
    expect(twice).toEqual(once);
  });
});

describe("what is refused", () => {
  const subdomain =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

  test.each<[string, KubeObject, string]>([
    [
      "a name",
      object("v1", "ConfigMap", { metadata: { name: "A_b" } }),
      `metadata.name: Invalid value: "A_b": ${subdomain}`,
    ],
    [
      "a Service's name",
      object("v1", "Service", { metadata: { name: "a_" }, spec: { ports: [{ port: 1 }] } }),
      "metadata.name: Invalid value: \"a_\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    ],
    [
      "a label",
      object("v1", "ConfigMap", { metadata: { labels: { a: "b c" } } }),
      "metadata.labels: Invalid value: \"b c\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
    ],
    [
      "annotations that are too long",
      object("v1", "ConfigMap", { metadata: { annotations: { a: "x".repeat(262_144) } } }),
      "metadata.annotations: Too long: may not be more than 262144 bytes",
    ],
    [
      "a selector that doesn't fit",
      workload("Deployment", { selector: { matchLabels: { b: "c" } } }),
      'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`',
    ],
    [
      "an empty selector",
      workload("Deployment", { selector: {} }),
      "spec.selector: Invalid value: {}: empty selector is invalid for deployment",
    ],
    ["no containers", pod({ containers: [] }), "spec.containers: Required value"],
    ["no image", pod({ containers: [{ name: "c" }] }), "spec.containers[0].image: Required value"],
    [
      "two containers of one name",
      pod({ containers: [...containers, ...containers] }),
      'spec.containers[1].name: Duplicate value: "c"',
    ],
    [
      "two ports of one name",
      pod({
        containers: [
          {
            ...containers[0],
            ports: [
              { name: "p", containerPort: 1 },
              { name: "p", containerPort: 2 },
            ],
          },
        ],
      }),
      'spec.containers[0].ports[1].name: Duplicate value: "p"',
    ],
    [
      "a port out of range",
      pod({ containers: [{ ...containers[0], ports: [{ containerPort: 70_000 }] }] }),
      "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
    ],
    [
      "a missing volume",
      pod({ containers: [{ ...containers[0], volumeMounts: [{ name: "v", mountPath: "/x" }] }] }),
      'spec.containers[0].volumeMounts[0].name: Not found: "v"',
    ],
    [
      "an environment variable's name",
      pod({ containers: [{ ...containers[0], env: [{ name: "A=B" }] }] }),
      "spec.containers[0].env[0].name: Invalid value: \"A=B\": a valid environment variable name must consist only of printable ASCII characters other than '='",
    ],
    [
      "more requested than allowed",
      pod({
        containers: [{ ...containers[0], resources: { limits: { cpu: "1" }, requests: { cpu: "2" } } }],
      }),
      'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
    ],
    [
      "a liveness probe that must succeed twice",
      pod({
        containers: [{ ...containers[0], livenessProbe: { httpGet: { port: 80 }, successThreshold: 2 } }],
      }),
      "spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1",
    ],
    [
      "a probe that does nothing",
      pod({ containers: [{ ...containers[0], livenessProbe: {} }] }),
      "spec.containers[0].livenessProbe: Required value: must specify a handler type",
    ],
    [
      "a Deployment that ends",
      workload("Deployment", { template: template({ restartPolicy: "Never" }) }),
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ],
    [
      "a Job that never ends",
      job({ template: { spec: { containers } } }),
      'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
    ],
    [
      "a schedule",
      cronJob({ schedule: "every day" }),
      'spec.schedule: Invalid value: "every day": expected exactly 5 fields, found 2: [every day]',
    ],
    [
      "a CronJob's name that is too long",
      cronJob({}, { name: "a".repeat(53) }),
      `metadata.name: Invalid value: "${"a".repeat(53)}": must be no more than 52 characters`,
    ],
    [
      "a time zone",
      cronJob({ timeZone: "Mars/Base" }),
      'spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base',
    ],
    ["a Service without ports", service({ ports: [] }), "spec.ports: Required value"],
    [
      "ports without names",
      service({ ports: [{ port: 80 }, { port: 81, name: "b" }] }),
      "spec.ports[0].name: Required value",
    ],
    ["a claim without size", claim({ resources: {} }), "spec.resources[storage]: Required value"],
    [
      "an access mode",
      claim({ accessModes: ["Some"] }),
      'spec.accessModes: Unsupported value: "Some": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
    ],
    [
      "a TLS secret without key",
      object("v1", "Secret", { type: "kubernetes.io/tls", data: { "tls.crt": "eA==" } }),
      "data[tls.key]: Required value",
    ],
    [
      "a key",
      object("v1", "ConfigMap", { data: { "a b": "1" } }),
      "data[a b]: Invalid value: \"a b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    ],
    [
      "an Ingress path without type",
      object("networking.k8s.io/v1", "Ingress", {
        spec: {
          rules: [
            { http: { paths: [{ path: "/", backend: { service: { name: "s", port: { number: 80 } } } }] } },
          ],
        },
      }),
      "spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified",
    ],
    [
      "both limits of a budget",
      object("policy/v1", "PodDisruptionBudget", { spec: { minAvailable: 1, maxUnavailable: 1 } }),
      'spec: Invalid value: {"minAvailable":1,"maxUnavailable":1}: minAvailable and maxUnavailable cannot be both set',
    ],
    [
      "a rule without verbs",
      object("rbac.authorization.k8s.io/v1", "Role", { rules: [{ apiGroups: [""], resources: ["pods"] }] }),
      "rules[0].verbs: Required value: verbs must contain at least one value",
    ],
  ])("%s", (_what, sent, problem) => {
    expect(problemsOf(sent)).toEqual([problem]);
  });

  test.each([
    workload("Deployment"),
    workload("StatefulSet", {
      serviceName: "s",
      template: template({
        containers: [{ ...containers[0], volumeMounts: [{ name: "data", mountPath: "/d" }] }],
      }),
      volumeClaimTemplates: [
        {
          metadata: { name: "data" },
          spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
        },
      ],
    }),
    workload("DaemonSet"),
    pod({}),
    job(),
    cronJob({ schedule: "@daily", timeZone: "Europe/Berlin" }),
    service({}),
    claim(),
    object("rbac.authorization.k8s.io/v1", "Role", {
      metadata: { name: "system:thing" },
      rules: [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }],
    }),
  ])("nothing of a right $kind", (sent) => {
    expect(problemsOf(sent)).toEqual([]);
  });
});

const set =
  (path: string, value: unknown) =>
  (next: KubeObject): void => {
    const names = path.split(".");
    const parent = names
      .slice(0, -1)
      .reduce<Record<string, unknown>>((at, name) => at[name] as Record<string, unknown>, next);
    parent[names.at(-1)!] = value;
  };

describe("changes", () => {
  test.each<[string, KubeObject, (next: KubeObject) => void, string]>([
    [
      "a Deployment's selector",
      workload("Deployment"),
      (next) => {
        set("spec.selector", { matchLabels: { app: "a", b: "c" } })(next);
        set("spec.template.metadata.labels", { app: "a", b: "c" })(next);
      },
      'spec.selector: Invalid value: {"matchLabels":{"app":"a","b":"c"}}: field is immutable',
    ],
    [
      "a StatefulSet's service",
      workload("StatefulSet"),
      set("spec.serviceName", "x"),
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ],
    [
      "a Service's address",
      service({}),
      set("spec.clusterIP", "10.96.0.9"),
      'spec.clusterIPs[0]: Invalid value: ["10.96.0.7"]: may not change once set',
    ],
    [
      "a claim",
      claim(),
      set("spec.accessModes", ["ReadWriteMany"]),
      "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims",
    ],
    [
      "an immutable ConfigMap",
      object("v1", "ConfigMap", { immutable: true, data: { a: "1" } }),
      set("data.a", "2"),
      "data: Forbidden: field is immutable when `immutable` is set",
    ],
    [
      "a Secret's type",
      object("v1", "Secret", {}),
      set("type", "other"),
      'type: Invalid value: "other": field is immutable',
    ],
    [
      "a role's reference",
      object("rbac.authorization.k8s.io/v1", "RoleBinding", { roleRef: { kind: "Role", name: "r" } }),
      set("roleRef.name", "s"),
      'roleRef: Invalid value: {"kind":"Role","name":"s","apiGroup":"rbac.authorization.k8s.io"}: cannot change roleRef',
    ],
  ])("of %s are refused", (_what, sent, change, problem) => {
    expect(problemsOfChange(sent, change)).toEqual([problem]);
  });

  test("of a Job's template are refused, of its parallelism not", () => {
    expect(problemsOfChange(job(), set("spec.template.spec.activeDeadlineSeconds", 5))[0]).toMatch(
      /^spec\.template: Invalid value: .*field is immutable$/,
    );
    expect(problemsOfChange(job(), set("spec.parallelism", 2))).toEqual([]);
  });

  test("of a Pod are refused but for its images and the like", () => {
    expect(problemsOfChange(pod({}), set("spec.hostname", "h"))[0]).toMatch(
      /^spec: Forbidden: pod updates may not change fields other than `spec\.containers\[\*\]\.image`/,
    );
    expect(
      problemsOfChange(
        pod({}),
        set("spec.containers", [
          { ...(created(pod({}))["spec"] as { containers: object[] }).containers[0], image: "nginx:2" },
        ]),
      ),
    ).toEqual([]);
  });

  test("count as a new generation when the spec moves, and only then", () => {
    const live = created(workload("Deployment"));
    const strategy = kindOf(live);
    const generationAfter = (change: (next: KubeObject) => void): number => {
      const next = copyJson(live);
      change(next);
      strategy.prepareForUpdate(next, live, context);
      return next.metadata.generation!;
    };
    expect(live.metadata.generation).toBe(1);
    expect(generationAfter(() => {})).toBe(1);
    expect(generationAfter(set("spec.replicas", 2))).toBe(2);
    expect(generationAfter(set("metadata.annotations", { a: "b" }))).toBe(2);
    expect(generationAfter(set("metadata.labels", { a: "b" }))).toBe(1);
    expect(generationAfter(set("status", { replicas: 9 }))).toBe(1);
  });

  test("of the status go by its own endpoint, and of the rest by the main one", () => {
    const live = { ...created(workload("Deployment")), status: { replicas: 1 } };
    const strategy = kindOf(live);
    const main = { ...copyJson(live), status: { replicas: 9 } };
    strategy.prepareForUpdate(main, live, context);
    expect(main.status).toEqual({ replicas: 1 });
    const status: KubeObject = { ...copyJson(live), status: { replicas: 9 } };
    (status["spec"] as { replicas: number }).replicas = 7;
    strategy.prepareForStatusUpdate(status, live);
    expect(status).toEqual({ ...live, status: { replicas: 9 } });
  });

  test("of a Service keep what the client left out", () => {
    const live = created(service({ type: "NodePort" }));
    const next = service({ type: "NodePort", ports: [{ port: 80, targetPort: 81 }] });
    const strategy = kindOf(live);
    strategy.defaults(next);
    strategy.prepareForUpdate(next, live, context);
    expect(next["spec"]).toMatchObject({
      clusterIP: "10.96.0.7",
      clusterIPs: ["10.96.0.7"],
      ports: [{ nodePort: 30_123, targetPort: 81 }],
    });
  });
});
