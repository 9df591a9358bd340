import {
  apply,
  forceApply,
  get,
  patchMerge,
  post,
  put,
  remove,
  replaceFrom,
  withoutWords,
  type ParityCase,
} from "../ParityCase.ts";
import { at, configMap, container, deployment, deploymentOf, pod, service } from "./objects.ts";

const a = at("configmaps", "a");
const now = get(a);
const data = (values: Record<string, string>): unknown => configMap("a", values);
const web = at("deployments", "a");

/** Keys so long that they and their owners are more than etcd takes. */
const many = Object.fromEntries(Array.from({ length: 3300 }, (_, i) => [`k${i}`.padEnd(250, "x"), ""]));

/** Server-side apply: ownership, conflicts, force, and its refusals. */
export const applyCases: readonly ParityCase[] = [
  {
    title: "an object that is too large only with its managed fields is kept without them",
    steps: [post(at("configmaps"), data(many)), patchMerge(a, { data: { k1: "x" } }), now].map((step) => ({
      ...step,
      view: (body) => ({ metadata: (body as { metadata: unknown }).metadata }),
    })),
  },
  {
    title: "apply creates, and again writes nothing",
    steps: [apply("one", a, data({ x: "1" })), apply("one", a, data({ x: "1" })), now],
  },
  {
    title: "apply changes its own, and removes what it no longer names",
    steps: [apply("one", a, data({ x: "1", y: "1" })), apply("one", a, data({ x: "2" })), now],
  },
  {
    title: "apply beside another manager keeps what is the other's",
    steps: [
      apply("one", a, data({ x: "1" })),
      apply("two", a, data({ y: "1" })),
      apply("one", a, data({})),
      apply("one", a, configMap("a")),
      now,
    ],
  },
  {
    title: "apply of the same value shares it",
    steps: [
      apply("one", a, data({ x: "1" })),
      apply("two", a, data({ x: "1" })),
      apply("one", a, configMap("a")),
      now,
      apply("two", a, configMap("a")),
      now,
    ],
  },
  {
    title: "apply of another value is a conflict",
    steps: [apply("one", a, data({ x: "1" })), apply("two", a, data({ x: "2" })), now],
  },
  {
    title: "apply conflicts name every field and manager",
    steps: [
      apply("one", a, data({ x: "1", y: "1" })),
      apply("two", a, configMap("a", undefined, { labels: { l: "1" } })),
      apply("three", a, configMap("a", { x: "3", y: "3" }, { labels: { l: "3" } })),
      now,
    ],
  },
  {
    title: "apply with force takes the field away",
    steps: [
      apply("one", a, data({ x: "1", y: "1" })),
      forceApply("two", a, data({ x: "2" })),
      now,
      apply("one", a, data({ x: "1" })),
      apply("one", a, data({ x: "2" })),
      now,
    ],
  },
  {
    title: "a forced co-owner loses its share",
    steps: [
      apply("one", a, data({ x: "1" })),
      apply("two", a, data({ x: "1" })),
      forceApply("three", a, data({ x: "3" })),
      now,
    ],
  },
  {
    title: "apply conflicts with an update, and says when by whom",
    steps: [
      post(at("configmaps"), data({ x: "1" }), { fieldManager: "editor" }),
      apply("one", a, data({ x: "2" })),
      forceApply("one", a, data({ x: "2" })),
      now,
    ],
  },
  {
    title: "an update takes what was applied, and apply gets a conflict",
    steps: [
      apply("one", a, data({ x: "1" })),
      patchMerge(a, { data: { x: "2" } }, { fieldManager: "editor" }),
      apply("one", a, data({ x: "1" })),
      apply("one", a, data({ x: "2" })),
      now,
    ],
  },
  {
    title: "an update that removes an applied field takes the ownership with it",
    steps: [
      apply("one", a, data({ x: "1", y: "1" })),
      patchMerge(a, { data: { x: null } }, { fieldManager: "editor" }),
      now,
      apply("one", a, data({ x: "1", y: "1" })),
      now,
    ],
  },
  {
    title: "apply to an object that nobody tracked makes before-first-apply",
    steps: [
      post(at("configmaps"), data({ x: "1" })),
      replaceFrom(0, a, { metadata: { managedFields: [{}] } }),
      apply("one", a, data({ x: "1", y: "2" })),
      now,
    ],
  },
  {
    title: "apply needs a field manager",
    steps: [
      { ...apply("one", a, data({ x: "1" })), query: {} },
      { ...apply("one", a, data({ x: "1" })), query: { fieldManager: "" } },
    ],
  },
  {
    title: "apply refuses managed fields in its configuration",
    steps: [
      apply(
        "one",
        a,
        configMap(
          "a",
          { x: "1" },
          {
            managedFields: [
              { manager: "m", operation: "Apply", apiVersion: "v1", fieldsType: "FieldsV1", fieldsV1: {} },
            ],
          },
        ),
      ),
    ],
  },
  {
    title: "apply needs apiVersion and kind that fit",
    steps: [
      apply("one", a, { metadata: { name: "a" } }),
      apply("one", a, { apiVersion: "v1", metadata: { name: "a" } }),
      apply("one", a, { apiVersion: "v1", kind: "Secret", metadata: { name: "a" } }),
      apply("one", a, { apiVersion: "apps/v1", kind: "ConfigMap", metadata: { name: "a" } }),
    ],
  },
  {
    title: "apply needs the path's name and namespace, or none",
    steps: [
      apply("one", a, configMap("b")),
      apply("one", a, { apiVersion: "v1", kind: "ConfigMap" }),
      apply("one", a, configMap("a", {}, { namespace: "default" })),
      apply("one", a, { apiVersion: "v1", kind: "ConfigMap", metadata: {} }),
    ],
  },
  {
    title: "apply with a resourceVersion that is stale, or of nothing",
    steps: [
      apply("one", a, configMap("a", { x: "1" }, { resourceVersion: "1" })),
      apply("one", a, data({ x: "1" })),
      apply("one", a, data({ x: "2" })),
      apply("one", a, configMap("a", { x: "3" }, { resourceVersion: "<1.metadata.resourceVersion>" })),
      apply("one", a, configMap("a", { x: "3" }, { resourceVersion: "<2.metadata.resourceVersion>" })),
    ],
  },
  {
    title: "apply with a uid that is not there makes nothing",
    steps: [apply("one", a, configMap("a", { x: "1" }, { uid: "11111111-2222-3333-4444-555555555555" }))],
  },
  {
    title: "apply as YAML",
    steps: [
      apply("one", a, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: 'yes'\n"),
      apply("one", a, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: yes\n"),
      withoutWords(apply("one", a, "a: [")),
    ],
  },
  {
    title: "apply with twice the same key",
    steps: [
      apply(
        "one",
        a,
        '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"1","x":"2"}}',
      ),
      apply("one", a, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: '1'\n  x: '2'\n"),
    ],
  },
  {
    title: "apply with twice the same key, strictly",
    steps: [
      apply("one", a, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: '1'\n  x: '2'\n", {
        fieldValidation: "Strict",
      }),
      apply("one", a, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: '1'\n  x: '2'\n", {
        fieldValidation: "Ignore",
      }),
      {
        ...post(
          at("configmaps"),
          "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata:\n  x: '1'\n  x: '2'\n",
        ),
        headers: { "content-type": "application/yaml" },
      },
      {
        ...post(
          at("configmaps"),
          "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  x: '1'\n  x: '2'\n",
          { fieldValidation: "Strict" },
        ),
        headers: { "content-type": "application/yaml" },
      },
    ],
  },
  {
    title: "apply with a field of the wrong type",
    steps: [
      apply("one", a, { ...configMap("a"), data: "x" }),
      apply("one", a, { ...configMap("a"), data: { x: 1 } }),
      apply("one", web, deployment("a", { replicas: "two" })),
    ],
  },
  {
    title: "apply with an unknown field",
    steps: [
      apply("one", a, { ...configMap("a"), nonsense: 1 }),
      apply("one", a, { ...configMap("a"), nonsense: 1 }, { fieldValidation: "Warn" }),
      apply("one", a, { ...configMap("a"), nonsense: 1 }, { fieldValidation: "Strict" }),
      now,
    ],
  },
  {
    title: "apply with null values",
    steps: [
      apply("one", a, { ...configMap("a"), data: { x: null, y: "1" } }),
      apply("one", a, { ...configMap("a"), data: null }),
      now,
    ],
  },
  {
    title: "apply as a dry run",
    steps: [
      apply("one", a, data({ x: "1" }), { dryRun: "All" }),
      now,
      apply("one", a, data({ x: "1" })),
      apply("one", a, data({ x: "2" }), { dryRun: "All" }),
      apply("two", a, data({ x: "2" }), { dryRun: "All" }),
      now,
    ],
  },
  {
    title: "apply in a namespace that is not there",
    steps: [apply("one", "/api/v1/namespaces/{ns}-none/configmaps/a", data({ x: "1" }))],
  },
  {
    title: "apply of an invalid object",
    steps: [
      apply("one", web, deployment("a", { replicas: -1 })),
      apply("one", at("pods", "a"), pod("a", { containers: [] })),
    ],
  },
  {
    title: "apply of a Deployment owns what it names and not what is defaulted",
    steps: [
      apply("one", web, deployment("a", { replicas: 2 })),
      get(web),
      apply("one", web, deployment("a")),
    ],
  },
  {
    title: "giving replicas over to another manager",
    steps: [
      apply("one", web, deployment("a", { replicas: 2 })),
      apply("scaler", at("deployments", "a", "scale"), {
        apiVersion: "autoscaling/v1",
        kind: "Scale",
        metadata: { name: "a" },
        spec: { replicas: 2 },
      }),
      apply("one", web, deployment("a")),
      get(web),
    ],
  },
  {
    title: "apply on status is another owner than apply on the object",
    steps: [
      apply("one", web, deployment("a")),
      apply("one", at("deployments", "a", "status"), {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "a" },
        status: { replicas: 1, observedGeneration: 1 },
      }),
      apply("one", web, deployment("a", { paused: true })),
      get(web),
    ],
  },
  {
    title: "apply ignores status on the main endpoint",
    steps: [apply("one", web, { ...deployment("a"), status: { replicas: 3 } }), get(web)],
  },
  {
    title: "apply and conditions by type on status",
    steps: [
      post(at("deployments"), deployment("a")),
      apply("one", at("deployments", "a", "status"), {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "a" },
        status: { conditions: [{ type: "Available", status: "True" }] },
      }),
      apply("two", at("deployments", "a", "status"), {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "a" },
        status: { conditions: [{ type: "Progressing", status: "True" }] },
      }),
      apply("one", at("deployments", "a", "status"), {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "a" },
        status: { conditions: [] },
      }),
    ],
  },
  {
    title: "twice the same key in a list of an applied object",
    steps: [
      apply(
        "one",
        web,
        deploymentOf("a", {
          containers: [
            container({
              env: [
                { name: "A", value: "1" },
                { name: "A", value: "2" },
              ],
            }),
          ],
        }),
      ),
      apply(
        "one",
        at("services", "a"),
        service("a", {
          ports: [
            { port: 80, protocol: "TCP", name: "a" },
            { port: 80, protocol: "TCP", name: "b" },
          ],
        }),
      ),
    ],
  },
  {
    title: "apply over a live list with a key twice",
    steps: [
      post(
        at("deployments"),
        deploymentOf("a", {
          containers: [
            container({
              env: [
                { name: "A", value: "1" },
                { name: "A", value: "2" },
              ],
            }),
          ],
        }),
      ),
      apply(
        "one",
        web,
        deploymentOf("a", { containers: [{ name: "main", env: [{ name: "B", value: "3" }] }] }),
      ),
      forceApply(
        "one",
        web,
        deploymentOf("a", { containers: [container({ env: [{ name: "A", value: "3" }] })] }),
      ),
    ],
  },
  {
    title: "apply of a list item without its key",
    steps: [
      apply("one", web, deploymentOf("a", { containers: [{ image: "x" }] })),
      apply("one", at("services", "a"), service("a", { ports: [{ targetPort: 80 }] })),
    ],
  },
  {
    title: "the order of an applied list, and of one shared",
    steps: [
      apply("one", web, deploymentOf("a", { containers: [container(), container({ name: "b" })] })),
      apply("two", web, {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "a" },
        spec: { template: { spec: { containers: [container({ name: "c" })] } } },
      }),
      forceApply("one", web, deploymentOf("a", { containers: [container({ name: "b" }), container()] })),
    ],
  },
  {
    title: "apply after delete makes a new object",
    steps: [apply("one", a, data({ x: "1" })), remove(a), apply("one", a, data({ x: "1" }))],
  },
  {
    title: "the last configuration annotation of kubectl is not owned by an update",
    steps: [
      post(
        at("configmaps"),
        configMap(
          "a",
          { x: "1" },
          { annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{}" } },
        ),
        { fieldManager: "kubectl-client-side-apply" },
      ),
      apply("kubectl", a, data({ x: "1" })),
      now,
    ],
  },
  {
    title: "a manager that updates and applies is two",
    steps: [
      apply("one", a, data({ x: "1" })),
      put(a, data({ x: "1", y: "1" }), { fieldManager: "one" }),
      apply("one", a, data({ x: "1", y: "2" })),
      forceApply("one", a, data({ x: "1", y: "2" })),
      now,
    ],
  },
  {
    title: "finalizers are a set of several managers",
    steps: [
      apply("one", a, configMap("a", undefined, { finalizers: ["example.org/a"] })),
      apply("two", a, configMap("a", undefined, { finalizers: ["example.org/b", "example.org/a"] })),
      apply("one", a, configMap("a")),
      now,
    ],
  },
  {
    title: "apply with generateName or without a name",
    steps: [apply("one", a, { apiVersion: "v1", kind: "ConfigMap", metadata: { generateName: "a-" } })],
  },
];
