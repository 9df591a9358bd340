import * as fc from "fast-check";
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
  type Step,
} from "../ParityCase.ts";
import { crds, established, sampleDefinition } from "../cases/objects.ts";
import type { Sequence } from "./sequences.ts";
import { type Before, inAnyOrder, type Late, withoutQuotedObject } from "./steps.ts";
import { compact, maybe, some, text, type Json } from "./Subject.ts";

const definition = `${crds}/samples.{ns}.example.org`;

/** Versions of a schema. */
const schemas: readonly Json[] = [
  { size: { type: "integer", maximum: 9 }, colour: { type: "string" } },
  { size: { type: "integer", maximum: 2, default: 2 }, colour: { type: "string", enum: ["red"] } },
  {
    size: { type: "string" },
    extra: { type: "object", default: { n: 1 }, properties: { n: { type: "integer" } } },
  },
  {
    size: { "x-kubernetes-int-or-string": true },
    list: {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name"],
      items: {
        type: "object",
        required: ["name"],
        properties: { name: { type: "string" }, n: { type: "integer" } },
      },
    },
  },
  {
    colour: { type: "string", default: "red" },
    extra: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    list: { type: "array", items: { type: "object", properties: { name: { type: "string" } } } },
  },
];

type Scope = "Namespaced" | "Cluster";

interface Version {
  readonly name: string;
  readonly epoch: number;
  readonly hasStatus: boolean;
  readonly served: boolean;
  readonly deprecated: boolean;
}

/** What the definition is by now, as far as it decides about the steps to come. */
interface Model {
  scope: Scope;
  versions: readonly Version[];
  storage: string;
  /** In which there may be objects. */
  stored: Set<string>;
  /** Raised by each change: by this default it is told when a server has taken one over. */
  stamp: number;
}

const versionOf = (
  { name, epoch, hasStatus, served, deprecated }: Version,
  { storage, stamp }: Pick<Model, "storage" | "stamp">,
): Json => ({
  name,
  served,
  storage: name === storage,
  ...(deprecated ? { deprecated } : {}),
  ...(hasStatus ? { subresources: { status: {} } } : {}),
  schema: {
    openAPIV3Schema: {
      type: "object",
      properties: {
        spec: {
          type: "object",
          properties: { ...schemas[epoch], epoch: { type: "integer", default: stamp } },
        },
        status: { type: "object", properties: { phase: { type: "string" } } },
      },
    },
  },
});

/** What of it does not hang on when its controllers get to it. */
const seen = (body: unknown): unknown => {
  const { kind, spec, metadata } = body as { kind?: string; spec?: unknown; metadata?: Json };
  return kind === "CustomResourceDefinition"
    ? { spec, generation: metadata?.["generation"] }
    : withoutOrder(body);
};

/** What is wrong with versions comes in the order of a map in Go. */
const withoutOrder = (body: unknown): unknown => {
  const {
    details,
    message: _message,
    ...rest
  } = body as { details?: { causes?: unknown[] }; message?: string };
  const causes = (details?.causes ?? []).map((cause) =>
    JSON.stringify(cause).replaceAll(/storedVersions\[\d\]/g, "storedVersions"),
  );
  return causes.length < 2 ? body : { ...rest, details: { ...details, causes: causes.toSorted() } };
};

const path = ({ scope }: Model, version: string, ...rest: string[]): string =>
  [
    `/apis/{ns}.example.org/${version}${scope === "Namespaced" ? "/namespaces/{ns}" : ""}/samples`,
    ...rest,
  ].join("/");
const object = (version: string, called: string, spec: Json, more: Json = {}): Json => ({
  apiVersion: `{ns}.example.org/${version}`,
  kind: "Sample",
  metadata: { name: called },
  spec,
  ...more,
});

/** Until the server has taken over what a version is now. Made by a patch: a new kind's first creation is held up for seconds. */
const probe = (model: Model, { name, served }: Version): Step => {
  const { stamp } = model;
  return served
    ? {
        ...apply("probe", path(model, name, "probe"), object(name, "probe", {}), { dryRun: "All" }),
        until: (_status, body) => (body as { spec?: { epoch?: number } }).spec?.epoch === stamp,
        view: () => "taken over",
      }
    : { ...get(path(model, name)), until: (status) => status === 404, view: () => "no longer served" };
};

const define = (model: Model): Step[] => [
  {
    ...post(
      crds,
      sampleDefinition(
        {},
        {
          scope: model.scope,
          versions: model.versions.map((version) => versionOf(version, model)),
        },
      ),
    ),
    view: seen,
  },
  { ...get(definition), until: established, view: () => "established" },
  ...model.versions.map((version) => probe(model, version)),
];
const undefine = (model: Model): Step[] => [
  { ...remove(definition), view: () => "asked to go" },
  { ...get(definition), until: (status) => status === 404, view: seen },
  ...model.versions.map(({ name }) => ({
    ...get(path(model, name)),
    until: (status: number) => status === 404,
    view: () => "gone",
  })),
];

/** A real server's watch cache of a kind that was just changed may not be ready yet, and says 429. */
const settled = (step: Step): Step => ({
  ...step,
  view: step.view ?? inAnyOrder,
  ...(step.method === "GET" && step.until === undefined && step.watchUntil === undefined
    ? { until: (status: number) => status !== 429 }
    : {}),
});

/** By the model that the steps before have made. */
type DefinitionStep = (model: Model, next: number) => readonly Step[];
const late =
  (make: DefinitionStep): Late =>
  ({ model, next }: Before & { model?: Model }) => {
    if (model === undefined) throw new Error("these steps need a model");
    return make(model, next).map(settled);
  };

const aVersion = (called: string, served: fc.Arbitrary<boolean> = fc.constant(true)): fc.Arbitrary<Version> =>
  fc.record({
    name: fc.constant(called),
    epoch: fc.nat(schemas.length - 1),
    hasStatus: fc.boolean(),
    served,
    deprecated: fc.constantFrom(false, false, false, true),
  });
const mostly = fc.constantFrom(true, true, true, false);
/** Without a webhook that converts, versions that differ in more than what is served make little sense: they share a schema. */
const alike = (versions: readonly Version[]): readonly Version[] =>
  versions.map((each) => ({ ...each, epoch: versions[0]?.epoch ?? 0 }));

const someVersions: fc.Arbitrary<Pick<Model, "versions" | "storage">> = fc
  .oneof(
    fc.record({ versions: fc.tuple(aVersion("v1")), storage: fc.constant("v1") }),
    fc.record({ versions: fc.tuple(aVersion("v2")), storage: fc.constant("v2") }),
    {
      weight: 4,
      arbitrary: fc.record({
        versions: fc.tuple(aVersion("v1", mostly), aVersion("v2", mostly)),
        storage: fc.constantFrom("v1", "v2"),
      }),
    },
  )
  .map(({ versions, storage }) => ({ versions: alike(versions), storage }));

const change: fc.Arbitrary<Late> = someVersions.map(({ versions, storage }) =>
  late((model) => {
    const step = {
      ...patchMerge(definition, {
        spec: {
          versions: versions.map((version) => versionOf(version, { storage, stamp: model.stamp + 1 })),
        },
      }),
      view: seen,
    };
    const isRefused = [...model.stored].some((name) => versions.every((version) => version.name !== name));
    if (isRefused) return [step];
    const gone = model.versions.filter(({ name }) => versions.every((version) => version.name !== name));
    Object.assign(model, { versions, storage, stamp: model.stamp + 1 });
    model.stored.add(storage);
    return [
      step,
      ...[...versions, ...gone.map((version) => ({ ...version, served: false }))].map((version) =>
        probe(model, version),
      ),
    ];
  }),
);

const refused = fc
  .constantFrom<Json>(
    { scope: "Other" },
    { group: "other.example.org" },
    { names: { kind: "Other" } },
    { names: { plural: "others" } },
    { names: { shortNames: ["No"] } },
    { versions: [] },
    { versions: null },
    { preserveUnknownFields: true },
  )
  .map((spec) => late(() => [{ ...patchMerge(definition, { spec }), view: seen }]));

/** Only objects of one version are left, it is said. */
const migrated: Late = late((model) => {
  model.stored = new Set([model.storage]);
  return [
    {
      ...patchMerge(`${definition}/status`, { status: { storedVersions: [model.storage] } }),
      view: seen,
    },
  ];
});

const anew = fc.tuple(someVersions, fc.constantFrom<Scope>("Namespaced", "Cluster")).map(([made, scope]) =>
  late((model) => {
    const before = undefine(model);
    Object.assign(model, made, { scope, stored: new Set([made.storage]), stamp: model.stamp + 1 });
    return [...before, ...define(model)];
  }),
);

const name = fc.constantFrom("a", "b");
const version = fc.constantFrom("v1", "v1", "v2");
const spec = some({
  size: fc.constantFrom<unknown>(1, 2, 3, "x"),
  colour: fc.constantFrom("red", "green"),
  extra: fc.constantFrom<Json>({}, { n: 2 }, { m: "x" }),
  list: fc.constantFrom<Json[]>([], [{ name: "p", n: 1 }], [{ name: "p" }, { name: "q", n: 2 }]),
});
const validation = maybe(fc.constantFrom("Strict", "Ignore")).map(
  (fieldValidation) => compact({ fieldValidation }) as Record<string, string>,
);

const steps: fc.Arbitrary<Late> = fc.oneof(
  { weight: 4, arbitrary: change },
  { weight: 1, arbitrary: refused },
  { weight: 1, arbitrary: fc.constant(migrated) },
  { weight: 1, arbitrary: anew },
  // Made by applies only: a real server holds up a POST for two seconds after a kind is new, and the order of managers hangs on seconds.
  {
    weight: 7,
    arbitrary: fc
      .tuple(fc.constantFrom("one", "two"), version, name, spec, fc.boolean())
      .map(([by, v, called, value, force]) =>
        late((model) => [
          apply(by, path(model, v, called), object(v, called, value), force ? { force } : {}),
        ]),
      ),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(version, name, spec, validation)
      .map(([v, called, value, q]) =>
        late((model) => [withoutQuotedObject(patchMerge(path(model, v, called), { spec: value }, q))]),
      ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(version, name, text)
      .map(([v, called, label]) =>
        late((model) => [patchMerge(path(model, v, called), { metadata: { labels: { k: label } } })]),
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(version, name, fc.constantFrom("size", "colour", "extra", "list", "epoch"))
      .map(([v, called, field]) =>
        late((model) => [
          withoutQuotedObject(patchJson(path(model, v, called), [{ op: "remove", path: `/spec/${field}` }])),
        ]),
      ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(version, name, spec)
      .map(([v, called, value]) =>
        late((model, next) => [
          get(path(model, v, called)),
          replaceFrom(next, path(model, v, called), { spec: value }),
        ]),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(version, name, text).map(([v, called, phase]) =>
      late((model) => [
        apply("three", path(model, v, called, "status"), {
          ...object(v, called, {}),
          spec: undefined,
          status: { phase },
        }),
      ]),
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(version, name, spec)
      .map(([v, called, value]) => late((model) => [put(path(model, v, called), object(v, called, value))])),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(version, name)
      .map(([v, called]) => late((model) => [remove(path(model, v, called))])),
  },
  { weight: 1, arbitrary: version.map((v) => late((model) => [remove(path(model, v))])) },
  { weight: 2, arbitrary: version.map((v) => late((model) => [get(path(model, v))])) },
);

/** Watched at the end: a change of the definition ends watches, in a real server a second later. */
const watched = (model: Model): Step[] => {
  const [of] = model.versions.filter(({ served }) => served);
  if (of === undefined) return [];
  const at = (...rest: string[]): string => path(model, of.name, ...rest);
  return [
    ...model.versions
      .filter(({ served }) => served)
      .map((each) => watch("DELETED zz", path(model, each.name))),
    patchMerge(at("a"), { metadata: { labels: { k: "w" } } }),
    remove(at("b")),
    apply("one", at("zz"), object(of.name, "zz", {})),
    remove(at("zz")),
  ].map((step) => (step.watchUntil === undefined ? settled(step) : step));
};

/** A definition is changed under its objects, removed, and made again. */
export const definitions: Sequence = {
  runs: 4,
  steps,
  whole(those) {
    const first: Version = { name: "v1", epoch: 0, hasStatus: false, served: true, deprecated: false };
    const model: Model = {
      scope: "Namespaced",
      versions: [first],
      storage: "v1",
      stored: new Set(["v1"]),
      stamp: 0,
    };
    const all: Step[] = define(model);
    for (const make of those) {
      const before: Before & { model: Model } = {
        next: all.length,
        objects: [],
        lists: [],
        pages: [],
        model,
      };
      all.push(...make(before));
    }
    return {
      title: "definitions",
      steps: [
        ...all,
        { ...get(definition), view: seen },
        ...model.versions.map(({ name: called }) => settled(get(path(model, called)))),
        ...watched(model),
        ...undefine(model),
      ],
    };
  },
};
