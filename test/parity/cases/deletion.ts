import {
  get,
  patchMerge,
  post,
  put,
  remove,
  replaceFrom,
  withoutWords,
  type ParityCase,
} from "../ParityCase.ts";
import { at, configMap, deployment, job, pod, replicaSet, secret } from "./objects.ts";

const a = at("configmaps", "a");
const plain = post(at("configmaps"), configMap("a"));
const held = post(at("configmaps"), configMap("a", undefined, { finalizers: ["example.org/hold"] }));
const owned = (name: string, more: object = {}): unknown =>
  configMap(name, undefined, {
    ownerReferences: [
      { apiVersion: "apps/v1", kind: "ReplicaSet", name: "a", uid: "<0.metadata.uid>", ...more },
    ],
  });
const notFound = (status: number): boolean => status === 404;
const free = (status: number, body: unknown): boolean =>
  status === 404 ||
  (body as { metadata?: { ownerReferences?: unknown } }).metadata?.ownerReferences === undefined;

/** Deletes: preconditions, finalizers, grace, propagation, owners, namespaces. */
export const deletionCases: readonly ParityCase[] = [
  {
    title: "delete answers by kind",
    steps: [
      plain,
      remove(a),
      post(at("pods"), pod("a")),
      remove(at("pods", "a")),
      post(at("deployments"), deployment("a")),
      remove(at("deployments", "a")),
      post(at("secrets"), secret("a")),
      remove(at("secrets", "a")),
      post(at("jobs"), job("a")),
      remove(at("jobs", "a"), undefined, { propagationPolicy: "Background" }),
    ],
  },
  {
    title: "delete of what is not there",
    steps: [remove(a), remove(at("pods", "a"), { gracePeriodSeconds: 0 })],
  },
  {
    title: "delete with preconditions",
    steps: [
      plain,
      remove(a, { preconditions: { uid: "11111111-2222-3333-4444-555555555555" } }),
      remove(a, { preconditions: { resourceVersion: "1" } }),
      remove(a, {
        preconditions: { uid: "<0.metadata.uid>", resourceVersion: "<0.metadata.resourceVersion>" },
      }),
    ],
  },
  {
    title: "finalizers hold an object, and let it go",
    steps: [
      held,
      remove(a),
      get(a),
      remove(a),
      patchMerge(a, { data: { x: "1" } }),
      patchMerge(a, { metadata: { finalizers: null } }),
      get(a),
    ],
  },
  {
    title: "no finalizer can be added to what is going",
    steps: [
      held,
      remove(a),
      patchMerge(a, { metadata: { finalizers: ["example.org/hold", "example.org/more"] } }),
      patchMerge(a, { metadata: { deletionTimestamp: null } }),
      patchMerge(a, { metadata: { finalizers: [] } }),
    ],
  },
  {
    title: "a held Deployment: its generation moves when it is deleted",
    steps: [
      post(at("deployments"), deployment("a", {}, { finalizers: ["example.org/hold"] })),
      remove(at("deployments", "a")),
      put(at("deployments", "a"), deployment("a")),
      get(at("deployments", "a")),
    ],
  },
  {
    title: "a bound pod goes in two steps",
    steps: [
      post(at("pods"), pod("a", { nodeName: "n1" })),
      remove(at("pods", "a")),
      get(at("pods", "a")),
      remove(at("pods", "a"), { gracePeriodSeconds: 5 }),
      remove(at("pods", "a"), { gracePeriodSeconds: 60 }),
      remove(at("pods", "a"), { gracePeriodSeconds: 0 }),
      get(at("pods", "a")),
    ],
  },
  {
    title: "a bound pod goes at once when told so",
    steps: [
      post(at("pods"), pod("a", { nodeName: "n1", terminationGracePeriodSeconds: 7 })),
      remove(at("pods", "a"), undefined, { gracePeriodSeconds: 0 }),
      get(at("pods", "a")),
    ],
  },
  {
    title: "a bound pod with no grace period of its own",
    steps: [
      post(at("pods"), pod("a", { nodeName: "n1", terminationGracePeriodSeconds: 0 })),
      remove(at("pods", "a")),
      get(at("pods", "a")),
    ],
  },
  {
    title: "a pod that is done goes at once",
    steps: [
      post(at("pods"), pod("a", { nodeName: "n1" })),
      patchMerge(at("pods", "a", "status"), { status: { phase: "Succeeded" } }),
      remove(at("pods", "a")),
      get(at("pods", "a")),
    ],
  },
  {
    title: "a negative grace period",
    steps: [
      post(at("pods"), pod("a", { nodeName: "n1" })),
      remove(at("pods", "a"), { gracePeriodSeconds: -1 }),
      remove(at("pods", "a"), { gracePeriodSeconds: -5 }),
    ],
  },
  {
    title: "options of deletes that are none",
    steps: [
      plain,
      remove(a, { propagationPolicy: "Perhaps" }),
      remove(a, { propagationPolicy: "Orphan", orphanDependents: true }),
      withoutWords(remove(a, "{")),
      remove(a, { apiVersion: "v1", kind: "ConfigMap" }),
      remove(a, undefined, { propagationPolicy: "Perhaps" }),
      remove(a, undefined, { gracePeriodSeconds: "x" }),
      get(a),
    ],
  },
  {
    title: "delete in the foreground without dependents",
    controllers: true,
    steps: [
      post(at("replicasets"), replicaSet("a", { replicas: 0 })),
      { ...remove(at("replicasets", "a"), undefined, { propagationPolicy: "Foreground" }) },
      { ...get(at("replicasets", "a")), until: notFound },
    ],
  },
  {
    title: "dependents go with their owner",
    controllers: true,
    steps: [
      post(at("replicasets"), replicaSet("a", { replicas: 0 })),
      post(at("configmaps"), owned("b")),
      remove(at("replicasets", "a"), undefined, { propagationPolicy: "Background" }),
      { ...get(at("configmaps", "b")), until: notFound },
    ],
  },
  {
    title: "dependents go before their owner in the foreground",
    controllers: true,
    steps: [
      post(at("replicasets"), replicaSet("a", { replicas: 0 })),
      post(at("configmaps"), owned("b", { blockOwnerDeletion: true })),
      post(
        at("configmaps"),
        configMap("held", undefined, {
          finalizers: ["example.org/hold"],
          ownerReferences: [
            {
              apiVersion: "apps/v1",
              kind: "ReplicaSet",
              name: "a",
              uid: "<0.metadata.uid>",
              blockOwnerDeletion: true,
            },
          ],
        }),
      ),
      remove(at("replicasets", "a"), undefined, { propagationPolicy: "Foreground" }),
      { ...get(at("configmaps", "b")), until: notFound },
      {
        ...get(at("configmaps", "held")),
        until: (_status, body) =>
          (body as { metadata?: { deletionTimestamp?: string } }).metadata?.deletionTimestamp !== undefined,
      },
      get(at("replicasets", "a")),
      patchMerge(at("configmaps", "held"), { metadata: { finalizers: null } }),
      { ...get(at("replicasets", "a")), until: notFound },
    ],
  },
  {
    title: "dependents stay as orphans",
    controllers: true,
    steps: [
      post(at("replicasets"), replicaSet("a", { replicas: 0 })),
      post(at("configmaps"), owned("b")),
      remove(at("replicasets", "a"), undefined, { propagationPolicy: "Orphan" }),
      { ...get(at("replicasets", "a")), until: notFound },
      {
        ...get(at("configmaps", "b")),
        until: free,
        view: (body) => (body as { metadata?: { ownerReferences?: unknown } }).metadata?.ownerReferences,
      },
    ],
  },
  {
    title: "dependents of an owner that never was go",
    controllers: true,
    steps: [
      post(
        at("configmaps"),
        configMap("b", undefined, {
          ownerReferences: [
            {
              apiVersion: "v1",
              kind: "ConfigMap",
              name: "none",
              uid: "11111111-2222-3333-4444-555555555555",
            },
          ],
        }),
      ),
      { ...get(at("configmaps", "b")), until: notFound },
    ],
  },
  {
    title: "a namespace that goes refuses, empties and is gone",
    controllers: true,
    steps: [
      post("/api/v1/namespaces", { metadata: { name: "{ns}-b" } }),
      post(
        "/api/v1/namespaces/{ns}-b/configmaps",
        configMap("a", undefined, { finalizers: ["example.org/hold"] }),
      ),
      remove("/api/v1/namespaces/{ns}-b"),
      post("/api/v1/namespaces/{ns}-b/configmaps", configMap("b")),
      {
        ...get("/api/v1/namespaces/{ns}-b/configmaps/a"),
        until: (_status, body) =>
          (body as { metadata?: { deletionTimestamp?: string } }).metadata?.deletionTimestamp !== undefined,
      },
      patchMerge("/api/v1/namespaces/{ns}-b/configmaps/a", { metadata: { finalizers: null } }),
      { ...get("/api/v1/namespaces/{ns}-b"), until: notFound },
    ],
  },
  {
    title: "an owner's reference by PUT, and its removal",
    steps: [
      plain,
      replaceFrom(0, a, {
        metadata: {
          ownerReferences: [{ apiVersion: "v1", kind: "ServiceAccount", name: "default", uid: "u" }],
        },
      }),
    ],
  },
  {
    title: "namespaces that may not be deleted",
    steps: [remove("/api/v1/namespaces/default"), remove("/api/v1/namespaces/kube-system")].map((step) => ({
      ...step,
      query: { dryRun: "All" },
    })),
  },
];
