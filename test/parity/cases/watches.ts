import { get, patchMerge, post, remove, watch, type ParityCase } from "../ParityCase.ts";
import { at, configMap, deployment, pod } from "./objects.ts";

const all = at("configmaps");
const a = post(all, configMap("a", { x: "1" }, { labels: { l: "1" } }));
const change = patchMerge(`${all}/a`, { data: { x: "2" } });
const b = post(all, configMap("b"));
const gone = remove(`${all}/b`);

/** Watches: where they begin, what they show, how they end. */
export const watchCases: readonly ParityCase[] = [
  {
    title: "a watch without a version begins with what is there",
    steps: [a, watch("DELETED b", all), change, b, gone],
  },
  {
    title: "a watch from 0 begins with what is there",
    steps: [a, watch("DELETED b", all, { resourceVersion: "0" }), change, b, gone],
  },
  {
    title: "a watch from a version tells what came after",
    steps: [a, b, change, gone, watch("DELETED b", all, { resourceVersion: "<0.metadata.resourceVersion>" })],
  },
  {
    title: "a watch of one name",
    steps: [
      a,
      watch("DELETED b", all, {
        fieldSelector: "metadata.name=b",
        resourceVersion: "<0.metadata.resourceVersion>",
      }),
      change,
      b,
      gone,
    ],
  },
  {
    title: "a watch by label sees objects come and go",
    steps: [
      a,
      watch("DELETED a", all, { labelSelector: "l=1", resourceVersion: "<0.metadata.resourceVersion>" }),
      b,
      patchMerge(`${all}/b`, { metadata: { labels: { l: "1" } } }),
      patchMerge(`${all}/b`, { metadata: { labels: { l: "2" } } }),
      patchMerge(`${all}/b`, { metadata: { labels: { l: "1" } } }),
      gone,
      change,
      remove(`${all}/a`),
    ],
  },
  {
    title: "a deletion with finalizers is a change first",
    steps: [
      post(all, configMap("b", undefined, { finalizers: ["example.org/a"] })),
      watch("DELETED b", all, { resourceVersion: "<0.metadata.resourceVersion>" }),
      gone,
      patchMerge(`${all}/b`, { metadata: { finalizers: null } }),
    ],
  },
  {
    title: "the initial events end with a bookmark",
    steps: [
      a,
      watch("DELETED b", all, {
        sendInitialEvents: true,
        allowWatchBookmarks: true,
        resourceVersionMatch: "NotOlderThan",
      }),
      b,
      gone,
    ],
  },
  {
    title: "initial events of nothing",
    steps: [
      watch("DELETED b", all, {
        sendInitialEvents: true,
        allowWatchBookmarks: true,
        resourceVersionMatch: "NotOlderThan",
        resourceVersion: "",
      }),
      b,
      gone,
    ],
  },
  {
    title: "initial events without bookmarks",
    steps: [
      a,
      watch("DELETED b", all, { sendInitialEvents: true, resourceVersionMatch: "NotOlderThan" }),
      b,
      gone,
    ],
  },
  {
    title: "no initial events",
    steps: [
      a,
      watch("DELETED b", all, {
        sendInitialEvents: false,
        resourceVersionMatch: "NotOlderThan",
        allowWatchBookmarks: true,
      }),
      b,
      gone,
    ],
  },
  {
    title: "initial events asked for in a wrong way",
    steps: [
      watch("x", all, { sendInitialEvents: true }),
      watch("x", all, { sendInitialEvents: true, resourceVersionMatch: "Exact" }),
      get(all, { sendInitialEvents: true, resourceVersionMatch: "NotOlderThan" }),
      watch("x", all, { resourceVersionMatch: "NotOlderThan" }),
    ],
  },
  {
    title: "a watch from a version that is none",
    steps: [watch("x", all, { resourceVersion: "x" }), watch("x", all, { resourceVersion: "-3" })],
  },
  { title: "a watch from the first version", steps: [a, watch("ADDED a", all, { resourceVersion: "1" })] },
  {
    title: "a watch of one object by its path",
    steps: [a, watch("DELETED a", `${all}/a`), change, remove(`${all}/a`)],
  },
  {
    title: "a watch by the old path",
    steps: [a, watch("DELETED b", "/api/v1/watch/namespaces/{ns}/configmaps"), b, gone],
  },
  {
    title: "a watch over all namespaces",
    steps: [
      post(all, configMap("b", undefined, { labels: { ns: "{ns}" } })),
      watch("DELETED b", "/api/v1/configmaps", {
        labelSelector: "ns={ns}",
        resourceVersion: "<0.metadata.resourceVersion>",
      }),
      gone,
    ],
  },
  {
    title: "a watch as a Table",
    steps: [
      a,
      watch(
        "DELETED b",
        all,
        {},
        { accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json" },
      ),
      change,
      b,
      gone,
    ],
  },
  {
    title: "a watch of metadata only",
    steps: [
      a,
      watch("DELETED b", all, {}, { accept: "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io" }),
      change,
      b,
      gone,
    ],
  },
  { title: "a watch ends by its timeout", steps: [a, watch("x", all, { timeoutSeconds: 1 })] },
  {
    title: "a write that changes nothing is no event",
    steps: [
      a,
      watch("DELETED b", all, { resourceVersion: "<0.metadata.resourceVersion>" }),
      patchMerge(`${all}/a`, { data: { x: "1" } }),
      b,
      gone,
    ],
  },
  {
    title: "a watch of a pod's states",
    steps: [
      watch("DELETED a", at("pods")),
      post(at("pods"), pod("a", { nodeName: "n1" })),
      patchMerge(at("pods", "a", "status"), { status: { phase: "Running" } }),
      remove(at("pods", "a")),
      remove(at("pods", "a"), { gracePeriodSeconds: 0 }),
    ],
  },
  {
    title: "a watch of Deployments",
    steps: [
      watch("DELETED a", at("deployments")),
      post(at("deployments"), deployment("a")),
      patchMerge(at("deployments", "a"), { spec: { replicas: 2 } }),
      patchMerge(at("deployments", "a", "status"), { status: { replicas: 2 } }),
      remove(at("deployments", "a")),
    ],
  },
];
