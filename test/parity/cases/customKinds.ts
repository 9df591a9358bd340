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
  watch,
  type ParityCase,
  type Step,
} from "../ParityCase.ts";
import { crds, established, sample, sampleDefinition, samples } from "./objects.ts";

const path = `${crds}/samples.{ns}.example.org`;
const define = (version?: Record<string, unknown>, spec?: Record<string, unknown>): Step[] => [
  { ...post(crds, sampleDefinition(version, spec)), view: () => "defined" },
  { ...get(path), until: established, view: () => "established" },
  // Established is said a moment before the first request is served.
  { ...get(samples()), until: (status) => status === 200, view: () => "served" },
];
const table = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json" };
const columns = [
  { name: "Size", type: "integer", jsonPath: ".spec.size" },
  { name: "Colour", type: "string", jsonPath: ".spec.colour", priority: 1, description: "which" },
  { name: "Names", type: "string", jsonPath: ".spec.items[*].name" },
  { name: "Since", type: "date", jsonPath: ".metadata.creationTimestamp" },
];
const both = {
  status: {},
  scale: { specReplicasPath: ".spec.size", statusReplicasPath: ".status.replicas" },
};

/** Schemas that are refused when a kind is defined: [what, schema]. */
const schemas: readonly (readonly [string, unknown])[] = [
  ["without a type", { properties: { spec: { type: "object" } } }],
  ["a property without a type", { type: "object", properties: { spec: {} } }],
  [
    "a default that does not fit",
    {
      type: "object",
      properties: { spec: { type: "object", properties: { n: { type: "integer", default: "x" } } } },
    },
  ],
  ["a type that is none", { type: "object", properties: { spec: { type: "text" } } }],
  [
    "a map list without keys",
    {
      type: "object",
      properties: { spec: { type: "array", "x-kubernetes-list-type": "map", items: { type: "object" } } },
    },
  ],
  ["an array without items", { type: "object", properties: { spec: { type: "array" } } }],
  ["a pattern that is none", { type: "object", properties: { spec: { type: "string", pattern: "(" } } }],
];

/** More than etcd takes. */
const tooLarge = { size: 1, free: { a: "x".repeat(1_600_000) } };

/** Kinds that a definition brings. */
export const customKindCases: readonly ParityCase[] = [
  {
    title: "an object larger than etcd takes is refused, however it is written",
    steps: [
      ...define(),
      post(samples(), sample("a", tooLarge)),
      post(samples(), sample("b", { size: 1 })),
      patchMerge(samples("b"), { spec: tooLarge }),
      apply("one", samples("c"), sample("c", tooLarge)),
      get(samples()),
    ],
  },
  {
    title: "a definition becomes established",
    steps: [post(crds, sampleDefinition()), { ...get(path), until: established }],
  },
  {
    title: "a definition with everything",
    steps: [
      post(
        crds,
        sampleDefinition({
          subresources: both,
          additionalPrinterColumns: columns,
          selectableFields: [{ jsonPath: ".spec.colour" }],
        }),
      ),
      { ...get(path), until: established },
    ],
  },
  ...schemas.map(([what, openAPIV3Schema]): ParityCase => ({
    title: `a definition refused: ${what}`,
    steps: [post(crds, sampleDefinition({ schema: { openAPIV3Schema } }))],
  })),
  {
    title: "a definition refused: names that do not fit",
    steps: [
      post(crds, { ...sampleDefinition(), metadata: { name: "other.{ns}.example.org" } }),
      post(crds, sampleDefinition({}, { names: { plural: "samples", kind: "sample" } })),
      post(crds, sampleDefinition({ storage: false })),
      post(crds, sampleDefinition({}, { versions: [] })),
      post(crds, sampleDefinition({}, { scope: "Everywhere" })),
      post(crds, sampleDefinition({ schema: undefined })),
    ],
  },
  {
    title: "a custom object: create, default, prune, read, delete",
    steps: [
      ...define(),
      post(
        samples(),
        sample("a", { size: 2, nonsense: 1, items: [{ name: "x", more: 1 }], free: { any: { thing: [1] } } }),
      ),
      get(samples("a")),
      get(samples()),
      remove(samples("a")),
      get(samples("a")),
    ],
  },
  {
    title: "a custom object refused by its schema",
    steps: [
      ...define(),
      post(samples(), sample("a", {})),
      post(samples(), sample("a", { size: 10 })),
      post(samples(), sample("a", { size: "2" })),
      post(samples(), sample("a", { size: 2, colour: "blue" })),
      post(samples(), sample("a", { size: 2.5 })),
      post(samples(), sample("a", { size: 2, tags: ["x", "x"] })),
      post(samples(), sample("a", { size: 2, items: [{ name: "x" }, { name: "x" }] })),
      post(samples(), sample("a", { size: 2, items: [{}] })),
      // In no order: Go goes through a map of properties.
      {
        ...post(samples(), sample("a", { size: 0, colour: "blue" })),
        view: (body) =>
          (body as { details: { causes: { field: string }[] } }).details.causes.toSorted((a, b) =>
            a.field < b.field ? -1 : 1,
          ),
      },
    ],
  },
  {
    title: "a custom object and unknown fields by fieldValidation",
    steps: [
      ...define(),
      post(samples(), sample("a", { size: 2, nonsense: 1 }), { fieldValidation: "Strict" }),
      post(samples(), sample("a", { size: 2, nonsense: 1 }), { fieldValidation: "Warn" }),
      post(samples(), sample("b", { size: 2, nonsense: 1 }), { fieldValidation: "Ignore" }),
    ],
  },
  {
    title: "a custom object patched in every way",
    steps: [
      ...define(),
      post(samples(), sample("a", { size: 2, tags: ["x"] })),
      patchMerge(samples("a"), { spec: { size: 3 } }),
      patchJson(samples("a"), [{ op: "add", path: "/spec/tags/-", value: "y" }]),
      patchStrategic(samples("a"), { spec: { size: 4 } }),
      patchMerge(samples("a"), { spec: { size: 99 } }),
      patchMerge(samples("a"), { spec: { size: null } }),
      replaceFrom(3, samples("a"), { spec: { size: 5 } }),
      put(samples("a"), sample("a", { size: 5 })),
    ],
  },
  {
    title: "a custom object applied by two managers",
    steps: [
      ...define(),
      apply("one", samples("a"), sample("a", { size: 2, items: [{ name: "x" }], tags: ["t"] })),
      apply("two", samples("a"), sample("a", { size: 2, items: [{ name: "y", n: 5 }], tags: ["u"] })),
      apply("two", samples("a"), sample("a", { size: 3 })),
      apply("one", samples("a"), sample("a", { size: 2, tags: [] })),
      get(samples("a")),
    ],
  },
  {
    title: "a custom object without a status of its own",
    steps: [
      ...define(),
      post(samples(), sample("a", { size: 2 }, { status: { phase: "x" } })),
      get(samples("a", "status")),
      patchMerge(samples("a"), { status: { phase: "y" } }),
    ],
  },
  {
    title: "a custom object's status and generation",
    steps: [
      ...define({ subresources: both }),
      post(samples(), sample("a", { size: 2 }, { status: { phase: "x" } })),
      patchMerge(samples("a"), { spec: { size: 3 }, status: { phase: "y" } }),
      patchMerge(samples("a", "status"), { spec: { size: 4 }, status: { phase: "z", replicas: 2 } }),
      get(samples("a")),
      patchMerge(samples("a"), { metadata: { labels: { x: "1" } } }),
    ],
  },
  {
    title: "a custom object's scale",
    steps: [
      ...define({ subresources: both }),
      post(samples(), sample("a", { size: 2 })),
      get(samples("a", "scale")),
      patchMerge(samples("a", "scale"), { spec: { replicas: 5 } }),
      get(samples("a")),
      patchMerge(samples("a", "scale"), { spec: { replicas: 50 } }),
    ],
  },
  {
    title: "a custom object's columns",
    steps: [
      ...define({ additionalPrinterColumns: columns }),
      post(samples(), sample("a", { size: 2, items: [{ name: "x" }, { name: "y" }] })),
      get(samples(), {}, table),
      get(samples("a"), {}, table),
    ],
  },
  {
    title: "a custom object without columns",
    steps: [...define(), post(samples(), sample("a", { size: 2 })), get(samples(), {}, table)],
  },
  {
    title: "a custom object watched",
    steps: [
      ...define(),
      watch("DELETED a", samples()),
      post(samples(), sample("a", { size: 2 })),
      patchMerge(samples("a"), { spec: { size: 3 } }),
      remove(samples("a")),
    ],
  },
  {
    title: "a custom object in two versions",
    steps: [
      ...define(
        {},
        {
          versions: ["v1", "v1beta1"].map((name) => ({
            name,
            served: true,
            storage: name === "v1",
            schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
          })),
        },
      ),
      post("/apis/{ns}.example.org/v1beta1/namespaces/{ns}/samples", {
        apiVersion: "{ns}.example.org/v1beta1",
        kind: "Sample",
        metadata: { name: "a" },
        spec: { x: 1 },
      }),
      get(samples("a")),
      get("/apis/{ns}.example.org/v1beta1/namespaces/{ns}/samples"),
      post(samples(), { apiVersion: "{ns}.example.org/v1beta1", kind: "Sample", metadata: { name: "b" } }),
    ],
  },
  {
    title: "custom fields that can be selected",
    steps: [
      ...define({ selectableFields: [{ jsonPath: ".spec.colour" }] }),
      post(samples(), sample("a", { size: 2 })),
      post(samples(), sample("b", { size: 2, colour: "green" })),
      get(samples(), { fieldSelector: "spec.colour=green" }),
      get(samples(), { fieldSelector: "spec.size=2" }),
    ],
  },
  {
    title: "discovery of a custom kind",
    steps: [
      ...define({ subresources: both }),
      { ...get("/apis/{ns}.example.org"), until: (status) => status === 200 },
      { ...get("/apis/{ns}.example.org/v1"), until: (status) => status === 200 },
    ],
  },
  {
    title: "a definition's schema can change",
    steps: [
      ...define(),
      post(samples(), sample("a", { size: 2 })),
      patchJson(path, [
        {
          op: "add",
          path: "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/extra",
          value: { type: "string", default: "d" },
        },
      ]),
      {
        ...get(samples("a")),
        until: (_status: number, body: unknown) =>
          (body as { spec?: { extra?: string } }).spec?.extra === "d",
      },
      patchMerge(path, { spec: { scope: "Cluster" } }),
      patchMerge(path, { spec: { group: "other.example.org" } }),
    ].map((step, index) => (index === 4 ? { ...step, view: () => "patched" } : step)),
  },
  {
    title: "validation rules in CEL",
    steps: [
      ...define({
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: {
                type: "object",
                properties: { a: { type: "integer" }, b: { type: "integer" } },
                "x-kubernetes-validations": [{ rule: "self.a < self.b", message: "a must be less than b" }],
              },
            },
          },
        },
      }),
      post(samples(), sample("a", { a: 1, b: 2 })),
      post(samples(), sample("b", { a: 2, b: 1 })),
    ],
  },
  {
    title: "custom objects go with their definition",
    controllers: true,
    steps: [
      ...define(),
      post(samples(), sample("a", { size: 2 })),
      { ...remove(path), view: () => "deleted" },
      { ...get(path), until: (status) => status === 404 },
      { ...get(samples("a")), until: (status) => status === 404 },
    ],
  },
];
