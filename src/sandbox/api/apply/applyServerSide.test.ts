import { readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../../contract/index.ts";
import { type ApplyOptions, applyServerSide } from "./applyServerSide.ts";
import {
  type FieldSet,
  compareElements,
  difference,
  intersection,
  isEmpty,
  pathsOf,
  sorted,
  union,
} from "./FieldSet.ts";
import { conflictStatus } from "./conflictStatus.ts";
import { isNoop } from "./isNoop.ts";
import { PatchRefused } from "./PatchRefused.ts";
import { type Write, sequences } from "./testing/applySequences.ts";
import { type Outcome, replay, schemaFor } from "./testing/replay.ts";
import { updateManagedFields } from "./updateManagedFields.ts";

const now = "2026-01-01T00:00:00Z";
const later = "2026-01-01T00:01:00Z";

function apply(
  live: KubeObject | undefined,
  config: KubeObject,
  options: Partial<ApplyOptions> = {},
): KubeObject {
  const result = tryApply(live, config, options);
  if (result.conflicts !== undefined) throw new Error(conflictStatus(result.conflicts).message);
  return result.object;
}

const tryApply = (
  live: KubeObject | undefined,
  config: KubeObject,
  options: Partial<ApplyOptions> = {},
): ReturnType<typeof applyServerSide> =>
  applyServerSide({
    live,
    config,
    schema: schemaFor(config.apiVersion, config.kind),
    manager: "one",
    apiVersion: config.apiVersion,
    now,
    ...options,
  });

function updated(
  live: KubeObject | undefined,
  next: KubeObject,
  manager = "one",
  more: { subresource?: string; now?: string } = {},
): KubeObject {
  const copy = structuredClone(next);
  updateManagedFields({
    live,
    next: copy,
    schema: schemaFor(next.apiVersion, next.kind),
    manager,
    apiVersion: next.apiVersion,
    now,
    ...more,
  });
  return copy;
}

const configMap = (data: Record<string, string> | undefined, metadata: object = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "n", namespace: "d", ...metadata },
  ...(data === undefined ? {} : { data }),
});

const deployment = (spec: object): KubeObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "n", namespace: "d" },
  spec: { selector: { matchLabels: { a: "b" } }, ...spec },
});

const managers = (object: KubeObject): string[] =>
  (object.metadata.managedFields ?? []).map((entry) => `${entry.manager} ${entry.operation}`);

/** Leaves out what Go prints without meaning: nulls, empty values, times; sorts what has no order. */
function essence(value: unknown, inFields = false): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => essence(item, inFields));
    const isManagers = value.some((item) => typeof item === "object" && item !== null && "fieldsV1" in item);
    return isManagers ? items.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : items;
  }
  if (typeof value !== "object" || value === null) return value;
  const out: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (name === "time" || name === "creationTimestamp") continue;
    const inner = essence(item, inFields || name === "fieldsV1");
    const blank = inner === null || (typeof inner === "object" && Object.keys(inner).length === 0);
    if (inFields || !blank) out[name] = inner;
  }
  return out;
}

const comparable = (outcome: Outcome): unknown => {
  if ("object" in outcome) return essence(outcome.object);
  const causes = (outcome.causes ?? []) as { message: string; field: string }[];
  return causes.map((cause) => `${cause.field} ${cause.message}`).toSorted();
};

describe("against the real implementation", () => {
  const file = new URL("testing/vectors.json.br", import.meta.url);
  const vectors = JSON.parse(brotliDecompressSync(readFileSync(file)).toString()) as {
    writes: Write[];
    results: Outcome[];
  }[];

  test("gives the same objects, owners and conflicts for random sequences of writes", () => {
    for (const { writes, results } of vectors) {
      expect(replay(writes).map(comparable)).toEqual(results.map(comparable));
    }
  });
});

describe("properties", () => {
  test("applying the same again changes nothing", () => {
    fc.assert(
      fc.property(sequences, (writes) => {
        // An empty map isn't stored, so that applying one is asking for it anew each time, on a real server too.
        const full = writes.map((write) => ({
          ...write,
          object: essence(write.object) as Record<string, unknown>,
        }));
        const applied = full.at(-1)!;
        const outcomes = replay([
          ...full.slice(0, -1),
          { ...applied, op: "apply", force: true },
          { ...applied, op: "apply", force: false },
        ]);
        const [first, again] = outcomes.slice(-2) as { object: KubeObject }[];
        expect(again!.object).toEqual(first!.object);
        expect(isNoop(first!.object, again!.object)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  test("two managers of different fields may come in any order", () => {
    const keys = fc.dictionary(fc.string({ minLength: 1, maxLength: 4 }), fc.string({ maxLength: 3 }), {
      maxKeys: 4,
    });
    fc.assert(
      fc.property(keys, keys, (a, b) => {
        const mine = configMap(
          Object.fromEntries(Object.entries(a).map(([key, value]) => [`a.${key}`, value])),
        );
        const yours = configMap(
          Object.fromEntries(Object.entries(b).map(([key, value]) => [`b.${key}`, value])),
        );
        const there = apply(apply(undefined, mine), yours, { manager: "two" });
        const back = apply(apply(undefined, yours, { manager: "two" }), mine);
        expect(essence(back)).toEqual(essence(there));
      }),
      { numRuns: 100 },
    );
  });

  test("applying less removes exactly what nobody else owns", () => {
    const some = fc.subarray(["a", "b", "c", "d", "e"]);
    fc.assert(
      fc.property(some, some, some, (first, others, second) => {
        const of = (names: string[]): KubeObject =>
          configMap(Object.fromEntries(names.map((name) => [name, "1"])));
        const object = apply(apply(apply(undefined, of(first)), of(others), { manager: "two" }), of(second));
        expect(Object.keys(object["data"] ?? {}).toSorted()).toEqual(
          [...new Set([...others, ...second])].toSorted(),
        );
      }),
      { numRuns: 100 },
    );
  });

  const leaf = fc.constant<FieldSet>({});
  const { set } = fc.letrec<{ set: FieldSet; entry: FieldSet }>((tie) => ({
    set: fc.dictionary(fc.constantFrom("f:a", "f:b", 'k:{"name":"c"}', 'v:"x"', "i:0"), tie("entry"), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
    entry: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc
        .tuple(tie("set"), fc.boolean())
        .map(([inner, member]): FieldSet => (isEmpty(inner) || !member ? inner : { ".": {}, ...inner })),
    ),
  }));
  const paths = (value: FieldSet): string[] => [...pathsOf(value)].map((path) => path.join("/")).toSorted();

  test("sets of fields behave as sets of paths", () => {
    fc.assert(
      fc.property(set, set, (a, b) => {
        const inB = new Set(paths(b));
        expect(paths(union(a, b))).toEqual([...new Set([...paths(a), ...paths(b)])].toSorted());
        expect(paths(difference(a, b))).toEqual(paths(a).filter((path) => !inB.has(path)));
        expect(paths(intersection(a, b))).toEqual(paths(a).filter((path) => inB.has(path)));
        expect(paths(sorted(a))).toEqual(paths(a));
        expect(sorted(JSON.parse(JSON.stringify(a)) as FieldSet)).toEqual(sorted(a));
      }),
    );
  });

  test("a set that an operation leaves as it was is not copied", () => {
    fc.assert(
      fc.property(set, set, (a, b) => {
        const both = union(a, b);
        expect(union(both, JSON.parse(JSON.stringify(a)) as FieldSet)).toBe(both);
        const rest = difference(a, b);
        expect(difference(rest, b)).toBe(rest);
        const common = intersection(a, b);
        expect(intersection(common, JSON.parse(JSON.stringify(b)) as FieldSet)).toBe(common);
        const inOrder = sorted(a);
        expect(sorted(inOrder)).toBe(inOrder);
      }),
    );
  });
});

describe("conflicts", () => {
  test("name the field and its owner as a real server does", () => {
    const live = apply(
      undefined,
      deployment({ template: { spec: { containers: [{ name: "c", image: "a" }] } } }),
    );
    const result = tryApply(
      live,
      deployment({ template: { spec: { containers: [{ name: "c", image: "b" }] } } }),
      { manager: "two" },
    );
    expect(conflictStatus(result.conflicts!)).toEqual({
      message:
        'Apply failed with 1 conflict: conflict with "one": .spec.template.spec.containers[name="c"].image',
      causes: [
        {
          reason: "FieldManagerConflict",
          message: 'conflict with "one"',
          field: '.spec.template.spec.containers[name="c"].image',
        },
      ],
    });
  });

  test("with an updater name its version, subresource and several fields", () => {
    const live = updated(undefined, configMap({ a: "1", b: "1" }), "editor", { subresource: "scale" });
    const result = tryApply(live, configMap({ a: "2", b: "2" }));
    expect(conflictStatus(result.conflicts!).message).toBe(
      'Apply failed with 2 conflicts: conflicts with "editor" with subresource "scale" using v1:\n- .data.a\n- .data.b',
    );
  });

  test("are taken with force, from all who had the field", () => {
    const both = apply(apply(undefined, configMap({ a: "1" })), configMap({ a: "1" }), { manager: "two" });
    const forced = apply(both, configMap({ a: "2" }), { manager: "three", force: true });
    expect(managers(forced)).toEqual(["three Apply"]);
  });
});

describe("objects that were not applied before", () => {
  test("belong to before-first-apply when nobody tracked them", () => {
    const live = configMap({ a: "1", b: "1" }, { uid: "u", resourceVersion: "1" });
    expect(managers(apply(live, configMap({ a: "1" })))).toContain("before-first-apply Update");
    expect(conflictStatus(tryApply(live, configMap({ a: "2" })).conflicts!).message).toContain(
      'conflict with "before-first-apply" using v1',
    );
  });

  test("stay untracked by updates", () => {
    expect(
      updated(configMap({ a: "1" }, { uid: "u" }), configMap({ a: "2" }, { uid: "u" })).metadata
        .managedFields,
    ).toBeUndefined();
  });
});

describe("what is refused", () => {
  const refusal = (config: KubeObject): { status: number; message: string } => {
    try {
      tryApply(undefined, config);
    } catch (error) {
      if (error instanceof PatchRefused) return { status: error.status, message: error.message };
      throw error;
    }
    throw new Error("nothing was refused");
  };

  test("two items of one key, in the real server's words", () => {
    const containers = [{ name: "c" }, { name: "c" }];
    expect(refusal(deployment({ template: { spec: { containers } } }))).toEqual({
      status: 500,
      message:
        'failed to create typed patch object (d/n; apps/v1, Kind=Deployment): .spec.template.spec.containers: duplicate entries for key [name="c"]',
    });
  });

  test("a port is TCP when it doesn't say", () => {
    const ports = [{ containerPort: 80 }, { containerPort: 80, protocol: "TCP" }];
    expect(
      refusal(deployment({ template: { spec: { containers: [{ name: "c", ports }] } } })).message,
    ).toContain('duplicate entries for key [containerPort=80,protocol="TCP"]');
  });

  test("fields that the kind doesn't have, and values of the wrong type", () => {
    expect(refusal(deployment({ foo: 1 })).message).toContain(".spec.foo: field not declared in schema");
    expect(refusal(deployment({ replicas: "3" })).message).toContain(
      ".spec.replicas: expected numeric (int or float), got string",
    );
  });

  test("managed fields and another version", () => {
    expect(refusal(configMap({}, { managedFields: [] }))).toEqual({
      status: 400,
      message: "metadata.managedFields must be nil",
    });
  });
});

describe("times", () => {
  test("don't move when nothing changed", () => {
    const live = apply(undefined, configMap({ a: "1" }));
    const again = apply(live, configMap({ a: "1" }), { now: later });
    expect(again).toEqual(live);
    expect(updated(live, live, "two", { now: later })).toEqual(live);
  });

  test("move with the manager that changed something, and that one only", () => {
    const live = apply(undefined, configMap({ a: "1" }));
    const next = updated(live, configMap({ a: "1", b: "2" }, { managedFields: undefined }), "two", {
      now: later,
    });
    expect(next.metadata.managedFields!.map(({ manager, time }) => [manager, time])).toEqual([
      ["one", now],
      ["two", later],
    ]);
  });
});

describe("updates", () => {
  test("take silently what they change", () => {
    const live = apply(undefined, configMap({ a: "1", b: "1" }));
    const next = updated(live, configMap({ a: "2", b: "1" }), "editor");
    expect(next.metadata.managedFields!.map((entry) => [entry.manager, entry.fieldsV1])).toEqual([
      ["one", { "f:data": { "f:b": {} } }],
      ["editor", { "f:data": { "f:a": {} } }],
    ]);
  });

  test("of an eleventh manager merge the oldest into ancient-changes", () => {
    let live = updated(undefined, configMap({ k0: "0" }), "m0");
    for (let i = 1; i < 12; i++) {
      const at = `2026-01-01T00:00:${String(i).padStart(2, "0")}Z`;
      live = updated(
        live,
        configMap({ ...(live["data"] as Record<string, string>), [`k${i}`]: "0" }),
        `m${i}`,
        { now: at },
      );
    }
    expect(live.metadata.managedFields).toHaveLength(10);
    expect(live.metadata.managedFields![0]).toMatchObject({ manager: "ancient-changes" });
  });

  test("with an empty list of managed fields forget all owners", () => {
    const live = apply(undefined, configMap({ a: "1" }, { uid: "u" }));
    expect(
      updated(live, { ...live, metadata: { ...live.metadata, managedFields: [] } }).metadata.managedFields,
    ).toBeUndefined();
  });

  test("of a status are told apart from those of the main endpoint", () => {
    const live = updated(undefined, deployment({ replicas: 1 }));
    const next = updated(live, { ...live, status: { replicas: 1 } }, "one", { subresource: "status" });
    expect(next.metadata.managedFields!.map((entry) => entry.subresource)).toEqual([undefined, "status"]);
  });
});

test("path elements are in the real server's order", () => {
  const elements = [
    "i:10",
    "i:9",
    'v:"b"',
    "v:2",
    "f:b",
    'k:{"port":443}',
    'k:{"port":80}',
    'k:{"name":"a"}',
    "f:B",
  ];
  expect(elements.toSorted(compareElements)).toEqual([
    "f:B",
    "f:b",
    'k:{"name":"a"}',
    'k:{"port":80}',
    'k:{"port":443}',
    "v:2",
    'v:"b"',
    "i:9",
    "i:10",
  ]);
});
