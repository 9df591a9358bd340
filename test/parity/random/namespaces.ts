import * as fc from "fast-check";
import { apply, get, patchMerge, post, put, remove, type Step } from "../ParityCase.ts";
import type { Sequence } from "./sequences.ts";
import { inAnyOrder, type Late } from "./steps.ts";
import { metadata, texts, type Json } from "./Subject.ts";

// Of its own: what is deleted here must not be the place of others.
const place = (called: string): string => `/api/v1/namespaces/{ns}-${called}`;
const contents = (called: string, ...rest: string[]): string =>
  [place(called), "configmaps", ...rest].join("/");
const name = fc.constantFrom("a", "b");

/** Without what its controller adds when it gets to it. */
const seen = (body: unknown): unknown => {
  const { status, ...rest } = (body ?? {}) as { status?: { phase?: string; conditions?: unknown } };
  return typeof status === "object"
    ? { ...rest, metadata: withoutVersion(rest), phase: status.phase }
    : inAnyOrder(body);
};
const withoutVersion = (body: object): object => {
  const {
    resourceVersion: _version,
    managedFields: _fields,
    ...more
  } = (body as { metadata?: Json }).metadata ?? {};
  return more;
};

/** It is there, gone, or kept by the finalizers of what is in it. */
const settled = (status: number, body: unknown): boolean => {
  const { phase, conditions = [] } =
    (body as { status?: { phase?: string; conditions?: { type: string; status: string }[] } }).status ?? {};
  return (
    status === 404 ||
    phase === "Active" ||
    conditions.some((one) => one.type === "NamespaceContentRemaining" && one.status === "True")
  );
};

const configMap = (fields: Json): Json => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  ...fields,
  metadata: { ...(fields["metadata"] as Json | undefined), name: "a" },
});

const namespace = (called: string, labels: Json): Json => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: `{ns}-${called}`, labels },
});

const shown = (...steps: Step[]): Late => {
  const all = steps.map((step) => ({ ...step, view: step.view ?? inAnyOrder }));
  return () => all;
};
const ofNamespace = (step: Step): Step => ({ ...step, view: seen });

const steps: fc.Arbitrary<Late> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(name, texts)
      .map(([called, labels]) => shown(ofNamespace(post("/api/v1/namespaces", namespace(called, labels))))),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(name, texts)
      .map(([called, labels]) => shown(ofNamespace(apply("one", place(called), namespace(called, labels))))),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(name, texts)
      .map(([called, labels]) => shown(ofNamespace(patchMerge(place(called), { metadata: { labels } })))),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(name, metadata)
      .map(([called, value]) => shown(post(contents(called), configMap({ metadata: value })))),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(name, texts)
      .map(([called, data]) => shown(apply("one", contents(called, "a"), configMap({ data })))),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(name, texts)
      .map(([called, data]) => shown(put(contents(called, "a"), configMap({ data })))),
  },
  {
    weight: 2,
    arbitrary: name.map((called) =>
      shown(ofNamespace(remove(place(called))), ofNamespace({ ...get(place(called)), until: settled })),
    ),
  },
  { weight: 1, arbitrary: name.map((called) => shown(remove(contents(called, "a")))) },
  { weight: 1, arbitrary: name.map((called) => shown(get(contents(called)))) },
  { weight: 1, arbitrary: name.map((called) => shown(ofNamespace(get(place(called))))) },
);

/** Namespaces are made, filled and deleted; what has finalizers keeps them. */
export const namespaces: Sequence = {
  runs: 2,
  steps,
  whole: (late) => ({
    title: "namespaces",
    steps: late.flatMap((make) => make({ next: 0, objects: [], lists: [], pages: [] })),
  }),
};
