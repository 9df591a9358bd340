import {
  apply,
  get,
  patchJson,
  patchMerge,
  post,
  put,
  remove,
  replaceFrom,
  watch,
  withoutWords,
} from "../ParityCase.ts";
import type { ParityCase, Step } from "../ParityCase.ts";
import { crds, established, sample, sampleDefinition, samples } from "./objects.ts";

type Json = Record<string, unknown>;

const path = `${crds}/samples.{ns}.example.org`;
const define = (version?: Json, spec?: Json): Step[] => [
  { ...post(crds, sampleDefinition(version, spec)), view: () => "defined" },
  { ...get(path), until: established, view: () => "established" },
  { ...get(samples()), until: (status) => status === 200, view: () => "served" },
];
const of = (version: string, ...rest: string[]): string =>
  [`/apis/{ns}.example.org/${version}/namespaces/{ns}/samples`, ...rest].join("/");
const open = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
const version = (name: string, more: Json = {}): Json => ({
  name,
  served: true,
  storage: false,
  schema: open,
  ...more,
});
const versions = (...list: Json[]): Json => ({ spec: { versions: list } });
const object = (name: string, apiVersion: string, more: Json = {}): Json => ({
  apiVersion: `{ns}.example.org/${apiVersion}`,
  kind: "Sample",
  metadata: { name },
  ...more,
});
const terminating = (reason: string) => (_status: number, body: unknown) =>
  ((body as { status?: { conditions?: { type: string; reason: string }[] } }).status?.conditions ?? []).some(
    (one) => one.type === "Terminating" && one.reason === reason,
  );
const gone = (status: number): boolean => status === 404;
const held = { metadata: { name: "a", finalizers: ["m.n/o"] } };
const isGoing = (_status: number, body: unknown): boolean =>
  (body as { metadata?: { deletionTimestamp?: string } }).metadata?.deletionTimestamp !== undefined;
const other = (names: Json, more: Json = {}): Json => ({
  ...sampleDefinition({}, { names: { plural: "others", kind: "Other", ...names }, ...more }),
  metadata: { name: "others.{ns}.example.org" },
});
const others = `${crds}/others.{ns}.example.org`;
const namesChecked = (_status: number, body: unknown): boolean =>
  ((body as { status?: { conditions?: unknown[] | null } }).status?.conditions ?? []).length >= 2;

/** Definitions that are changed, or removed, under their objects. */
export const definitionChangeCases: readonly ParityCase[] = [
  {
    title: "a definition that is deleted waits for its objects",
    steps: [
      ...define(),
      apply("one", samples("a"), sample("a", { size: 2 }, held)),
      apply("one", samples("b"), sample("b", { size: 2 })),
      remove(path),
      { ...get(path), until: terminating("InstanceDeletionInProgress") },
      { ...get(samples("a")), until: isGoing },
      { ...get(samples("b")), until: gone },
      apply("one", samples("c"), sample("c", { size: 2 })),
      { ...post(samples(), sample("c", { size: 2 })) },
      { ...post(samples(), sample("a", { size: 2 })) },
      remove(path),
      post(crds, sampleDefinition()),
      patchMerge(samples("a"), { spec: { size: 3 } }),
      patchMerge(samples("a"), { metadata: { finalizers: null } }),
      { ...get(path), until: gone },
      get(samples("a")),
      get(samples()),
    ],
  },
  {
    title: "a definition without objects is deleted",
    steps: [
      ...define(),
      remove(path, undefined, { dryRun: "All" }),
      remove(path, { kind: "DeleteOptions", apiVersion: "v1", preconditions: { uid: "other" } }),
      withoutWords(
        remove(path, { kind: "DeleteOptions", apiVersion: "v1", preconditions: { resourceVersion: "1" } }),
      ),
      remove(path),
      { ...get(path), until: gone },
      { ...get(samples()), until: gone },
    ],
  },
  {
    title: "a definition with a finalizer of its own is deleted",
    steps: [
      ...define(),
      patchMerge(path, { metadata: { finalizers: ["m.n/o"] } }),
      remove(path),
      { ...get(path), until: terminating("InstanceDeletionCompleted") },
      apply("one", samples("c"), sample("c", { size: 2 })),
      patchMerge(path, { metadata: { finalizers: null } }),
      { ...get(path), until: gone },
    ].map((step, index) => (index === 3 ? { ...step, view: () => "patched" } : step)),
  },
  {
    title: "watches of a kind end when its definition changes or goes",
    steps: [
      ...define(),
      watch("DELETED nobody", samples()),
      apply("one", samples("a"), sample("a", { size: 2 })),
      { ...patchMerge(path, { spec: { names: { shortNames: ["sx"] } } }), view: () => "patched" },
    ],
  },
  {
    title: "versions of a definition that come and go",
    steps: [
      ...define({ schema: open }),
      apply("one", samples("a"), object("a", "v1", { spec: { x: 1 } })),
      patchMerge(path, versions(version("v2", { storage: true }))),
      patchMerge(path, versions(version("v1"), version("v2", { storage: true }))),
      { ...get(of("v2", "a")), until: (status) => status === 200 },
      apply("two", of("v2", "a"), object("a", "v2", { spec: { y: 1 } })),
      apply("one", of("v1", "a"), object("a", "v1", { spec: { x: 2 } })),
      get(samples()),
      patchMerge(path, versions(version("v1", { served: false }), version("v2", { storage: true }))),
      { ...get(samples()), until: gone },
      get(samples("a")),
      get(of("v2", "a")),
      patchMerge(path, versions(version("v2", { storage: true }))),
      patchMerge(`${path}/status`, { status: { storedVersions: ["v2"] } }),
      patchMerge(path, versions(version("v2", { storage: true }))),
      { ...get(path), until: established },
      {
        ...get("/apis/{ns}.example.org"),
        until: (_s, body) => JSON.stringify(body).includes("v2") && !JSON.stringify(body).includes('/v1"'),
      },
      apply("one", of("v2", "a"), object("a", "v2", { spec: { x: 3 } })),
    ],
  },
  {
    title: "a definition without any served version",
    steps: [
      ...define({ schema: open }),
      apply("one", samples("a"), object("a", "v1", { spec: { x: 1 } })),
      patchMerge(path, versions(version("v1", { storage: true, served: false }))),
      { ...get(samples()), until: gone },
      patchMerge(path, versions(version("v1", { storage: true }))),
      { ...get(samples("a")), until: (status) => status === 200 },
      patchMerge(path, versions(version("v1", { storage: true, served: false }))),
      { ...get(samples()), until: gone },
      { ...remove(path), view: () => "asked to go" },
      { ...get(path), until: gone },
    ],
  },
  {
    title: "a version that is deprecated",
    steps: [
      ...define(
        {},
        {
          versions: [
            version("v1beta1", { deprecated: true }),
            version("v1beta2", { deprecated: true, deprecationWarning: "leave it" }),
            version("v1", { storage: true }),
            version("v2", { deprecated: true }),
          ],
        },
      ),
      get(of("v1beta1")),
      get(of("v1beta2")),
      get(of("v2")),
      get(of("v1")),
      apply("one", of("v1beta1", "a"), object("a", "v1beta1", { spec: { x: 1 } })),
      get(of("v1beta1", "nobody")),
      apply("one", of("v1", "a"), object("a", "v1beta1", { spec: { x: 1 } })),
      { ...get("/apis/{ns}.example.org"), until: (status) => status === 200 },
    ],
  },
  {
    title: "a definition whose names are taken",
    steps: [
      ...define(),
      post(crds, other({ kind: "Sample" })),
      { ...get(others), until: namesChecked },
      { ...remove(others), view: () => "asked to go" },
      { ...get(others), until: gone },
      { ...post(crds, other({ shortNames: ["sa", "o"] })), view: () => "defined" },
      { ...get(others), until: namesChecked },
      { ...remove(path), view: () => "asked to go" },
      { ...get(path), until: gone },
      { ...get(others), until: established },
      { ...remove(others), view: () => "asked to go" },
      { ...get(others), until: gone },
      ...define(),
      { ...post(crds, other({ singular: "sample", listKind: "SampleList" })), view: () => "defined" },
      { ...get(others), until: namesChecked },
    ],
  },
  {
    title: "what of a definition can't change",
    steps: [
      ...define(),
      patchMerge(path, { spec: { scope: "Cluster" } }),
      patchMerge(path, { spec: { names: { kind: "Example" } } }),
      patchMerge(path, { spec: { names: { plural: "examples" } } }),
      patchMerge(path, { spec: { names: { singular: "example", shortNames: null } } }),
      {
        ...get(path),
        until: (_s, body) =>
          (body as { status?: { acceptedNames?: { singular?: string } } }).status?.acceptedNames?.singular ===
          "example",
      },
      patchMerge(path, { spec: { versions: [] } }),
      patchMerge(path, { spec: { conversion: { strategy: "Webhook" } } }),
      patchMerge(path, { spec: { preserveUnknownFields: true } }),
      patchMerge(path, { spec: { names: null } }),
      patchMerge(path, { spec: null }),
      patchMerge(path, { status: { storedVersions: [] } }),
      patchMerge(`${path}/status`, { status: { storedVersions: [] } }),
      patchMerge(`${path}/status`, { status: { storedVersions: ["v1", "v9"] } }),
      patchJson(path, [{ op: "remove", path: "/spec/versions/0/schema" }]),
    ],
  },
  {
    title: "versions of a definition that are refused",
    steps: [
      ...define({ schema: open }),
      patchMerge(path, versions(version("v1", { storage: true }), version("V2"))),
      patchMerge(path, versions(version("v1", { storage: true }), version("v1"))),
      patchMerge(path, versions(version("v1", { storage: true }), version("v2", { storage: true }))),
      patchMerge(path, versions(version("v1"))),
      patchMerge(path, versions(version("v1", { storage: true, deprecationWarning: "x" }))),
      patchMerge(path, versions(version("v1", { storage: true, deprecated: true, deprecationWarning: "" }))),
      patchMerge(path, versions(version("v1", { storage: true, subresources: { scale: {} } }))),
      patchMerge(path, versions(version("v1", { storage: true, additionalPrinterColumns: [{ name: "x" }] }))),
      patchMerge(
        path,
        versions(
          version("v1", {
            storage: true,
            additionalPrinterColumns: [{ name: "x", type: "text", jsonPath: "spec" }],
          }),
        ),
      ),
      patchMerge(
        path,
        versions(version("v1", { storage: true, selectableFields: [{ jsonPath: ".spec.x" }] })),
      ),
      patchMerge(
        path,
        versions(
          version("v1", {
            storage: true,
            schema: { openAPIV3Schema: { type: "object", properties: { spec: {} } } },
          }),
          version("v2"),
        ),
      ),
      patchMerge(
        path,
        versions(
          version("v1", {
            storage: true,
            schema: { openAPIV3Schema: { type: "object", properties: { spec: {} } } },
          }),
          version("v2", { schema: { openAPIV3Schema: { type: "object", properties: { spec: {} } } } }),
        ),
      ),
      patchMerge(
        path,
        versions(version("v1", { storage: true, schema: null }), version("v2", { schema: null })),
      ),
    ],
  },
  {
    title: "an object stored under an earlier schema",
    steps: [
      ...define({ schema: open }),
      apply("one", samples("a"), object("a", "v1", { spec: { size: "x", more: { y: 1 }, list: [1, 1] } })),
      {
        ...patchMerge(path, {
          spec: (
            sampleDefinition({
              schema: {
                openAPIV3Schema: {
                  type: "object",
                  required: ["spec"],
                  properties: {
                    spec: {
                      type: "object",
                      properties: {
                        size: { type: "integer", default: 2 },
                        epoch: { type: "integer", default: 7 },
                        list: { type: "array", "x-kubernetes-list-type": "set", items: { type: "integer" } },
                      },
                    },
                  },
                },
              },
            }) as { spec: Json }
          ).spec,
        }),
        view: () => "patched",
      },
      { ...get(samples("a")), until: (_s, body) => JSON.stringify(body).includes("epoch") },
      patchMerge(samples("a"), { metadata: { labels: { x: "1" } } }),
      apply("one", samples("a"), object("a", "v1", { metadata: { name: "a", labels: { x: "1" } } })),
      patchMerge(samples("a"), { spec: { size: "y" } }),
      patchMerge(samples("a"), { spec: { size: 3 } }),
      apply("one", samples("a"), object("a", "v1", { spec: { size: 3 } })),
      apply("two", samples("a"), object("a", "v1", { spec: { list: [1] } })),
      get(samples("a")),
      replaceFrom(12, samples("a"), { spec: { list: [2] } }),
      put(samples("a"), object("a", "v1", { spec: { size: 3 } })),
    ],
  },
  {
    title: "a definition of a cluster-wide kind made anew as a namespaced one",
    steps: [
      { ...post(crds, sampleDefinition({ schema: open }, { scope: "Cluster" })), view: () => "defined" },
      { ...get(path), until: established, view: () => "established" },
      {
        ...get("/apis/{ns}.example.org/v1/samples"),
        until: (status) => status === 200,
        view: () => "served",
      },
      apply("one", "/apis/{ns}.example.org/v1/samples/a", object("a", "v1", { spec: { x: 1 } })),
      get(samples()),
      apply("one", samples("a"), object("a", "v1")),
      { ...remove(path), view: () => "asked to go" },
      { ...get(path), until: gone },
      ...define({ schema: open }),
      get(samples()),
      get("/apis/{ns}.example.org/v1/samples"),
      get("/apis/{ns}.example.org/v1/samples/a"),
      apply("one", samples("a"), object("a", "v1")),
    ],
  },
];
