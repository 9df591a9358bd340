import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { schemaFor } from "../apply/testing/replay.ts";
import { decode } from "./decode.ts";
import { defaultCustom } from "./defaultCustom.ts";
import { duplicateKeys } from "./duplicateKeys.ts";
import { canonicalQuantity, isQuantity, nanosOf } from "./quantity.ts";
import { type JsonObject, type JsonSchema } from "./SchemaNode.ts";
import { schemaOfCustom } from "./schemaOfCustom.ts";
import { validateCustom } from "./validateCustom.ts";
import type { FieldError } from "./FieldError.ts";
import { validateDefinition, validateDefinitionName } from "./validateDefinition.ts";

const read = (
  object: JsonObject,
  fieldValidation: "Ignore" | "Warn" | "Strict" = "Strict",
  raw?: string,
): ReturnType<typeof decode> =>
  decode({
    object,
    raw,
    schema: schemaFor("apps/v1", "Deployment"),
    kind: "Deployment",
    apiVersion: "apps/v1",
    fieldValidation,
  });
const container = (fields: object): JsonObject => ({
  spec: { template: { spec: { containers: [{ name: "c", ...fields }] } } },
});
const start = 'Deployment in version "v1" cannot be handled as a Deployment: ';

describe("reading a built-in kind", () => {
  test("refuses unknown fields when strict, each with its path", () => {
    expect(read({ spec: { foo: 1, ...(container({ imag: "x" })["spec"] as object) } }).error).toBe(
      `${start}strict decoding error: unknown field "spec.foo", unknown field "spec.template.spec.containers[0].imag"`,
    );
  });

  test("warns of them else, and drops them", () => {
    const object = container({ imag: "x" });
    expect(read(object, "Warn").warnings).toEqual(['unknown field "spec.template.spec.containers[0].imag"']);
    expect(object).toEqual(container({}));
    expect(read(container({ imag: "x" }), "Ignore")).toEqual({ warnings: [] });
  });

  test("finds members that occur twice", () => {
    const raw =
      '{"spec":{"replicas":1,"replicas":2,"template":{"spec":{"containers":[{"name":"a"},{"name":"b","name":"c"}]}}}}';
    expect(read(JSON.parse(raw) as JsonObject, "Strict", raw).error).toBe(
      `${start}strict decoding error: duplicate field "spec.replicas", duplicate field "spec.template.spec.containers[1].name"`,
    );
  });

  test.each([
    [
      { spec: { replicas: "x" } },
      "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
    ],
    [
      { spec: { replicas: 1.5 } },
      "json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32",
    ],
    [
      { spec: { paused: "true" } },
      "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.paused of type bool",
    ],
    [
      container({ image: 1 }),
      "json: cannot unmarshal number into Go struct field Container.spec.template.spec.containers.image of type string",
    ],
    [
      container({ env: {} }),
      "json: cannot unmarshal object into Go struct field Container.spec.template.spec.containers.env of type []v1.EnvVar",
    ],
    [
      { metadata: { labels: { a: 1 } } },
      "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string",
    ],
  ])("refuses %j always", (object, problem) => {
    expect(read(object, "Ignore").error).toBe(start + problem);
  });

  test("drops nulls and empty maps, and prints quantities canonically", () => {
    const object = container({
      image: null,
      resources: { limits: { cpu: "1000m", memory: 1024 } },
      args: [],
    });
    read(object);
    expect(object).toEqual(container({ resources: { limits: { cpu: "1", memory: "1024" } } }));
  });
});

describe("members that occur twice", () => {
  test("are never seen in a text that JSON.stringify made", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(duplicateKeys(JSON.stringify(value))).toEqual([]);
      }),
    );
  });

  test("are seen behind escapes and odd texts", () => {
    expect(duplicateKeys(String.raw`{"a":"\"}{,","b":[1,[{"x":1}],{"c":1,"\u0063":2}]}`)).toEqual(["b[2].c"]);
  });
});

describe("quantities", () => {
  test.each([
    ["1000m", "1"],
    ["0.5", "500m"],
    ["1024Mi", "1Gi"],
    ["1.5Gi", "1536Mi"],
    ["100Gi", "100Gi"],
    ["1e3", "1e3"],
    ["12000", "12k"],
    ["0", "0"],
    ["-1", "-1"],
    ["1.5", "1500m"],
    ["0.0001m", "100n"],
  ])("%s is printed %s", (text, canonical) => {
    expect(canonicalQuantity(text)).toBe(canonical);
  });

  test.each(["", "1 Gi", "abc", "1KiB", "--1", "1..2"])("%j is none", (text) => {
    expect(isQuantity(text)).toBe(false);
  });

  test("keep their value, and one form", () => {
    const text = fc
      .tuple(fc.nat(999_999), fc.constantFrom("", "m", "k", "M", "Ki", "Mi", "Gi", "u", "n"))
      .map(([n, unit]) => `${n}${unit}`);
    fc.assert(
      fc.property(text, (one) => {
        const canonical = canonicalQuantity(one)!;
        expect(nanosOf(canonical)).toBe(nanosOf(one));
        expect(canonicalQuantity(canonical)).toBe(canonical);
      }),
    );
  });
});

const widget: JsonSchema = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      required: ["image"],
      properties: {
        image: { type: "string", pattern: "^[a-z]+$", maxLength: 8 },
        replicas: { type: "integer", minimum: 1, maximum: 5, default: 1 },
        mode: { type: "string", enum: ["a", "b"] },
        port: { "x-kubernetes-int-or-string": true },
        free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
        tags: { type: "array", items: { type: "string" }, "x-kubernetes-list-type": "set" },
        parts: {
          type: "array",
          maxItems: 2,
          items: {
            type: "object",
            required: ["name"],
            properties: { name: { type: "string" }, size: { type: "integer", default: 3 } },
          },
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["name"],
        },
        either: {
          type: "object",
          properties: { x: { type: "string" }, y: { type: "string" } },
          oneOf: [{ required: ["x"] }, { required: ["y"] }],
        },
        note: { type: "string", nullable: true },
        when: { type: "string", format: "date-time" },
      },
    },
  },
};

const check = (spec: JsonObject): string[] =>
  validateCustom({ spec }, widget).map((error) => `${error.reason} ${error.field}: ${error.message}`);

describe("a custom kind", () => {
  test.each([
    [{}, ["FieldValueRequired spec.image: Required value"]],
    [
      { image: "A" },
      [`FieldValueInvalid spec.image: Invalid value: "A": spec.image in body should match '^[a-z]+$'`],
    ],
    [{ image: "abcdefghi" }, ["FieldValueTooLong spec.image: Too long: may not be more than 8 bytes"]],
    [
      { image: 1 },
      [
        'FieldValueTypeInvalid spec.image: Invalid value: "integer": spec.image in body must be of type string: "integer"',
      ],
    ],
    [
      { image: "a", replicas: 0 },
      [
        "FieldValueInvalid spec.replicas: Invalid value: 0: spec.replicas in body should be greater than or equal to 1",
      ],
    ],
    [
      { image: "a", mode: "c" },
      ['FieldValueNotSupported spec.mode: Unsupported value: "c": supported values: "a", "b"'],
    ],
    [
      { image: "a", port: true },
      [
        'FieldValueTypeInvalid spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"',
      ],
    ],
    [{ image: "a", tags: ["x", "x"] }, ['FieldValueDuplicate spec.tags[1]: Duplicate value: "x"']],
    [
      { image: "a", parts: [{ name: "p" }, { name: "p" }] },
      ['FieldValueDuplicate spec.parts[1]: Duplicate value: {"name":"p"}'],
    ],
    [
      { image: "a", parts: [{ name: "p" }, { name: "q" }, {}] },
      [
        "FieldValueTooMany spec.parts: Too many: 3: must have at most 2 items",
        "FieldValueRequired spec.parts[2].name: Required value",
      ],
    ],
    [
      { image: "a", either: { x: "1", y: "1" } },
      [
        'FieldValueInvalid spec.either: Invalid value: "": spec.either in body must validate one and only one schema (oneOf). Found 2 valid alternatives',
      ],
    ],
    [{ image: "a", note: null, port: "http", free: { any: [1] }, when: "2026-01-01T00:00:00Z" }, []],
    [
      { image: "a", when: "soon" },
      [
        'FieldValueInvalid spec.when: Invalid value: "soon": spec.when in body must be of type date-time: "soon"',
      ],
    ],
  ])("finds in %j: %j", (spec, problems) => {
    expect(check(spec as JsonObject)).toEqual(problems);
  });

  test("is pruned, but where it preserves unknown fields", () => {
    const object: JsonObject = {
      apiVersion: "x/v1",
      kind: "Widget",
      metadata: { name: "w" },
      spec: { image: "a", other: 1, free: { kept: 1 } },
    };
    const { warnings } = decode({
      object,
      schema: schemaOfCustom(widget, "Widget"),
      kind: "Widget",
      apiVersion: "x/v1",
    });
    expect(warnings).toEqual(['unknown field "spec.other"']);
    expect(object["spec"]).toEqual({ image: "a", free: { kept: 1 } });
  });

  test("is defaulted, in lists too, and twice is once", () => {
    const object: JsonObject = { spec: { image: "a", replicas: null, parts: [{ name: "p" }] } };
    defaultCustom(object, widget);
    const once = { spec: { image: "a", replicas: 1, parts: [{ name: "p", size: 3 }] } };
    expect(object).toEqual(once);
    defaultCustom(object, widget);
    expect(object).toEqual(once);
  });

  test("with a pattern that would take for ever is checked at once", () => {
    const schema: JsonSchema = { type: "object", properties: { a: { type: "string", pattern: "^(x+)+$" } } };
    expect(validateCustom({ a: `${"x".repeat(5_000)}!` }, schema)).toHaveLength(1);
  });
});

describe("a definition", () => {
  const definition = (schema: JsonSchema): JsonObject => ({
    metadata: { name: "widgets.example.org" },
    spec: {
      group: "example.org",
      scope: "Namespaced",
      names: { plural: "widgets", kind: "Widget", singular: "widget", listKind: "WidgetList" },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  });
  const problems = (object: JsonObject): string[] =>
    validateDefinition(object).map((error) => `${error.field}: ${error.message}`);
  const at = "spec.validation.openAPIV3Schema";

  test("that is structural is fine", () => {
    expect(problems(definition(widget))).toEqual([]);
  });

  test.each<[JsonSchema, string]>([
    [
      { type: "object", properties: { a: {} } },
      `${at}.properties[a].type: Required value: must not be empty for specified object fields`,
    ],
    [
      { type: "object", properties: { a: { type: "array" } } },
      `${at}.properties[a].items: Required value: must be specified`,
    ],
    [
      { type: "object", anyOf: [{ type: "object" }] },
      `${at}.anyOf[0].type: Forbidden: must be empty to be structural`,
    ],
    [
      { type: "object", properties: { a: { type: "string", pattern: "(?=x)" } } },
      `${at}.properties[a].pattern: Invalid value: "(?=x)": must be a valid regular expression, but isn't: error parsing regexp: invalid or unsupported Perl syntax: \`(?=\``,
    ],
    [
      { type: "object", properties: { a: { type: "integer", default: "x" } } },
      `${at}.properties[a].default: Invalid value: "string":  in body must be of type integer: "string"`,
    ],
  ])("with %j is refused", (schema, problem) => {
    expect(problems(definition(schema))).toEqual([problem]);
  });

  test("must be named after what it defines, and store one version", () => {
    const object = definition(widget);
    object["metadata"] = { name: "other" };
    (object["spec"] as { versions: JsonObject[] }).versions[0]!["storage"] = false;
    const named: FieldError[] = [];
    validateDefinitionName(object, named);
    expect(named).toMatchObject([
      {
        field: "metadata.name",
        message: 'Invalid value: "other": must be spec.names.plural+"."+spec.group',
      },
    ]);
    expect(problems(object)[0]).toContain("must have exactly one version marked as storage version");
  });
});
