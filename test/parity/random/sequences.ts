import * as fc from "fast-check";
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
import { at, configMap, crds, established, sampleDefinition, samples } from "../cases/objects.ts";

type Json = Record<string, unknown>;

const compact = (value: Json): Json =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined));
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
const name = fc.constantFrom("a", "b");
const manager = fc.constantFrom("one", "two", "three");
const text = fc.constantFrom("x", "y", "z");
const texts = fc.dictionary(fc.constantFrom("k", "l", "m.n/o"), text, { maxKeys: 3 });
const unique = <T extends Json>(item: fc.Arbitrary<T>, key: string): fc.Arbitrary<T[]> =>
  fc.uniqueArray(item, { selector: (one) => one[key], maxLength: 3 });

/** What is written of one kind: an object's fields besides its name, and lists whose items a JSON patch goes into. */
interface Subject {
  readonly path: (...rest: string[]) => string;
  readonly base: Json;
  readonly fields: fc.Arbitrary<Json>;
  readonly pointers: readonly string[];
  readonly strategic: boolean;
  /** Whether an object can be changed through this subresource. */
  readonly subresources: readonly string[];
}

const metadata = fc
  .record({
    labels: maybe(texts),
    annotations: maybe(texts),
    finalizers: maybe(fc.uniqueArray(fc.constantFrom("m.n/o", "p.q/r"), { maxLength: 2 })),
  })
  .map(compact);

const configMaps: Subject = {
  path: (...rest) => at("configmaps", ...rest),
  base: { apiVersion: "v1", kind: "ConfigMap" },
  fields: fc
    .record({
      metadata,
      data: maybe(texts),
      immutable: maybe(fc.constantFrom(false, false, false, true)),
    })
    .map(compact),
  pointers: [
    "/data",
    "/data/k",
    "/data/l",
    "/metadata/labels",
    "/metadata/labels/k",
    "/metadata/annotations",
  ],
  strategic: true,
  subresources: [],
};

const port = fc
  .record({
    containerPort: fc.constantFrom(80, 81),
    protocol: maybe(fc.constantFrom("TCP", "UDP")),
    name: maybe(fc.constantFrom("p", "q")),
  })
  .map(compact);
const container = fc
  .record({
    name: fc.constantFrom("c", "d"),
    image: maybe(text),
    command: maybe(fc.array(text, { maxLength: 2 })),
    env: maybe(
      unique(fc.record({ name: fc.constantFrom("A", "B"), value: maybe(text) }).map(compact), "name"),
    ),
    ports: maybe(unique(port, "containerPort")),
  })
  .map(compact);

const deployments: Subject = {
  path: (...rest) => at("deployments", ...rest),
  base: { apiVersion: "apps/v1", kind: "Deployment" },
  fields: fc
    .record({
      metadata,
      spec: fc
        .record({
          replicas: maybe(fc.constantFrom(0, 1, 2)),
          // Not false: which of Go's fields leave out what is empty is not known of every field.
          paused: maybe(fc.constant(true)),
          selector: fc.constant({ matchLabels: { app: "a" } }),
          strategy: maybe(
            fc.constantFrom<Json>({ type: "Recreate" }, { rollingUpdate: { maxSurge: 2 } }, {}),
          ),
          template: fc.record({
            metadata: texts.map((labels) => ({ labels: { ...labels, app: "a" } })),
            spec: fc
              .record({
                containers: unique(container, "name"),
                terminationGracePeriodSeconds: maybe(fc.constantFrom(1, 5)),
              })
              .map(compact),
          }),
        })
        .map(compact),
    })
    .map(compact),
  pointers: [
    "/spec/replicas",
    "/spec/template/spec/containers/0/image",
    "/spec/template/spec/containers/0/env",
    "/spec/template/spec/containers/0/env/-",
    "/spec/template/metadata/labels/k",
    "/metadata/labels",
  ],
  strategic: true,
  subresources: ["status"],
};

const servicePort = fc
  .record({
    port: fc.constantFrom(80, 81),
    name: maybe(fc.constantFrom("p", "q")),
    protocol: maybe(fc.constantFrom("TCP", "UDP")),
    targetPort: maybe(fc.constantFrom<number | string>(8080, "web")),
  })
  .map(compact);
const services: Subject = {
  path: (...rest) => at("services", ...rest),
  base: { apiVersion: "v1", kind: "Service" },
  fields: fc
    .record({
      metadata,
      spec: fc
        .record({
          type: maybe(fc.constantFrom("ClusterIP", "NodePort")),
          selector: maybe(texts),
          ports: maybe(unique(servicePort, "port")),
        })
        .map(compact),
    })
    .map(compact),
  pointers: ["/spec/ports/0/port", "/spec/ports/-", "/spec/type", "/spec/selector", "/metadata/labels/k"],
  strategic: true,
  subresources: [],
};

const customs: Subject = {
  path: (...rest) => samples(...rest),
  base: { apiVersion: "{ns}.example.org/v1", kind: "Sample" },
  fields: fc
    .record({
      metadata,
      spec: maybe(
        fc
          .record({
            size: maybe(fc.constantFrom<unknown>(0, 1, 2, 3, "x", 1.5)),
            colour: maybe(fc.constantFrom("red", "blue", "none")),
            items: maybe(
              unique(fc.record({ name: fc.constantFrom("p", "q"), value: maybe(text) }).map(compact), "name"),
            ),
            free: maybe(fc.dictionary(text, texts, { maxKeys: 2 })),
            // One at most: which of several unknown fields an apply is refused for hangs on the order of a map of Go.
            unknown: maybe(text),
          })
          .map(compact),
      ),
    })
    .map(compact),
  pointers: ["/spec", "/spec/size", "/spec/colour", "/spec/items/-", "/spec/items/0", "/spec/free"],
  strategic: false,
  subresources: [],
};

/** A step, or how to make it once it is known which earlier answers are objects and lists. */
type Late = (before: { objects: number[]; lists: number[] }) => Step;

const named = ({ base }: Subject, called: string, fields: Json): Json => ({
  ...base,
  ...fields,
  metadata: { ...(fields["metadata"] as Json | undefined), name: called },
});

/** A patch that takes away: null in place of some fields. */
const withNulls = (fields: fc.Arbitrary<Json>): fc.Arbitrary<Json> =>
  fc
    .tuple(fields, fc.constantFrom("", "data", "metadata.labels", "metadata.finalizers", "spec.replicas"))
    .map(([value, path]) => {
      if (path === "") return value;
      const [first = "", second] = path.split(".");
      return {
        ...value,
        [first]: second === undefined ? null : { ...(value[first] as Json | undefined), [second]: null },
      };
    });

/** A real server quotes the whole object where a patch makes none of it, which may hold secrets: the sandbox says why only. */
const withoutQuotedObject = (step: Step): Step => ({
  ...step,
  view(body) {
    const { details } = (body ?? {}) as { details?: { causes?: { field?: string }[] } };
    return details?.causes?.[0]?.field === "patch" ? "what the patch makes is refused" : body;
  },
});

const jsonPatchOf = ({ pointers }: Subject): fc.Arbitrary<Json[]> =>
  fc.array(
    fc.oneof(
      fc.record({
        op: fc.constantFrom("add", "replace", "test"),
        path: fc.constantFrom(...pointers),
        value: fc.constantFrom<unknown>("x", "y", 80, { k: "x" }, [{ name: "A", value: "x" }], null),
      }),
      fc.record({ op: fc.constant("remove"), path: fc.constantFrom(...pointers) }),
      fc.record({
        op: fc.constantFrom("copy", "move"),
        from: fc.constantFrom(...pointers),
        path: fc.constantFrom(...pointers),
      }),
    ),
    { minLength: 1, maxLength: 3 },
  );

const steps = (subject: Subject): fc.Arbitrary<Late> => {
  const { path, fields } = subject;
  const query = fc
    .record({ fieldManager: manager, dryRun: fc.constantFrom(undefined, undefined, undefined, "All") })
    .map(compact) as fc.Arbitrary<Record<string, string>>;
  const into = fc.constantFrom("", "", "", ...subject.subresources);
  const place = (called: string, below: string): string => path(called, ...(below === "" ? [] : [below]));
  const fixed = (arbitrary: fc.Arbitrary<Step>): fc.Arbitrary<Late> => arbitrary.map((step) => () => step);
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fixed(
        fc
          .tuple(manager, name, fields, fc.boolean(), into)
          .map(([by, called, value, force, below]) =>
            apply(by, place(called, below), named(subject, called, value), force ? { force } : {}),
          ),
      ),
    },
    {
      weight: 3,
      arbitrary: fixed(
        fc
          .tuple(name, fields, query)
          .map(([called, value, q]) => post(path(), named(subject, called, value), q)),
      ),
    },
    {
      weight: 3,
      arbitrary: fixed(
        fc
          .tuple(name, fields, query, into)
          .map(([called, value, q, below]) => put(place(called, below), named(subject, called, value), q)),
      ),
    },
    {
      weight: 3,
      arbitrary: fc.tuple(name, fields, query, fc.nat(20)).map(
        ([called, value, q, which]): Late =>
          ({ objects }) =>
            objects.length === 0
              ? get(path(called))
              : replaceFrom(objects[which % objects.length] ?? 0, path(called), value, q),
      ),
    },
    {
      weight: 3,
      arbitrary: fixed(
        fc
          .tuple(name, withNulls(fields), query, into)
          .map(([called, value, q, below]) =>
            withoutQuotedObject(patchMerge(place(called, below), value, q)),
          ),
      ),
    },
    {
      weight: 3,
      arbitrary: fixed(
        fc
          .tuple(name, withNulls(fields), query)
          .map(([called, value, q]) =>
            withoutQuotedObject((subject.strategic ? patchStrategic : patchMerge)(path(called), value, q)),
          ),
      ),
    },
    {
      weight: 3,
      arbitrary: fixed(
        fc
          .tuple(name, jsonPatchOf(subject), query)
          .map(([called, value, q]) => withoutQuotedObject(patchJson(path(called), value, q))),
      ),
    },
    { weight: 2, arbitrary: fixed(name.map((called) => remove(path(called)))) },
    { weight: 1, arbitrary: fixed(name.map((called) => get(path(called)))) },
    {
      weight: 1,
      arbitrary: fixed(
        fc
          .constantFrom<Record<string, string>>({}, { labelSelector: "k=x" }, { limit: "1" })
          .map((q) => get(path(), q)),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.nat(20), fc.constantFrom("Exact", "NotOlderThan")).map(
        ([which, match]): Late =>
          ({ lists }) =>
            lists.length === 0
              ? get(path())
              : get(path(), {
                  resourceVersion: `<${lists[which % lists.length]}.metadata.resourceVersion>`,
                  resourceVersionMatch: match,
                }),
      ),
    },
  );
};

/** Gives the late steps their place behind those that are there. */
function settle(first: readonly Step[], late: readonly Late[], path: string): Step[] {
  const all = [...first];
  const objects: number[] = [];
  const lists: number[] = [];
  for (const [index, step] of first.entries())
    if (step.path === path && step.view === undefined) lists.push(index);
  for (const make of late) {
    const step = make({ objects, lists });
    if (step.path === path && step.method === "GET" && Object.keys(step.query ?? {}).length === 0)
      lists.push(all.length);
    else if (step.method !== "DELETE" && step.path !== path) objects.push(all.length);
    all.push(step);
  }
  return all;
}

const sequenceOf = (
  title: string,
  subject: Subject,
  before: readonly Step[] = [],
  after: readonly Step[] = [],
): fc.Arbitrary<ParityCase> =>
  fc
    .tuple(fc.array(steps(subject), { minLength: 5, maxLength: 30, size: "max" }), fc.boolean())
    .map(([late, selected]) => {
      const path = subject.path();
      // What is watched from the first list on ends with an object that is made last.
      const first = [
        ...before,
        get(path),
        watch(`ADDED zz`, at("configmaps"), selected ? { labelSelector: "k=x" } : {}),
      ];
      const end = post(at("configmaps"), configMap("zz", {}, { labels: { k: "x" } }));
      return { title, steps: [...settle(first, late, path), get(path), ...after, end] };
    });

const definition = `${crds}/samples.{ns}.example.org`;
const define: readonly Step[] = [
  { ...post(crds, sampleDefinition()), view: () => "defined" },
  { ...get(definition), until: established, view: () => "established" },
  { ...get(samples()), until: (status) => status === 200, view: () => "served" },
];
const undefine: readonly Step[] = [{ ...remove(definition), view: () => "asked to go" }];

/** Sequences by what they write. */
export const sequences: Readonly<Record<string, fc.Arbitrary<ParityCase>>> = {
  "config maps": sequenceOf("config maps", configMaps),
  deployments: sequenceOf("deployments", deployments),
  services: sequenceOf("services", services),
  "custom objects": sequenceOf("custom objects", customs, define, undefine),
};
