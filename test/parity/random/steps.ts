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
  type Step,
} from "../ParityCase.ts";
import { compact, type Json, type Subject } from "./Subject.ts";

/** Which earlier answers are objects, lists, and pages of lists. */
export interface Before {
  /** The number of the step to come. */
  readonly next: number;
  readonly objects: readonly number[];
  readonly lists: readonly number[];
  readonly pages: readonly number[];
}

/** Steps, once it is known what comes before them. */
export type Late = (before: Before) => readonly Step[];

const name = fc.constantFrom("a", "b");
const manager = fc.constantFrom("one", "two", "three");
type Query = Record<string, string>;

const named = ({ base }: Subject, called: string, fields: Json): Json => ({
  ...base,
  ...fields,
  metadata: { ...(fields["metadata"] as Json | undefined), name: called },
});

/** A patch that takes away: null in place of some fields. */
const withNulls = (subject: Subject, fields: fc.Arbitrary<Json>): fc.Arbitrary<Json> =>
  fc.tuple(fields, fc.constantFrom("", "", ...subject.removable)).map(([value, path]) => {
    if (path === "") return value;
    const [first = "", second] = path.split(".");
    return {
      ...value,
      [first]: second === undefined ? null : { ...(value[first] as Json | undefined), [second]: null },
    };
  });

/** Go goes through maps in any order, and so lists what is wrong with their keys, or with the fields of what is no type of its own. */
export function inAnyOrder(body: unknown): unknown {
  const {
    details,
    message = "",
    ...rest
  } = (body ?? {}) as { message?: string; details?: { kind?: string; causes?: { field?: string }[] } };
  // Of a configuration that does not fit a schema any one field is named.
  const untyped = /^failed to create typed patch object \([^)]*Kind=Sample\): /.exec(message)?.[0];
  if (untyped !== undefined) return { ...rest, details, message: untyped };
  const causes = details?.causes ?? [];
  const keys = causes.filter(({ field }) => /\[[^\]\d]/.test(field ?? "")).length;
  if (causes.length < 2 || (keys < 2 && details?.kind !== "Sample")) return body;
  const sorted = causes.map((cause) => JSON.stringify(cause)).toSorted();
  return { ...rest, details: { ...details, causes: sorted } };
}

/** A real server quotes the whole object where a patch makes none of it, which may hold secrets: the sandbox says why only. */
export const withoutQuotedObject = (step: Step): Step => ({
  ...step,
  view(body) {
    const { details } = (body ?? {}) as { details?: { causes?: { field?: string }[] } };
    return details?.causes?.[0]?.field === "patch" ? "what the patch makes is refused" : inAnyOrder(body);
  },
});

const jsonPatchOf = ({ pointers }: Subject): fc.Arbitrary<Json[]> => {
  const pointer = fc.constantFrom(...pointers);
  const value = fc.constantFrom<unknown>(
    "x",
    "y",
    80,
    0,
    true,
    { k: "x" },
    [{ name: "A", value: "x" }],
    null,
  );
  return fc.array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({ op: fc.constantFrom("add", "replace", "test"), path: pointer, value }),
      },
      { weight: 1, arbitrary: fc.record({ op: fc.constant("remove"), path: pointer }) },
      {
        weight: 2,
        arbitrary: fc.record({ op: fc.constantFrom("copy", "move"), from: pointer, path: pointer }),
      },
    ),
    { minLength: 1, maxLength: 3 },
  );
};

const query: fc.Arbitrary<Query> = fc
  .record({
    fieldManager: manager,
    dryRun: fc.constantFrom(undefined, undefined, undefined, undefined, "All"),
    fieldValidation: fc.constantFrom(undefined, undefined, undefined, "Strict", "Ignore"),
  })
  .map((value) => compact(value) as Query);

const one =
  (step: Step): Late =>
  () => [step];

/** One of those before, or undefined when there are none. */
const which = (list: readonly number[], number: number): number | undefined => list[number % list.length];

const deletes = ({ path }: Subject, collected: boolean): fc.Arbitrary<Late> =>
  fc
    .record({
      called: name,
      options: fc.constantFrom(
        {},
        {},
        {},
        { preconditions: "uid" },
        { preconditions: "resourceVersion" },
        { gracePeriodSeconds: 0 },
        { dryRun: ["All"] },
        { propagationPolicy: "Background" },
        ...(collected ? [{ propagationPolicy: "Foreground" }, { propagationPolicy: "Orphan" }] : []),
      ),
      number: fc.nat(20),
    })
    .map(({ called, options, number }): Late => ({ objects }) => {
      const from = which(objects, number);
      const { preconditions: by, ...rest } = options as Json & { preconditions?: string };
      if (by !== undefined && from === undefined) return [remove(path(called))];
      const step = remove(path(called), {
        apiVersion: "v1",
        kind: "DeleteOptions",
        ...rest,
        ...(by === undefined ? {} : { preconditions: { [by]: `<${from}.metadata.${by}>` } }),
      });
      if (!("propagationPolicy" in options)) return [step];
      return [step, { ...get(path(called)), until: leftByCollector }];
    });

/** What the garbage collector waits with is done at once, as there are no dependents. */
const leftByCollector = (_status: number, body: unknown): boolean => {
  const { metadata } = body as { metadata?: { finalizers?: string[] } };
  return !(metadata?.finalizers ?? []).some((each) => each === "foregroundDeletion" || each === "orphan");
};

const listings = ({ path }: Subject): fc.Arbitrary<Late> =>
  fc.oneof(
    fc
      .constantFrom<Query>(
        {},
        {},
        { labelSelector: "k=x" },
        { labelSelector: "k in (x,y),!l" },
        { fieldSelector: "metadata.name=a" },
        { limit: "1" },
        { limit: "1" },
        { limit: "1", labelSelector: "k" },
      )
      .map((q) => one(get(path(), q))),
    // From a watch cache, which may be behind: brought up to date by a list of what is newest.
    fc
      .tuple(fc.nat(20), fc.constantFrom("Exact", "NotOlderThan"), fc.constantFrom<Query>({}, { limit: "1" }))
      .map(([number, match, more]): Late => (before) => {
        const from = which(before.lists, number);
        if (from === undefined) return [get(path())];
        const at = get(path(), {
          resourceVersion: `<${from}.metadata.resourceVersion>`,
          resourceVersionMatch: match,
          ...more,
        });
        return match === "Exact" ? [at] : [get(path()), at];
      }),
    fc.nat(20).map((number): Late => ({ pages }) => {
      const from = which(pages, number);
      return [
        get(
          path(),
          from === undefined ? { limit: "1" } : { limit: "1", continue: `<${from}.metadata.continue>` },
        ),
      ];
    }),
  );

/** Watches that end with what is made last. */
const watches = ({ path }: Subject): fc.Arbitrary<Late> =>
  fc
    .tuple(fc.nat(20), fc.constantFrom<Query>({}, { labelSelector: "k=x" }), fc.boolean())
    .map(([number, selector, initial]): Late => (before) => {
      const from = which(before.lists, number);
      if (initial || from === undefined) {
        return [
          watch("ADDED zz", path(), {
            ...selector,
            sendInitialEvents: "true",
            resourceVersionMatch: "NotOlderThan",
            allowWatchBookmarks: "true",
          }),
        ];
      }
      return [
        watch("ADDED zz", path(), { ...selector, resourceVersion: `<${from}.metadata.resourceVersion>` }),
      ];
    });

const scaleBody = (called: string, spec: Json): Json => ({
  apiVersion: "autoscaling/v1",
  kind: "Scale",
  metadata: { name: called },
  spec,
});

const scales = ({ path }: Subject): fc.Arbitrary<Late> => {
  const spec = fc.constantFrom<Json>({ replicas: 0 }, { replicas: 1 }, { replicas: 2 }, { replicas: 3 }, {});
  return fc.oneof(
    name.map((called) => one(get(path(called, "scale")))),
    fc
      .tuple(name, spec, query)
      .map(([called, value, q]) => one(put(path(called, "scale"), scaleBody(called, value), q))),
    fc
      .tuple(name, spec, query)
      .map(([called, value, q]) => one(patchMerge(path(called, "scale"), { spec: value }, q))),
    fc
      .tuple(manager, name, spec, fc.boolean())
      .map(([by, called, value, force]) =>
        one(apply(by, path(called, "scale"), scaleBody(called, value), force ? { force } : {})),
      ),
  );
};

export interface StepOptions {
  /** Whether a garbage collector knows of the kind. */
  readonly collected: boolean;
}

/** Whatever can be asked about objects of one kind. */
export function stepsOf(subject: Subject, { collected }: StepOptions): fc.Arbitrary<Late> {
  const { path, fields, status, directives } = subject;
  // What is written, and through which subresource.
  const content = fc.oneof(
    { weight: 4, arbitrary: fc.record({ value: fields, into: fc.constant<readonly string[]>([]) }) },
    ...(status === undefined
      ? []
      : [
          {
            weight: 1,
            arbitrary: fc.record({ value: status, into: fc.constant<readonly string[]>(["status"]) }),
          },
        ]),
  );
  const weighted: { weight: number; arbitrary: fc.Arbitrary<Late> }[] = [
    {
      weight: 8,
      arbitrary: fc
        .tuple(manager, name, content, fc.boolean(), fc.constantFrom<Query>({}, {}, {}, { dryRun: "All" }))
        .map(([by, called, { value, into }, force, more]) =>
          one(
            apply(
              by,
              path(called, ...into),
              named(subject, called, value),
              force ? { ...more, force } : more,
            ),
          ),
        ),
    },
    {
      weight: 4,
      arbitrary: fc
        .tuple(name, fields, query)
        .map(([called, value, q]) => one(post(path(), named(subject, called, value), q))),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(name, content, query)
        .map(([called, { value, into }, q]) =>
          one(put(path(called, ...into), named(subject, called, value), q)),
        ),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(name, content, query, fc.nat(20))
        .map(([called, { value, into }, q, number]): Late => ({ objects }) => {
          const from = which(objects, number);
          return [
            from === undefined ? get(path(called)) : replaceFrom(from, path(called, ...into), value, q),
          ];
        }),
    },
    {
      weight: 3,
      arbitrary: content.chain(({ value, into }) =>
        fc
          .tuple(name, withNulls(subject, fc.constant(value)), query)
          .map(([called, patch, q]) => one(withoutQuotedObject(patchMerge(path(called, ...into), patch, q)))),
      ),
    },
    {
      weight: 4,
      arbitrary: fc
        .tuple(name, jsonPatchOf(subject), query)
        .map(([called, value, q]) => one(withoutQuotedObject(patchJson(path(called), value, q)))),
    },
    { weight: 3, arbitrary: deletes(subject, collected) },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom<Query>({ labelSelector: "k=x" }, { fieldSelector: "metadata.name=a" }, {})
        .map((q) => one(remove(path(), undefined, q))),
    },
    { weight: 1, arbitrary: name.map((called) => one(get(path(called)))) },
    { weight: 4, arbitrary: listings(subject) },
    { weight: 1, arbitrary: watches(subject) },
  ];
  if (directives !== undefined)
    weighted.push({
      weight: 4,
      arbitrary: fc
        .tuple(name, fc.oneof(directives, withNulls(subject, fields)), query)
        .map(([called, value, q]) => one(withoutQuotedObject(patchStrategic(path(called), value, q)))),
    });
  if (subject.scale) weighted.push({ weight: 3, arbitrary: scales(subject) });
  return fc.oneof(...weighted);
}

/** Gives late steps their place behind those that are there; `path`: of the collection whose lists and objects they refer to. */
export function settle(first: readonly Step[], late: readonly Late[], path: string): Step[] {
  const all = [...first];
  const objects: number[] = [];
  const lists: number[] = [];
  const pages: number[] = [];
  const note = (step: Step, index: number): void => {
    if (step.watchUntil !== undefined) return;
    if (step.path === path && step.method === "GET") {
      if (step.query?.["limit"] === undefined) lists.push(index);
      else pages.push(index);
    } else if (step.path.startsWith(path) && step.method !== "DELETE") objects.push(index);
  };
  for (const [index, step] of first.entries()) if (step.view === undefined) note(step, index);
  for (const make of late) {
    for (const step of make({ next: all.length, objects, lists, pages })) {
      note(step, all.length);
      all.push(step.view === undefined ? { ...step, view: inAnyOrder } : step);
    }
  }
  return all;
}
