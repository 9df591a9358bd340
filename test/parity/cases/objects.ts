// Small objects for cases, and where they live.

const roots: Record<string, string> = {
  deployments: "/apis/apps/v1",
  replicasets: "/apis/apps/v1",
  statefulsets: "/apis/apps/v1",
  daemonsets: "/apis/apps/v1",
  controllerrevisions: "/apis/apps/v1",
  jobs: "/apis/batch/v1",
  cronjobs: "/apis/batch/v1",
  horizontalpodautoscalers: "/apis/autoscaling/v2",
  ingresses: "/apis/networking.k8s.io/v1",
  networkpolicies: "/apis/networking.k8s.io/v1",
  endpointslices: "/apis/discovery.k8s.io/v1",
  leases: "/apis/coordination.k8s.io/v1",
  poddisruptionbudgets: "/apis/policy/v1",
  roles: "/apis/rbac.authorization.k8s.io/v1",
  rolebindings: "/apis/rbac.authorization.k8s.io/v1",
};

/** `at("pods")`, `at("pods", "a")`, `at("pods", "a", "status")`: a path in the case's namespace. */
export const at = (plural: string, ...rest: string[]): string =>
  [`${roots[plural] ?? "/api/v1"}/namespaces/{ns}/${plural}`, ...rest].join("/");

export const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

type Json = Record<string, unknown>;

export const configMap = (name: string, data?: Json, metadata: Json = {}): Json => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, ...metadata },
  ...(data === undefined ? {} : { data }),
});

export const container = (more: Json = {}): Json => ({
  name: "main",
  image: "registry.example.org/a:1",
  ...more,
});

export const podSpec = (more: Json = {}): Json => ({ containers: [container()], ...more });

export const pod = (name: string, spec: Json = {}, metadata: Json = {}): Json => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, ...metadata },
  spec: podSpec(spec),
});

const template = (spec: Json = {}): Json => ({ metadata: { labels: { app: "a" } }, spec: podSpec(spec) });
const selector = { matchLabels: { app: "a" } };

export const deployment = (name: string, spec: Json = {}, metadata: Json = {}): Json => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name, ...metadata },
  spec: { selector, template: template(), ...spec },
});

export const deploymentOf = (name: string, ofPod: Json): Json =>
  deployment(name, { template: template(ofPod) });

export const statefulSet = (name: string, spec: Json = {}): Json => ({
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: { name },
  spec: { serviceName: name, selector, template: template(), ...spec },
});

export const daemonSet = (name: string, spec: Json = {}): Json => ({
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: { name },
  spec: { selector, template: template(), ...spec },
});

export const replicaSet = (name: string, spec: Json = {}): Json => ({
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  metadata: { name },
  spec: { selector, template: template(), ...spec },
});

export const job = (name: string, spec: Json = {}): Json => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name },
  spec: { template: { spec: podSpec({ restartPolicy: "Never" }) }, ...spec },
});

export const cronJob = (name: string, spec: Json = {}): Json => ({
  apiVersion: "batch/v1",
  kind: "CronJob",
  metadata: { name },
  spec: {
    schedule: "0 3 * * *",
    jobTemplate: { spec: { template: { spec: podSpec({ restartPolicy: "Never" }) } } },
    ...spec,
  },
});

export const service = (name: string, spec: Json = {}): Json => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name },
  spec: { selector: { app: "a" }, ports: [{ port: 80 }], ...spec },
});

export const claim = (name: string, spec: Json = {}): Json => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, ...spec },
});

export const secret = (name: string, more: Json = {}): Json => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name },
  ...more,
});

export const ingress = (name: string, spec: Json = {}): Json => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: { name },
  spec: {
    rules: [
      {
        host: "a.example.org",
        http: {
          paths: [
            { path: "/", pathType: "Prefix", backend: { service: { name: "a", port: { number: 80 } } } },
          ],
        },
      },
    ],
    ...spec,
  },
});

/** A definition whose group is the case's namespace; its kind is Sample. */
export const sampleDefinition = (version: Json = {}, spec: Json = {}): Json => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "samples.{ns}.example.org" },
  spec: {
    group: "{ns}.example.org",
    scope: "Namespaced",
    names: { plural: "samples", singular: "sample", kind: "Sample", shortNames: ["sa"] },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: {
                type: "object",
                required: ["size"],
                properties: {
                  size: { type: "integer", minimum: 1, maximum: 9 },
                  colour: { type: "string", enum: ["red", "green"], default: "red" },
                  items: {
                    type: "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["name"],
                    items: {
                      type: "object",
                      required: ["name"],
                      properties: { name: { type: "string" }, n: { type: "integer", default: 3 } },
                    },
                  },
                  tags: { type: "array", "x-kubernetes-list-type": "set", items: { type: "string" } },
                  free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
                  quantity: { "x-kubernetes-int-or-string": true },
                },
              },
              status: {
                type: "object",
                properties: { phase: { type: "string" }, replicas: { type: "integer" } },
              },
            },
          },
        },
        ...version,
      },
    ],
    ...spec,
  },
});

export const samples = (...rest: string[]): string =>
  ["/apis/{ns}.example.org/v1/namespaces/{ns}/samples", ...rest].join("/");

export const sample = (name: string, spec: Json, more: Json = {}): Json => ({
  apiVersion: "{ns}.example.org/v1",
  kind: "Sample",
  metadata: { name },
  spec,
  ...more,
});

/** A fitting `until` for a definition that has to be served. */
export const established = (_status: number, body: unknown): boolean =>
  ((body as { status?: { conditions?: { type: string; status: string }[] } }).status?.conditions ?? []).some(
    ({ type, status }) => type === "Established" && status === "True",
  );
