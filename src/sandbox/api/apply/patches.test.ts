import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { copyJson } from "./copyJson.ts";
import { jsonMergePatch } from "./jsonMergePatch.ts";
import { jsonPatch } from "./jsonPatch.ts";
import { PatchRefused } from "./PatchRefused.ts";
import { strategicMergePatch } from "./strategicMergePatch.ts";
import { schemaFor } from "./testing/replay.ts";

function refusalOf(patch: () => unknown): { status: number; message: string } {
  try {
    patch();
  } catch (error) {
    if (error instanceof PatchRefused) return { status: error.status, message: error.message };
    throw error;
  }
  throw new Error("nothing was refused");
}

const json = fc.jsonValue({ maxDepth: 3 }).map((value) => copyJson(value));
/** Objects without nulls: a merge patch can't say null. */
const withoutNulls = (value: unknown): unknown => {
  if (value === null) return 0;
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutNulls(item)]));
};
const object = fc
  .dictionary(fc.string({ maxLength: 4 }), json, { maxKeys: 4, noNullPrototype: true })
  .map((value) => withoutNulls(value) as Record<string, unknown>);

describe("a JSON merge patch", () => {
  // RFC 7386, appendix A.
  test.each([
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [
      ["a", "b"],
      ["c", "d"],
      ["c", "d"],
    ],
    [{ a: "foo" }, null, null],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: "b", c: null }, { a: "b" }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])("makes of %j with %j %j", (target, patch, result) => {
    expect(jsonMergePatch(target, patch)).toEqual(result);
  });

  test("twice is once, and leaves its input alone", () => {
    fc.assert(
      fc.property(object, object, (target, patch) => {
        const before = JSON.stringify(target);
        const once = jsonMergePatch(target, patch);
        expect(jsonMergePatch(once, patch)).toEqual(once);
        expect(JSON.stringify(target)).toBe(before);
      }),
    );
  });

  test("by an object over nothing is the object", () => {
    fc.assert(
      fc.property(object, (value) => {
        expect(jsonMergePatch({}, value)).toEqual(value);
      }),
    );
  });
});

describe("a JSON patch", () => {
  test.each([
    [{ a: [1, 3] }, [{ op: "add", path: "/a/1", value: 2 }], { a: [1, 2, 3] }],
    [{ a: [1] }, [{ op: "add", path: "/a/-", value: 2 }], { a: [1, 2] }],
    [{ a: { "b/c": 1 } }, [{ op: "remove", path: "/a/b~1c" }], { a: {} }],
    [{ "a~": 1 }, [{ op: "replace", path: "/a~0", value: 2 }], { "a~": 2 }],
    [{ a: 1 }, [{ op: "move", from: "/a", path: "/b" }], { b: 1 }],
    [{ a: [1] }, [{ op: "copy", from: "/a", path: "/b" }], { a: [1], b: [1] }],
    // Kubernetes' library adds what is not there, against RFC 6902.
    [{ a: 1 }, [{ op: "replace", path: "/b", value: 2 }], { a: 1, b: 2 }],
    [{ a: { b: 1 } }, [{ op: "test", path: "/a", value: { b: 1 } }], { a: { b: 1 } }],
  ])("makes of %j with %j %j", (target, patch, result) => {
    expect(jsonPatch(target, patch)).toEqual(result);
  });

  test.each([
    // A real server has one answer for all of these.
    [{ op: "remove", path: "/x" }, 422, "the server rejected our request due to an error in our request"],
    [
      { op: "test", path: "/a", value: 2 },
      422,
      "the server rejected our request due to an error in our request",
    ],
    [
      { op: "add", path: "/list/7", value: 2 },
      422,
      "the server rejected our request due to an error in our request",
    ],
    [{ path: "/a" }, 400, "error decoding patch: an operation has no op"],
  ])("%j is refused", (operation, status, message) => {
    expect(refusalOf(() => jsonPatch({ a: 1, list: [] }, [operation]))).toEqual({ status, message });
  });

  test("never reaches a prototype", () => {
    jsonPatch({}, [{ op: "add", path: "/__proto__", value: { polluted: true } }]);
    jsonMergePatch({}, JSON.parse('{"__proto__":{"polluted":true}}'));
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(
      refusalOf(() => jsonPatch({}, [{ op: "add", path: "/constructor/prototype/polluted", value: true }]))
        .status,
    ).toBe(422);
  });

  test("leaves its input alone, and undoes what it did", () => {
    fc.assert(
      fc.property(object, fc.string({ maxLength: 4 }), json, (target, key, value) => {
        const before = JSON.stringify(target);
        const path = `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
        const had = Object.hasOwn(target, key);
        const added = jsonPatch(target, [{ op: "add", path, value }]);
        expect(JSON.stringify(target)).toBe(before);
        const undo = had ? { op: "replace", path, value: target[key] } : { op: "remove", path };
        expect(jsonPatch(added, [undo])).toEqual(target);
      }),
    );
  });
});

const pod = (spec: object): object => ({ spec: { template: { spec } } });

describe("a strategic merge patch", () => {
  const schema = schemaFor("apps/v1", "Deployment");
  const patched = (before: object, patch: object): unknown =>
    strategicMergePatch(pod(before), pod(patch), schema);

  test.each([
    [
      "merges containers by name",
      { containers: [{ name: "a", image: "1" }] },
      { containers: [{ name: "a", command: ["x"] }] },
      { containers: [{ name: "a", image: "1", command: ["x"] }] },
    ],
    [
      "puts a new container first",
      { containers: [{ name: "a" }] },
      { containers: [{ name: "b" }] },
      { containers: [{ name: "b" }, { name: "a" }] },
    ],
    [
      "deletes a container",
      { containers: [{ name: "a" }, { name: "b" }] },
      { containers: [{ name: "a", $patch: "delete" }] },
      { containers: [{ name: "b" }] },
    ],
    [
      "replaces a list",
      { containers: [{ name: "a" }] },
      { containers: [{ $patch: "replace" }, { name: "b" }] },
      { containers: [{ name: "b" }] },
    ],
    [
      "replaces a map",
      { nodeSelector: { a: "1" } },
      { nodeSelector: { $patch: "replace", b: "1" } },
      { nodeSelector: { b: "1" } },
    ],
    [
      "empties a map",
      { nodeSelector: { a: "1" } },
      { nodeSelector: { $patch: "delete" } },
      { nodeSelector: {} },
    ],
    [
      "replaces lists without a merge key",
      { tolerations: [{ key: "a" }] },
      { tolerations: [{ key: "b" }] },
      { tolerations: [{ key: "b" }] },
    ],
    [
      "removes by null",
      { nodeSelector: { a: "1" }, hostname: "h" },
      { nodeSelector: null, hostname: null },
      {},
    ],
    [
      "leaves nulls out of what is new",
      {},
      { nodeSelector: { a: null, b: "1" } },
      { nodeSelector: { b: "1" } },
    ],
    [
      "keeps one source of a volume",
      { volumes: [{ name: "v", emptyDir: {} }] },
      { volumes: [{ name: "v", $retainKeys: ["name", "hostPath"], hostPath: { path: "/x" } }] },
      { volumes: [{ name: "v", hostPath: { path: "/x" } }] },
    ],
    [
      "merges ports by number",
      { containers: [{ name: "a", ports: [{ containerPort: 80, name: "x" }] }] },
      { containers: [{ name: "a", ports: [{ containerPort: 80, protocol: "UDP" }] }] },
      { containers: [{ name: "a", ports: [{ containerPort: 80, name: "x", protocol: "UDP" }] }] },
    ],
    [
      "sets the order of a list",
      { containers: [{ name: "a" }, { name: "b" }, { name: "c" }] },
      {
        "$setElementOrder/containers": [{ name: "c" }, { name: "a" }],
        containers: [{ name: "c", image: "1" }],
      },
      { containers: [{ name: "b" }, { name: "c", image: "1" }, { name: "a" }] },
    ],
  ])("%s", (_name, before, patch, after) => {
    expect(patched(before, patch)).toEqual(pod(after));
  });

  test("merges and removes finalizers, a list of plain values", () => {
    const config = schemaFor("v1", "ConfigMap");
    const of = (finalizers: string[]): object => ({ metadata: { finalizers } });
    expect(strategicMergePatch(of(["a", "b"]), of(["c"]), config)).toEqual(of(["c", "a", "b"]));
    expect(
      strategicMergePatch(
        of(["a", "b"]),
        { metadata: { "$deleteFromPrimitiveList/finalizers": ["a"] } },
        config,
      ),
    ).toEqual(of(["b"]));
  });

  test.each([
    [{ containers: [{ image: "1" }] }, 500, "map: map[image:1] does not contain declared merge key: name"],
    [
      { volumes: [{ name: "v", $retainKeys: ["name"], emptyDir: {} }] },
      400,
      "invalid patch format of retainKeys",
    ],
    [
      { "$setElementOrder/containers": [{ name: "b" }], containers: [{ name: "a" }] },
      400,
      "invalid patch format of setElementOrder list",
    ],
  ])("%j is refused", (patch, status, message) => {
    expect(
      refusalOf(() => patched({ containers: [{ name: "a" }], volumes: [{ name: "v" }] }, patch)),
    ).toEqual({ status, message });
  });

  test("twice is once, and leaves its input alone", () => {
    const container = fc.record({ name: fc.constantFrom("a", "b", "c"), image: fc.constantFrom("1", "2") });
    const containers = fc
      .uniqueArray(container, { selector: (one) => one.name, maxLength: 3 })
      .map((list) => ({ containers: list }));
    fc.assert(
      fc.property(containers, containers, (before, patch) => {
        const text = JSON.stringify(before);
        const once = patched(before, patch) as { spec: { template: { spec: object } } };
        expect(patched(once.spec.template.spec, patch)).toEqual(once);
        expect(JSON.stringify(before)).toBe(text);
      }),
    );
  });
});
