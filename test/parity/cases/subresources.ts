import {
  apply,
  get,
  patchJson,
  patchMerge,
  patchStrategic,
  post,
  put,
  remove,
  replaceFrom,
  type ParityCase,
} from "../ParityCase.ts";
import { at, deployment, job, pod, replicaSet, statefulSet, configMap, service } from "./objects.ts";

const scale = (replicas: number): unknown => ({
  apiVersion: "autoscaling/v1",
  kind: "Scale",
  metadata: { name: "a", namespace: "{ns}" },
  spec: { replicas },
});
const binding = (node: string): unknown => ({
  apiVersion: "v1",
  kind: "Binding",
  metadata: { name: "a" },
  target: { apiVersion: "v1", kind: "Node", name: node },
});

/** scale, status, binding, eviction, token, and those that are not there. */
export const subresourceCases: readonly ParityCase[] = [
  ...(
    [
      ["deployments", deployment("a", { replicas: 2 })],
      ["statefulsets", statefulSet("a", { replicas: 2 })],
      ["replicasets", replicaSet("a", { replicas: 2 })],
    ] as const
  ).map(([plural, object]): ParityCase => ({
    title: `scale of ${plural}: read, replace, patch, refuse`,
    steps: [
      post(at(plural), object),
      get(at(plural, "a", "scale")),
      put(at(plural, "a", "scale"), scale(3)),
      patchMerge(at(plural, "a", "scale"), { spec: { replicas: 4 } }),
      put(at(plural, "a", "scale"), scale(-1)),
      patchMerge(at(plural, "a", "scale"), { metadata: { resourceVersion: "1" }, spec: { replicas: 5 } }),
      get(at(plural, "a")),
    ],
  })),
  {
    title: "scale of what is not there",
    steps: [get(at("deployments", "a", "scale")), put(at("deployments", "a", "scale"), scale(1))],
  },
  {
    title: "scale by JSON patch and strategic merge",
    steps: [
      post(at("deployments"), deployment("a")),
      patchJson(at("deployments", "a", "scale"), [{ op: "replace", path: "/spec/replicas", value: 5 }]),
      patchStrategic(at("deployments", "a", "scale"), { spec: { replicas: 6 } }),
    ],
  },
  {
    title: "status of a pod by replace and patch",
    steps: [
      post(at("pods"), pod("a")),
      replaceFrom(0, at("pods", "a", "status"), {
        status: { phase: "Running", podIP: "10.1.1.1", podIPs: [{ ip: "10.1.1.1" }] },
      }),
      patchStrategic(at("pods", "a", "status"), {
        status: { conditions: [{ type: "Ready", status: "True" }] },
      }),
      patchStrategic(at("pods", "a", "status"), {
        status: { conditions: [{ type: "Initialized", status: "True" }] },
      }),
      get(at("pods", "a", "status")),
    ],
  },
  {
    title: "status of a pod ignores spec and labels",
    steps: [
      post(at("pods"), pod("a")),
      patchMerge(at("pods", "a", "status"), {
        spec: { nodeName: "x" },
        metadata: { labels: { x: "1" }, annotations: { y: "1" } },
        status: { message: "m" },
      }),
    ],
  },
  {
    title: "status of a Job: refused when it makes no sense, taken when it does",
    steps: [
      post(at("jobs"), job("a")),
      patchMerge(at("jobs", "a", "status"), {
        status: { succeeded: 1, conditions: [{ type: "Complete", status: "True" }] },
      }),
      patchMerge(at("jobs", "a", "status"), {
        status: { active: 1, startTime: "2026-01-01T00:00:00Z", uncountedTerminatedPods: {} },
      }),
    ],
  },
  {
    title: "a status where there is none",
    steps: [
      post(at("configmaps"), configMap("a")),
      get(at("configmaps", "a", "status")),
      put(at("configmaps", "a", "nonsense"), {}),
    ],
  },
  {
    title: "a pod is bound once",
    steps: [
      post(at("pods"), pod("a")),
      post(at("pods", "a", "binding"), binding("n1")),
      get(at("pods", "a")),
      post(at("pods", "a", "binding"), binding("n2")),
    ],
  },
  {
    title: "a pod's node can't be patched in",
    steps: [post(at("pods"), pod("a")), patchMerge(at("pods", "a"), { spec: { nodeName: "x" } })],
  },
  {
    title: "eviction deletes",
    steps: [
      post(at("pods"), pod("a")),
      post(at("pods", "a", "eviction"), {
        apiVersion: "policy/v1",
        kind: "Eviction",
        metadata: { name: "a" },
      }),
      get(at("pods", "a")),
      post(at("pods", "a", "eviction"), {
        apiVersion: "policy/v1",
        kind: "Eviction",
        metadata: { name: "a" },
      }),
    ],
  },
  {
    title: "logs of a pod that no node has",
    steps: [
      post(at("pods"), pod("a")),
      get(at("pods", "a", "log")),
      get(at("pods", "a", "log"), { container: "none" }),
      get(at("pods", "none", "log")),
      get(at("pods", "a", "log"), { tailLines: -1 }),
    ],
  },
  {
    title: "verbs that a subresource does not have",
    steps: [
      post(at("deployments"), deployment("a")),
      remove(at("deployments", "a", "scale")),
      post(at("deployments", "a", "status"), deployment("a")),
      get(at("pods", "a", "eviction")),
      get(at("pods", "a", "binding")),
    ],
  },
  {
    title: "ephemeral containers are added through theirs",
    steps: [
      post(at("pods"), pod("a")),
      patchStrategic(at("pods", "a", "ephemeralcontainers"), {
        spec: { ephemeralContainers: [{ name: "debug", image: "b" }] },
      }),
      patchStrategic(at("pods", "a"), { spec: { ephemeralContainers: [{ name: "more", image: "b" }] } }),
    ],
  },
  {
    title: "a Service's load balancer address comes by its status",
    steps: [
      post(at("services"), service("a", { type: "LoadBalancer" })),
      patchMerge(at("services", "a", "status"), {
        status: { loadBalancer: { ingress: [{ ip: "10.9.9.9" }] } },
      }),
      apply("x", at("services", "a", "status"), {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "a" },
        status: { conditions: [] },
      }),
    ],
  },
  {
    title: "who am I",
    steps: [
      {
        ...post("/apis/authentication.k8s.io/v1/selfsubjectreviews", {
          apiVersion: "authentication.k8s.io/v1",
          kind: "SelfSubjectReview",
        }),
        view: (body) =>
          Object.keys((body as { status: { userInfo: object } }).status?.userInfo ?? {}).filter(
            (key) => key !== "extra",
          ),
      },
    ],
  },
  {
    title: "may I",
    steps: [
      post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectAccessReview",
        spec: { resourceAttributes: { verb: "create", resource: "pods", namespace: "{ns}" } },
      }),
    ].map((step) => ({
      ...step,
      view: (body: unknown) => (body as { status?: { allowed?: boolean } }).status?.allowed,
    })),
  },
];
