import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../../contract/index.ts";
import { builtinKinds, loadSchema, preloadedCrds } from "../../../kube/index.ts";
import { copyJson } from "../apply/copyJson.ts";
import { updateManagedFields } from "../apply/updateManagedFields.ts";
import { decode } from "../schema/decode.ts";
import type { SchemaNode } from "../schema/SchemaNode.ts";
import { schemaOfTable } from "../schema/schemaOfTable.ts";
import { validateDefinition } from "../schema/validateDefinition.ts";
import { strategyOf } from "./registry.ts";

const kinds = builtinKinds.flatMap((info) => {
  const table = loadSchema(info);
  return table === undefined ? [] : [{ info, schema: schemaOfTable(table, info.kind) }];
});

/** Any value that decoding lets pass at a node, however senseless. */
function valueOf(node: SchemaNode, depth: number): fc.Arbitrary<unknown> {
  switch (node.shape) {
    case "object": {
      const fields = [...(node.fields ?? [])];
      if (depth <= 0 || fields.length === 0) return fc.constant({});
      return fc
        .subarray(fields, { maxLength: Math.min(6, fields.length) })
        .chain((some) =>
          fc.record(Object.fromEntries(some.map(([name, field]) => [name, valueOf(field, depth - 1)]))),
        );
    }
    case "map":
      return fc.dictionary(fc.constantFrom("a", "cpu", "A b"), valueOf(node.element ?? node, depth - 1), {
        maxKeys: 2,
        noNullPrototype: true,
      });
    case "list":
      return depth <= 0
        ? fc.constant([])
        : fc.array(valueOf(node.element ?? node, depth - 1), { maxLength: 2 });
    case "any":
      return fc.constantFrom({}, { a: 1 });
    default:
      switch (node.scalar) {
        case "integer":
        case "number":
          return fc.constantFrom(-1, 0, 1, 70_000);
        case "boolean":
          return fc.boolean();
        case "quantity":
          return fc.constantFrom("1", "1000m", "1Gi");
        case "time":
          return fc.constant("2026-01-01T00:00:00Z");
        case "intOrString":
          return fc.constantFrom(0, 1, "25%", "x");
        case "bytes":
          return fc.constant("eA==");
        default:
          return fc.constantFrom("", "a", "A b", "*/5 * * * *", "None", "Always");
      }
  }
}

describe("every built-in kind", () => {
  test.each(kinds.map(({ info, schema }) => ({ name: `${info.kind} ${info.group}`, info, schema })))(
    "$name takes any object of its schema: defaults twice are once, and validation ends",
    ({ info, schema }) => {
      const strategy = strategyOf(info);
      const apiVersion = info.group === "" ? info.version : `${info.group}/${info.version}`;
      fc.assert(
        fc.property(valueOf(schema, 6), (value) => {
          const { metadata: _metadata, ...fields } = value as Record<string, unknown>;
          const object: KubeObject = {
            ...fields,
            apiVersion,
            kind: info.kind,
            metadata: { name: "n", namespace: "d", uid: "u" },
          };
          expect(decode({ object, schema, kind: info.kind, apiVersion }).error).toBeUndefined();
          strategy.defaults(object);
          strategy.prepareForCreate(object, { now: "2026-01-01T00:00:00Z" });
          const again = copyJson(object);
          strategy.defaults(again);
          expect(again).toEqual(object);
          strategy.validate(object);
          updateManagedFields({
            live: undefined,
            next: again,
            schema,
            manager: "m",
            apiVersion,
            now: "2026-01-01T00:00:00Z",
          });
          const changed = copyJson(object);
          strategy.prepareForUpdate(changed, object, { now: "2026-01-01T00:00:00Z" });
          expect(changed).toEqual(object);
          strategy.validateUpdate(changed, object);
        }),
        { numRuns: 60 },
      );
    },
  );
});

test.each(preloadedCrds().map((definition) => ({ name: definition.metadata.name, definition })))(
  "$name is a right definition",
  ({ definition }) => {
    expect(validateDefinition(definition)).toEqual([]);
  },
);
