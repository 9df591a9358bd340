import { get, patchMerge, post, remove, withoutWords, type ParityCase, type Step } from "../ParityCase.ts";
import { at, configMap, pod, secret } from "./objects.ts";

const named = ["a", "b", "c", "d", "e"];
const five = named.map((name, index) =>
  post(
    at("configmaps"),
    configMap(name, undefined, { labels: { name, parity: index % 2 === 0 ? "even" : "odd" } }),
  ),
);
const all = at("configmaps");
const selecting = (labelSelector: string): Step => get(all, { labelSelector });

/** Selectors, pages, resourceVersions, deletion of collections. */
export const listCases: readonly ParityCase[] = [
  { title: "lists are sorted, whole, and name their kind", steps: [...five.toReversed(), get(all)] },
  {
    title: "an empty list",
    steps: [get(all), get(at("deployments")), get("/api/v1/namespaces/{ns}-none/pods")],
  },
  {
    title: "label selectors",
    steps: [
      ...five,
      selecting("name=a"),
      selecting("name==a"),
      selecting("name!=a"),
      selecting("name in (a,b)"),
      selecting("name notin (a, b)"),
      selecting("parity"),
      selecting("!parity"),
      selecting("parity=even,name!=a"),
      selecting("none"),
      selecting("name"),
      selecting(""),
      selecting("name="),
    ],
  },
  {
    title: "label selectors with numbers",
    steps: [
      post(all, configMap("n", undefined, { labels: { n: "5" } })),
      selecting("n>4"),
      selecting("n<5"),
      selecting("n>x"),
    ],
  },
  {
    title: "label selectors that are none",
    steps: ["name in a", "=a", "name in (", "a b", "a=b=c", "a,,b", "-a", "name notin ()", "name=a b"].map(
      selecting,
    ),
  },
  {
    title: "field selectors",
    steps: [
      ...five.slice(0, 2),
      get(all, { fieldSelector: "metadata.name=a" }),
      get(all, { fieldSelector: "metadata.name!=a" }),
      get(all, { fieldSelector: "metadata.namespace={ns}" }),
      get(all, { fieldSelector: "metadata.name=a,metadata.namespace=other" }),
      get(all, { fieldSelector: "data.x=1" }),
      get(all, { fieldSelector: "nonsense" }),
      get(all, { fieldSelector: "" }),
    ],
  },
  {
    title: "field selectors of pods",
    steps: [
      post(at("pods"), pod("a", { restartPolicy: "Never" })),
      post(at("pods"), pod("b", { nodeName: "n1" })),
      ...[
        "status.phase=Pending",
        "spec.nodeName=",
        "spec.nodeName=n1",
        "spec.restartPolicy=Never",
        "spec.schedulerName=default-scheduler",
        "spec.serviceAccountName=default",
        "status.podIP=10.1.1.1",
        "spec.nodeName!=n1",
        "spec.hostNetwork=false",
        "status.nominatedNodeName=",
        "spec.priority=0",
      ].map((fieldSelector) => get(at("pods"), { fieldSelector })),
    ],
  },
  {
    title: "field selectors of secrets and namespaces",
    steps: [
      post(at("secrets"), secret("a", { type: "example.org/t" })),
      get(at("secrets"), { fieldSelector: "type=example.org/t" }),
      get(at("secrets"), { fieldSelector: "type=other" }),
      { ...get("/api/v1/namespaces", { fieldSelector: "metadata.name={ns},status.phase=Active" }) },
    ],
  },
  {
    title: "pages",
    steps: [
      ...five,
      get(all, { limit: 2 }),
      get(all, { limit: 2, continue: "<5.metadata.continue>" }),
      get(all, { limit: 2, continue: "<6.metadata.continue>" }),
      get(all, { limit: 5 }),
      get(all, { limit: 0 }),
      get(all, { limit: 100 }),
    ],
  },
  {
    title: "pages are of one moment",
    steps: [
      ...five,
      get(all, { limit: 2 }),
      remove(`${all}/c`),
      post(all, configMap("cc")),
      get(all, { continue: "<5.metadata.continue>" }),
    ],
  },
  {
    title: "pages with a selector",
    steps: [
      ...five,
      get(all, { limit: 2, labelSelector: "parity=even" }),
      get(all, { limit: 2, labelSelector: "parity=even", continue: "<5.metadata.continue>" }),
    ],
  },
  {
    title: "pages with tokens that are none",
    steps: [
      withoutWords(get(all, { continue: "nonsense" })),
      get(all, { limit: -1 }),
      get(all, { limit: "x" }),
      ...five,
      get(all, { limit: 2 }),
      get(all, { continue: "<8.metadata.continue>", resourceVersion: "5" }),
    ],
  },
  {
    title: "lists by resourceVersion",
    steps: [
      ...five.slice(0, 2),
      get(all, { resourceVersion: "0" }),
      get(all, { resourceVersion: "<1.metadata.resourceVersion>" }),
      get(all, { resourceVersion: "<1.metadata.resourceVersion>", resourceVersionMatch: "NotOlderThan" }),
      get(all, { resourceVersion: "<1.metadata.resourceVersion>", resourceVersionMatch: "Exact" }),
    ],
  },
  {
    title: "an exact list of the past",
    steps: [
      ...five.slice(0, 2),
      remove(`${all}/a`),
      get(all, { resourceVersion: "<1.metadata.resourceVersion>", resourceVersionMatch: "Exact" }),
      get(all, { resourceVersion: "<0.metadata.resourceVersion>", resourceVersionMatch: "Exact" }),
    ],
  },
  {
    title: "lists of the future",
    steps: [
      { ...get(all, { resourceVersion: "999999999" }) },
      get(`${all}/a`, { resourceVersion: "999999999" }),
    ],
  },
  {
    title: "resourceVersions and matches that are none",
    steps: [
      get(all, { resourceVersion: "x" }),
      get(all, { resourceVersionMatch: "Exact" }),
      get(all, { resourceVersion: "0", resourceVersionMatch: "Exact" }),
      get(all, { resourceVersion: "1", resourceVersionMatch: "Perhaps" }),
      get(all, { resourceVersion: "-1" }),
      get(`${all}/a`, { resourceVersion: "x" }),
    ],
  },
  {
    title: "reads of one object by resourceVersion",
    steps: [
      ...five.slice(0, 1),
      get(`${all}/a`, { resourceVersion: "0" }),
      get(`${all}/a`, { resourceVersion: "<0.metadata.resourceVersion>" }),
    ],
  },
  {
    title: "deletion of a collection",
    steps: [
      ...five,
      { method: "DELETE", path: all, query: { labelSelector: "parity=even" } },
      get(all),
      { method: "DELETE", path: all, query: { fieldSelector: "metadata.name=b" } },
      get(all),
      { method: "DELETE", path: all },
      get(all),
    ],
  },
  {
    title: "deletion of a collection with finalizers, dry, and of nothing",
    steps: [
      post(all, configMap("a", undefined, { finalizers: ["example.org/a"] })),
      { method: "DELETE", path: all, query: { dryRun: "All" } },
      get(all),
      { method: "DELETE", path: all },
      get(all),
      { method: "DELETE", path: at("secrets") },
    ],
  },
  {
    title: "lists over all namespaces",
    steps: [
      post(all, configMap("a", undefined, { labels: { ns: "{ns}" } })),
      get("/api/v1/configmaps", { labelSelector: "ns={ns}" }),
      post("/api/v1/configmaps", configMap("x")),
      get("/api/v1/configmaps/a"),
    ],
  },
  {
    title: "a list shows what was last written",
    steps: [...five.slice(0, 1), patchMerge(`${all}/a`, { data: { x: "1" } }), get(all)],
  },
];
