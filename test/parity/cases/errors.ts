import { get, post, put, remove, withoutWords, type ParityCase, type Step } from "../ParityCase.ts";
import { at, configMap } from "./objects.ts";

const send = (method: Step["method"], path: string, body?: unknown, headers?: Step["headers"]): Step => ({
  method,
  path,
  body,
  headers,
});
const all = at("configmaps");
const nested = (depth: number): string =>
  `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"x":${'{"a":'.repeat(depth)}1${"}".repeat(depth)}}`;
const cutting = withoutWords;

/** Paths, methods, bodies that are wrong. */
export const errorCases: readonly ParityCase[] = [
  {
    title: "paths that are not there",
    steps: [
      "/nonsense",
      "/api/v2",
      "/apis/nonsense.example.org",
      "/apis/apps/v9",
      "/apis/apps/v1/namespaces/{ns}/nonsense",
      "/api/v1/namespaces/{ns}/nonsense/a",
      "/api/v1/nonsense",
      "/apis/apps/v1/nonsense/a/b/c",
    ].map((path) => get(path)),
  },
  {
    title: "objects that are not there, by kind",
    steps: [
      get(at("pods", "a")),
      get(at("deployments", "a")),
      get(at("ingresses", "a")),
      get("/api/v1/namespaces/{ns}-none"),
      get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/none.example.org"),
      get("/apis/rbac.authorization.k8s.io/v1/clusterroles/{ns}-none"),
      get("/api/v1/nodes/none"),
    ],
  },
  {
    title: "methods that are not there",
    steps: [
      put(all, configMap("a")),
      send("PATCH", all, {}, { "content-type": "application/merge-patch+json" }),
      post(at("configmaps", "a"), configMap("a")),
      remove("/api/v1"),
      post("/version", {}),
      // A list, whatever the method; which groups there are differs.
      { ...post("/apis", {}), view: (body) => (body as { kind?: string }).kind },
    ],
  },
  {
    title: "bodies that are not JSON",
    steps: ["{", "", "nonsense", "[]", "null", "3", '"x"', '{"metadata":{"name":"a"}'].map((body) =>
      cutting(post(all, body)),
    ),
  },
  {
    title: "bodies that are not JSON, with their words",
    steps: ["{", "nonsense", "[]"].map((body) => post(all, body)),
  },
  {
    title: "media types that are not taken",
    steps: [
      send("POST", all, "x", { "content-type": "text/plain" }),
      send("POST", all, "k8s\u0000rubbish", { "content-type": "application/vnd.kubernetes.protobuf" }),
      send("POST", all, JSON.stringify(configMap("a")), {
        "content-type": "application/x-www-form-urlencoded",
      }),
      send("POST", all, JSON.stringify(configMap("b")), {
        "content-type": "application/json; charset=utf-8",
      }),
    ].map(cutting),
  },
  {
    title: "a body of 4 MB",
    steps: [cutting(post(all, configMap("a", { x: "x".repeat(4 * 1024 * 1024) })))],
  },
  {
    title: "data of more than 1 MiB",
    steps: [
      post(all, configMap("a", { x: "x".repeat(1024 * 1024 + 1) })),
      post(at("secrets"), {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "a" },
        stringData: { x: "x".repeat(1024 * 1024 + 1) },
      }),
    ],
  },
  {
    title: "annotations of more than 256 KiB",
    steps: [post(all, configMap("a", {}, { annotations: { x: "x".repeat(256 * 1024) } }))],
  },
  { title: "deep nesting", steps: [cutting(post(all, nested(100))), cutting(post(all, nested(20_000)))] },
  {
    title: "keys that JavaScript minds",
    steps: [
      post(
        all,
        '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"__proto__":"x","constructor":"y","toString":"z"}}',
      ),
      get(`${all}/a`),
      post(
        all,
        '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"b"},"__proto__":{"data":{"x":"1"}}}',
      ),
      send("PATCH", `${all}/a`, '{"data":{"__proto__":"w","hasOwnProperty":"v"}}', {
        "content-type": "application/merge-patch+json",
      }),
      send(
        "PATCH",
        `${all}/a`,
        '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"__proto__":"u"}}',
        { "content-type": "application/apply-patch+yaml" },
      ),
    ],
  },
  {
    title: "names in paths that are none",
    steps: [
      get(`${all}/A_B`),
      get(`${all}/${"a".repeat(300)}`),
      get(`${all}/a%2Fb`),
      get("/api/v1/namespaces/A_B/configmaps"),
      get("/api/v1/namespaces/{ns}/configmaps/"),
      get(`${all}/%00`),
    ],
  },
  {
    title: "paths with dots",
    steps: [
      get("/api/v1/namespaces/{ns}/configmaps/%2e%2e"),
      get("/api//v1/namespaces/{ns}/configmaps"),
      get("/api/v1/namespaces/{ns}/configmaps/..%2f..%2f.."),
    ],
  },
  {
    title: "texts of every alphabet come back",
    steps: [
      post(all, configMap("a", { x: "Zürich 東京 🧬 \u0000\u2028", y: "\\u00e9\\n" })),
      get(`${all}/a`),
    ],
  },
  {
    title: "namespaces whose names are none, or taken",
    steps: [
      post("/api/v1/namespaces", { metadata: { name: "Upper" } }),
      post("/api/v1/namespaces", { metadata: { name: "a.b" } }),
      post("/api/v1/namespaces", { metadata: { name: "default" } }),
    ],
  },
];
