import * as fc from "fast-check";
import { apply, get, patchMerge, post, put, remove, replaceFrom, type Step } from "../ParityCase.ts";
import { crds, established, sample, sampleDefinition, samples } from "../cases/objects.ts";
import type { Sequence } from "./sequences.ts";
import { inAnyOrder, type Late, withoutQuotedObject } from "./steps.ts";
import { compact, maybe, some, text, type Json } from "./Subject.ts";

const definition = `${crds}/samples.{ns}.example.org`;

/** Versions of a schema; `epoch` tells when a server has taken one over. */
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

const versionOf = (epoch: number, hasStatus: boolean): Json => ({
  name: "v1",
  served: true,
  storage: true,
  ...(hasStatus ? { subresources: { status: {} } } : {}),
  schema: {
    openAPIV3Schema: {
      type: "object",
      properties: {
        spec: {
          type: "object",
          properties: { ...schemas[epoch], epoch: { type: "integer", default: epoch } },
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
    : inAnyOrder(body);
};
const probe = (epoch: number): Step => ({
  ...post(samples(), sample("probe", { size: epoch === 2 ? "x" : 1, colour: "red" }), { dryRun: "All" }),
  until: (_status, body) => (body as { spec?: { epoch?: number } }).spec?.epoch === epoch,
  view: () => "taken over",
});
const define = (epoch: number, hasStatus: boolean): readonly Step[] => [
  { ...post(crds, sampleDefinition(versionOf(epoch, hasStatus))), view: seen },
  { ...get(definition), until: established, view: () => "established" },
];

const name = fc.constantFrom("a", "b");
const spec = some({
  size: fc.constantFrom<unknown>(1, 2, 3, "x"),
  colour: fc.constantFrom("red", "green"),
  extra: fc.constantFrom<Json>({}, { n: 2 }, { m: "x" }),
  list: fc.constantFrom<Json[]>([], [{ name: "p", n: 1 }], [{ name: "p" }, { name: "q", n: 2 }]),
});
const object = (called: string, value: Json, more: Json = {}): Json => sample(called, value, more);
const validation = maybe(fc.constantFrom("Strict", "Ignore")).map(
  (fieldValidation) => compact({ fieldValidation }) as Record<string, string>,
);

const shown = (...steps: Step[]): Late => {
  const all = steps.map((step) => ({ ...step, view: step.view ?? inAnyOrder }));
  return () => all;
};

const steps: fc.Arbitrary<Late> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(fc.nat(schemas.length - 1), fc.boolean()).map(([epoch, hasStatus]) =>
      shown(
        {
          ...patchMerge(definition, { spec: { versions: [versionOf(epoch, hasStatus)] } }),
          view: seen,
        },
        probe(epoch),
      ),
    ),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(name, spec, validation)
      .map(([called, value, q]) => shown(post(samples(), object(called, value), q))),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom("one", "two"), name, spec, fc.boolean())
      .map(([by, called, value, force]) =>
        shown(apply(by, samples(called), object(called, value), force ? { force } : {})),
      ),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(name, spec, validation)
      .map(([called, value, q]) =>
        shown(withoutQuotedObject(patchMerge(samples(called), { spec: value }, q))),
      ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(name, spec).map(([called, value]): Late => ({ next }) => [
      { ...get(samples(called)), view: inAnyOrder },
      { ...replaceFrom(next, samples(called), { spec: value }), view: inAnyOrder },
    ]),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(name, text).map(([called, phase]) =>
      shown(
        apply("three", samples(called, "status"), {
          ...object(called, {}),
          spec: undefined,
          status: { phase },
        }),
      ),
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(name, spec)
      .map(([called, value]) => shown(put(samples(called), object(called, value)))),
  },
  { weight: 1, arbitrary: name.map((called) => shown(remove(samples(called)))) },
  { weight: 1, arbitrary: name.map((called) => shown(get(samples(called)))) },
  { weight: 1, arbitrary: fc.constant(shown(get(samples()))) },
);

/** A definition is changed under its objects, removed, and made again. */
export const definitions: Sequence = {
  // Some still differ.
  runs: 0,
  steps,
  whole(late) {
    const all: Step[] = [...define(0, false), probe(0)];
    for (const make of late) all.push(...make({ next: all.length, objects: [], lists: [], pages: [] }));
    return {
      title: "definitions",
      steps: [
        ...all,
        { ...remove(definition), view: () => "asked to go" },
        { ...get(definition), until: (status) => status === 404, view: seen },
        { ...get(samples()), until: (status) => status === 404 },
        ...define(1, true),
        probe(1),
        get(samples()),
      ],
    };
  },
};
