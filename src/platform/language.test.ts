import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { each } from "./each.ts";
import { merge } from "./merge.ts";
import { orderOf } from "./order.ts";
import { patchObject } from "./override.ts";
import {
  hasReference,
  isReference,
  parseReferences,
  printReference,
  type ReferenceSource,
} from "./reference.ts";
import { didYouMean, editDistance } from "./suggest.ts";

const tree = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3 },
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.array(fc.integer(), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "c", "__proto__"), tie("node"), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
  ),
})).node;

describe("layering", () => {
  it("changes nothing when nothing is layered over an object", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom("a", "b"), tree, { noNullPrototype: true }), (base) => {
        expect(merge(base, {})).toEqual(base);
      }),
    );
  });

  it("is idempotent", () => {
    fc.assert(
      fc.property(tree, tree, (base, over) => {
        const once = merge(base, over);
        expect(merge(once, over)).toEqual(once);
      }),
    );
  });

  it("does not depend on how layers of objects are grouped, as long as nothing is removed", () => {
    // Where an object is replaced by a scalar and that by an object again, the grouping does matter: so one shape.
    const leaf = fc.oneof(fc.integer(), fc.array(fc.integer(), { maxLength: 2 }));
    const layer = fc.record(
      { x: leaf, y: fc.record({ p: leaf, q: leaf }, { requiredKeys: [] }) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(layer, layer, layer, (a, b, c) => {
        expect(merge(merge(a, b), c)).toEqual(merge(a, merge(b, c)));
      }),
    );
  });

  it.each([
    ["objects merge", { a: { x: 1 } }, { a: { y: 2 } }, { a: { x: 1, y: 2 } }],
    ["lists replace", { a: [1, 2] }, { a: [3] }, { a: [3] }],
    ["scalars replace", { a: 1 }, { a: "x" }, { a: "x" }],
    ["null removes", { a: 1, b: 2 }, { a: null }, { b: 2 }],
    ["undefined removes", { a: 1, b: 2 }, { a: undefined }, { b: 2 }],
    ["what is removed deep inside leaves its parent", { a: { x: 1 } }, { a: { x: null } }, { a: {} }],
  ])("%s", (_, base, over, expected) => {
    expect(merge(base, over)).toEqual(expected);
  });

  it("does not let a key reach the prototype of all objects", () => {
    merge({}, JSON.parse('{"__proto__": {"polluted": true}}'));
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe("references", () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/u);
  const source: fc.Arbitrary<ReferenceSource> = fc.oneof(
    fc.record({ type: fc.constant("component" as const), id: fc.nat(), output: name }),
    fc.record({ type: fc.constant("key" as const), key: name, output: name }),
    fc.record({
      type: fc.constant("secret" as const),
      secret: name,
      key: fc.stringMatching(/^[A-Za-z0-9._-]{1,8}$/u),
    }),
  );

  it("come back from text as they went in, with the text between them", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(source, fc.string({ minLength: 1 })), { maxLength: 6 }), (pieces) => {
        // Neighbouring texts become one.
        const joined: (string | ReferenceSource)[] = [];
        for (const piece of pieces) {
          const last = joined.at(-1);
          if (typeof piece === "string" && typeof last === "string") joined[joined.length - 1] = last + piece;
          else joined.push(piece);
        }
        const text = pieces
          .map((piece) => (typeof piece === "string" ? piece : printReference(piece)))
          .join("");
        expect(parseReferences(text)).toEqual(joined);
      }),
    );
  });

  it("are told from text around them", () => {
    const url = printReference({ type: "key", key: "broker", output: "url" });
    expect(isReference(url)).toBe(true);
    expect(isReference(`${url}/0`)).toBe(false);
    expect(hasReference(`${url}/0`)).toBe(true);
    expect(hasReference("redis://x")).toBe(false);
  });
});

describe("order", () => {
  it("puts everything after what it waits for, and names a cycle otherwise", () => {
    const graph = fc.array(fc.array(fc.nat({ max: 9 }), { maxLength: 3 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(graph, (edges) => {
        const after = new Map(edges.map((list, node) => [String(node), list.map(String)]));
        const result = orderOf(after);
        const cycle = "cycle" in result ? result.cycle : [];
        expect(cycle[0]).toBe(cycle.at(-1));
        const steps = cycle.slice(1).map((node, index) => after.get(cycle[index] ?? "")?.includes(node));
        expect(steps).not.toContain(false);
        const order = "order" in result ? result.order : [...after.keys()];
        expect(order.toSorted()).toEqual([...after.keys()].toSorted());
        const late = [...after].flatMap(([node, list]) =>
          list.filter((other) => after.has(other) && order.indexOf(other) >= order.indexOf(node)),
        );
        expect(cycle.length > 0 || late.length === 0).toBe(true);
      }),
    );
  });

  it("keeps the written order where nothing else is asked", () => {
    expect(
      orderOf(
        new Map([
          ["b", []],
          ["a", []],
          ["c", ["a"]],
        ]),
      ),
    ).toEqual({ order: ["b", "a", "c"] });
  });
});

describe("overrides", () => {
  it("merge containers by name, variables by name, ports by number, and replace other lists", () => {
    const base = {
      containers: [
        {
          name: "api",
          env: [{ name: "A", value: "1" }],
          ports: [{ containerPort: 80, protocol: "TCP" }],
          args: ["a"],
        },
        { name: "proxy" },
      ],
    };
    const patch = {
      containers: [
        {
          name: "api",
          env: [{ name: "B", value: "2" }],
          ports: [{ containerPort: 80, name: "http" }],
          args: ["b"],
        },
      ],
    };
    expect(patchObject(base, patch)).toEqual({
      containers: [
        {
          name: "api",
          env: [
            { name: "A", value: "1" },
            { name: "B", value: "2" },
          ],
          ports: [{ containerPort: 80, protocol: "TCP", name: "http" }],
          args: ["b"],
        },
        { name: "proxy" },
      ],
    });
  });
});

describe("each", () => {
  it("makes every combination, in order", () => {
    expect(Object.keys(each(["a", "b"], [1, 2], (x, y) => [`${x}-${y}`, x]))).toEqual([
      "a-1",
      "a-2",
      "b-1",
      "b-2",
    ]);
  });
  it("refuses two of one name", () => {
    expect(() => each(["a", "b"], () => ["same", 1])).toThrow("two components of the name same");
  });
});

describe("suggestions", () => {
  it("finds a swapped, missing or extra letter", () => {
    expect(didYouMean("repilcas", ["image", "replicas"])).toBe('did you mean "replicas"?');
    expect(didYouMean("comand", ["command", "args"])).toBe('did you mean "command"?');
    expect(didYouMean("xyzzy", ["command", "args"])).toBe("known: command, args");
  });
  it("measures a distance: symmetric, zero for the same word only", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b) === 0).toBe(a === b);
      }),
    );
  });
});
