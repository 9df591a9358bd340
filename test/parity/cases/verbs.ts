import { get, post, put, remove, replaceFrom, type ParityCase } from "../ParityCase.ts";
import { at, configMap, deployment, pod, secret } from "./objects.ts";

/** Create, read, replace, delete; names, generations, dry runs, managers of plain writes. */
export const verbCases: readonly ParityCase[] = [
  {
    title: "create, read, replace and delete a ConfigMap",
    steps: [
      post(at("configmaps"), configMap("a", { x: "1" })),
      get(at("configmaps", "a")),
      replaceFrom(1, at("configmaps", "a"), { data: { x: "2" } }),
      get(at("configmaps", "a")),
      remove(at("configmaps", "a")),
      get(at("configmaps", "a")),
    ],
  },
  {
    title: "create needs no apiVersion, kind or namespace in the body",
    steps: [post(at("configmaps"), { metadata: { name: "a" } })],
  },
  {
    title: "create twice is AlreadyExists",
    steps: [post(at("configmaps"), configMap("a")), post(at("configmaps"), configMap("a"))],
  },
  {
    title: "create makes a name from generateName",
    steps: [
      post(at("configmaps"), { metadata: { generateName: "run-" } }),
      post(at("pods"), { ...pod("x"), metadata: { generateName: "run-" } }),
    ],
  },
  {
    title: "create without a name is refused",
    steps: [post(at("configmaps"), { metadata: {} }), post(at("configmaps"), {})],
  },
  {
    title: "create ignores uid, resourceVersion-less metadata, generation and deletion marks of the client",
    steps: [
      post(
        at("deployments"),
        deployment(
          "a",
          {},
          {
            uid: "11111111-2222-3333-4444-555555555555",
            generation: 7,
            creationTimestamp: "2020-01-01T00:00:00Z",
            deletionTimestamp: "2020-01-01T00:00:00Z",
            deletionGracePeriodSeconds: 5,
            selfLink: "/x",
          },
        ),
      ),
    ],
  },
  {
    title: "create refuses a resourceVersion",
    steps: [post(at("configmaps"), configMap("a", {}, { resourceVersion: "1" }))],
  },
  {
    title: "create in another namespace than the path's is refused",
    steps: [post(at("configmaps"), configMap("a", {}, { namespace: "default" }))],
  },
  {
    title: "create of another kind than the path's is refused",
    steps: [post(at("configmaps"), { ...secret("a") })],
  },
  {
    title: "create of another apiVersion than the path's is refused",
    steps: [
      post(at("deployments"), { ...deployment("a"), apiVersion: "apps/v1beta1" }),
      post(at("deployments"), { ...deployment("a"), apiVersion: "v1" }),
    ],
  },
  {
    title: "create in a namespace that is not there",
    steps: [
      post("/api/v1/namespaces/{ns}-none/configmaps", configMap("a")),
      get("/api/v1/namespaces/{ns}-none/configmaps"),
      get("/api/v1/namespaces/{ns}-none/configmaps/a"),
    ],
  },
  {
    title: "create ignores status, and status of a Deployment does not come with it",
    steps: [
      post(at("deployments"), { ...deployment("a"), status: { replicas: 3 } }),
      post(at("pods"), { ...pod("a"), status: { phase: "Running" } }),
    ],
  },
  {
    title: "replace with a stale resourceVersion is a Conflict",
    steps: [
      post(at("configmaps"), configMap("a", { x: "1" })),
      replaceFrom(0, at("configmaps", "a"), { data: { x: "2" } }),
      replaceFrom(0, at("configmaps", "a"), { data: { x: "3" } }),
    ],
  },
  {
    title: "replace without a resourceVersion takes what is there",
    steps: [
      post(at("configmaps"), configMap("a", { x: "1" })),
      put(at("configmaps", "a"), configMap("a", { y: "2" })),
      get(at("configmaps", "a")),
    ],
  },
  {
    title: "replace with the same writes nothing",
    steps: [
      post(at("configmaps"), configMap("a", { x: "1" })),
      replaceFrom(0, at("configmaps", "a"), {}),
      get(at("configmaps", "a")),
    ],
  },
  {
    title: "replace of what is not there is NotFound, and creates where that is allowed",
    steps: [
      put(at("configmaps", "a"), configMap("a")),
      put(at("leases", "a"), {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name: "a" },
        spec: {},
      }),
      put(at("deployments", "a"), deployment("a")),
      put(at("endpointslices", "a"), {
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        metadata: { name: "a" },
        addressType: "IPv4",
        endpoints: [],
      }),
    ],
  },
  {
    title: "replace under another name, uid or namespace is refused",
    steps: [
      post(at("configmaps"), configMap("a")),
      put(at("configmaps", "a"), configMap("b")),
      replaceFrom(0, at("configmaps", "a"), { metadata: { uid: "11111111-2222-3333-4444-555555555555" } }),
      replaceFrom(0, at("configmaps", "a"), { metadata: { namespace: "default" } }),
      put(at("configmaps", "a"), { metadata: {} }),
    ],
  },
  {
    title: "replace keeps creationTimestamp, uid and generation whatever it says",
    steps: [
      post(at("deployments"), deployment("a")),
      put(
        at("deployments", "a"),
        deployment("a", { replicas: 2 }, { creationTimestamp: "2020-01-01T00:00:00Z", generation: 9 }),
      ),
    ],
  },
  {
    title: "generation moves with the spec only",
    steps: [
      post(at("deployments"), deployment("a")),
      replaceFrom(0, at("deployments", "a"), { metadata: { labels: { x: "1" } } }),
      replaceFrom(1, at("deployments", "a"), { spec: { replicas: 3 } }),
      replaceFrom(2, at("deployments", "a"), { status: { replicas: 3 } }),
      replaceFrom(3, at("deployments", "a", "status"), {
        status: { replicas: 3, observedGeneration: 2 },
        spec: { replicas: 9 },
        metadata: { labels: { y: "1" } },
      }),
      get(at("deployments", "a")),
    ],
  },
  {
    title: "dry runs of all verbs write nothing",
    steps: [
      post(at("configmaps"), configMap("a", { x: "1" }), { dryRun: "All" }),
      get(at("configmaps", "a")),
      post(at("configmaps"), configMap("a", { x: "1" })),
      replaceFrom(2, at("configmaps", "a"), { data: { x: "2" } }, { dryRun: "All" }),
      remove(at("configmaps", "a"), undefined, { dryRun: "All" }),
      remove(at("configmaps", "a"), { apiVersion: "v1", kind: "DeleteOptions", dryRun: ["All"] }),
      get(at("configmaps", "a")),
    ],
  },
  {
    title: "an unknown dryRun is refused",
    steps: [
      post(at("configmaps"), configMap("a"), { dryRun: "Some" }),
      post(at("configmaps"), configMap("a"), { dryRun: "" }),
    ],
  },
  {
    title: "the field manager comes from the query, else from the user agent",
    steps: [
      post(at("configmaps"), configMap("a", { x: "1" }), { fieldManager: "alice" }),
      replaceFrom(0, at("configmaps", "a"), { data: { x: "1", y: "2" } }, { fieldManager: "bob" }),
      {
        ...post(at("configmaps"), configMap("b", { x: "1" })),
        headers: { "user-agent": "kubectl-create/v1 (linux)" },
      },
      post(at("configmaps"), configMap("c"), { fieldManager: "x".repeat(129) }),
      post(at("configmaps"), configMap("c"), { fieldManager: "tab\there" }),
    ],
  },
  {
    title: "managed fields of other managers are taken over silently by an update",
    steps: [
      post(at("configmaps"), configMap("a", { x: "1", y: "1" }), { fieldManager: "alice" }),
      replaceFrom(0, at("configmaps", "a"), { data: { x: "2" } }, { fieldManager: "bob" }),
      replaceFrom(1, at("configmaps", "a"), { data: { x: null } }, { fieldManager: "carol" }),
      get(at("configmaps", "a")),
    ],
  },
  {
    title: "an update can empty the managed fields, and can't break them",
    steps: [
      post(at("configmaps"), configMap("a", { x: "1" })),
      replaceFrom(0, at("configmaps", "a"), { metadata: { managedFields: [{}] } }),
      replaceFrom(1, at("configmaps", "a"), { metadata: { managedFields: [] } }),
      replaceFrom(2, at("configmaps", "a"), {
        metadata: {
          managedFields: [
            { manager: "m", operation: "Nonsense", apiVersion: "v1", fieldsType: "FieldsV1", fieldsV1: {} },
          ],
        },
      }),
    ],
  },
  {
    title: "protobuf bodies are taken for built-in kinds",
    steps: [
      { ...post(at("configmaps"), configMap("a", { x: "1" })), protobuf: true },
      { ...post(at("secrets"), secret("a", { data: { k: "dmFsdWU=" }, type: "Opaque" })), protobuf: true },
      { ...post(at("deployments"), deployment("a", { replicas: 2 })), protobuf: true },
      {
        ...post(
          at("pods"),
          pod("a", {
            volumes: [{ name: "v", emptyDir: { sizeLimit: "1Gi" } }],
            securityContext: { runAsUser: 0 },
          }),
        ),
        protobuf: true,
      },
      {
        ...post("/api/v1/namespaces", {
          apiVersion: "v1",
          kind: "Namespace",
          metadata: { name: "{ns}-proto" },
        }),
        protobuf: true,
      },
    ],
  },
  {
    title: "YAML bodies are taken",
    steps: [
      {
        ...post(at("configmaps"), "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: '1'\n"),
        headers: { "content-type": "application/yaml" },
      },
    ],
  },
  {
    title: "a Secret's stringData goes into data, and is never shown",
    steps: [
      post(at("secrets"), secret("a", { stringData: { k: "value", l: "w" }, data: { l: "eA==" } })),
      get(at("secrets", "a")),
      replaceFrom(0, at("secrets", "a"), { stringData: { k: "other" } }),
    ],
  },
  {
    title: "immutable ConfigMaps and Secrets stay",
    steps: [
      post(at("configmaps"), { ...configMap("a", { x: "1" }), immutable: true }),
      replaceFrom(0, at("configmaps", "a"), { data: { x: "2" } }),
      replaceFrom(0, at("configmaps", "a"), { immutable: false }),
      replaceFrom(0, at("configmaps", "a"), { metadata: { labels: { x: "1" } } }),
      post(at("secrets"), secret("a", { data: { k: "dmFsdWU=" }, immutable: true })),
      replaceFrom(4, at("secrets", "a"), { data: { k: "eA==" } }),
      post(at("secrets"), secret("b", { type: "Opaque" })),
      replaceFrom(6, at("secrets", "b"), { type: "example.org/other" }),
    ],
  },
];
