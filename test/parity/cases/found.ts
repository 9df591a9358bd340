import { apply, get, patchJson, patchMerge, post, put, remove, type ParityCase } from "../ParityCase.ts";
import {
  at,
  configMap,
  crds,
  deployment,
  deploymentOf,
  established,
  sample,
  sampleDefinition,
  samples,
  secret,
  service,
} from "./objects.ts";

const jobOf = (metadata: object): Record<string, unknown> => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name: "a" },
  spec: {
    template: { metadata, spec: { restartPolicy: "Never", containers: [{ name: "main", image: "x" }] } },
  },
});
const definition = `${crds}/samples.{ns}.example.org`;

/** What random sequences found (`../random/`), cut down to what shows it. */
export const foundCases: readonly ParityCase[] = [
  {
    title: "found: a Job without labels has those of its template, with what the server adds to them",
    steps: [
      post(at("jobs"), jobOf({ labels: { app: "x" } })),
      patchMerge(at("jobs", "a"), {}),
      get(at("jobs", "a")),
      patchMerge(at("jobs", "a"), { spec: { suspend: true } }),
    ],
  },
  {
    title: "found: a refusal put back as an object",
    steps: [
      get(at("configmaps", "a")),
      { ...put(at("configmaps", "a"), {}), from: 0 },
      { ...put(at("deployments", "a"), {}), from: 0 },
    ],
  },
  {
    title: "found: a refused write warns of unknown fields too",
    steps: [
      post(at("configmaps"), configMap("a")),
      patchMerge(at("configmaps", "a"), { data: { "no/key": "x" }, spec: { replicas: null } }),
    ],
  },
  {
    title: "found: empty labels of a custom object are left out",
    steps: [
      { ...post(crds, sampleDefinition()), view: () => "defined" },
      { ...get(definition), until: established, view: () => "established" },
      { ...get(samples()), until: (status) => status === 200, view: () => "served" },
      apply("one", samples("a"), sample("a", { size: 1 }, { metadata: { name: "a", labels: {} } })),
    ],
  },
  {
    title: "found: one port in two containers of a pod",
    steps: [
      post(
        at("deployments"),
        deploymentOf("a", {
          containers: ["c", "d"].map((name) => ({
            name,
            image: "x",
            ports: [{ containerPort: 80, name: "p" }],
          })),
        }),
      ),
    ],
  },
  {
    title: "found: a list at a version that is none",
    steps: [get(at("configmaps"), { resourceVersion: "undefined", resourceVersionMatch: "Exact" })],
  },
  {
    title: "found: what is being deleted already exists",
    steps: [
      post(at("secrets"), secret("a", { metadata: { name: "a", finalizers: ["m.n/o"] } })),
      remove(at("secrets", "a")),
      remove(at("secrets", "a"), { kind: "DeleteOptions", apiVersion: "v1", gracePeriodSeconds: 0 }),
      post(at("secrets"), secret("a")),
    ],
  },
  {
    title: "found: JSON patches copy and move what is not there",
    steps: [
      post(at("configmaps"), configMap("a", { l: "x" })),
      patchJson(at("configmaps", "a"), [{ op: "copy", from: "/data/k", path: "/data/l" }]),
      patchJson(at("configmaps", "a"), [{ op: "test", path: "/data/k", value: null }]),
      patchJson(at("configmaps", "a"), [{ op: "move", from: "/data/k", path: "/data/l" }]),
      patchJson(at("configmaps", "a"), [{ op: "copy", from: "/no/k", path: "/data/l" }]),
      post(at("secrets"), secret("a")),
      patchJson(at("secrets", "a"), [{ op: "add", path: "/data", value: { l: null } }]),
    ],
  },
  {
    title: "found: what is immutable is said before what is wrong",
    steps: [
      post(at("configmaps"), { ...configMap("a", { l: "x" }), immutable: true }),
      patchMerge(at("configmaps", "a"), { data: { "m.n/o": "x" }, immutable: false }),
    ],
  },
  {
    title: "found: zero values of Go's types are left out",
    steps: [
      apply(
        "one",
        at("deployments", "a"),
        deployment("a", { paused: false, minReadySeconds: 0, replicas: 0 }),
      ),
      patchMerge(at("deployments", "a"), { spec: { paused: false }, status: null }),
    ],
  },
  {
    title: "found: a scale's owners after it was replaced",
    steps: [
      post(at("deployments"), deployment("a"), { fieldManager: "one" }),
      patchMerge(at("deployments", "a", "scale"), { spec: { replicas: 1 } }, { fieldManager: "two" }),
      get(at("deployments", "a")),
      patchMerge(
        at("deployments", "a", "scale"),
        { spec: { replicas: 2 } },
        { fieldManager: "two", dryRun: "All" },
      ),
      patchMerge(at("deployments", "a", "scale"), { spec: { replicas: 0 } }, { fieldManager: "two" }),
      get(at("deployments", "a")),
    ],
  },
  {
    title: "found: node ports go with the type, and stay with the port's name",
    steps: [
      post(at("services"), service("a", { type: "NodePort", ports: [{ port: 80, name: "p" }] })),
      patchMerge(at("services", "a"), { spec: { ports: [{ port: 81, name: "p", protocol: "UDP" }] } }),
      patchMerge(at("services", "a"), { spec: { type: null, ports: [{ port: 82, name: "q" }] } }),
      patchMerge(at("services", "a"), { spec: { sessionAffinity: "ClientIP" } }),
      patchMerge(at("services", "a"), { spec: { sessionAffinity: "None" } }),
    ],
  },
  {
    title: "found: a status with more ready pods than pods",
    steps: [
      post(at("deployments"), deployment("a")),
      patchMerge(at("deployments", "a", "status"), { status: { replicas: 0, readyReplicas: 1 } }),
    ],
  },
  {
    title: "found: base64 that is none, applied",
    steps: [apply("one", at("secrets", "a"), secret("a", { data: { k: "?" } }))],
  },
  {
    title: "found: a Scale sent as a Deployment, and a Deployment as its Scale",
    steps: [
      post(at("deployments"), deployment("a")),
      put(at("deployments", "a"), {
        apiVersion: "autoscaling/v1",
        kind: "Scale",
        metadata: { name: "a" },
        spec: { replicas: 2 },
      }),
      put(at("deployments", "a", "scale"), deployment("a")),
    ],
  },
  {
    title: "found: null as an item of a list",
    steps: [
      post(at("deployments"), deployment("a")),
      patchJson(at("deployments", "a"), [
        { op: "add", path: "/spec/template/spec/containers/-", value: null },
      ]),
      patchMerge(at("deployments", "a"), { spec: { template: { spec: { containers: [null] } } } }),
    ],
  },
];
