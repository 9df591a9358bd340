import { configMap, configMaps, type BadRequest } from "../BadRequest.ts";
import { definition, widgets } from "../prepare.ts";

const x = (count: number): string => "x".repeat(count);
const create = (
  what: string,
  metadata: unknown,
  answer: string,
  more: Record<string, unknown> = {},
): BadRequest => ({
  what,
  body: JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata, ...more }),
  answer,
});
const widget = (name: string, spec: string): string =>
  `{"apiVersion":"bad.example.org/v1","kind":"Widget","metadata":{"name":"${name}"},"spec":${spec}}`;
const define = (what: string, plural: string, spec: unknown, answer: string): BadRequest => ({
  what,
  path: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
  body:
    typeof spec === "string"
      ? definition(plural, `K${plural}`, "SPEC").replace('"SPEC"', spec)
      : definition(plural, `K${plural}`, spec),
  answer,
});
/** As text: deeper than JSON.stringify goes. */
const deep = (levels: number): string =>
  `${'{"type":"object","properties":{"a":'.repeat(levels)}{"type":"string"}${"}}".repeat(levels)}`;

/** Names, labels and the like beyond their bounds; keys that mean something to programs in JavaScript; definitions of kinds. */
export const names: readonly BadRequest[] = [
  create("a name of 253 characters", { name: x(253) }, "201 ConfigMap"),
  create("a new name of 300 characters", { name: x(300) }, "422 Invalid"),
  create("a name of 100,000 characters", { name: x(100_000) }, "422 Invalid"),
  create("a prefix of 300 characters", { generateName: x(300) }, "422 Invalid"),
  create("an empty name", { name: "" }, "422 Invalid"),
  create("a name with a slash", { name: "a/b" }, "422 Invalid"),
  create("a name of ..", { name: ".." }, "422 Invalid"),
  create("a name with a blank", { name: "a b" }, "422 Invalid"),
  create("a name with a line feed", { name: "a\nb" }, "422 Invalid"),
  create("a name with a NUL", { name: "a\0b" }, "422 Invalid"),
  create("a name in other letters", { name: "é" }, "422 Invalid"),
  create("an emoji", { name: "😀" }, "422 Invalid"),
  create("__proto__ as a new name", { name: "__proto__" }, "422 Invalid"),
  create("constructor as a new name", { name: "constructor" }, "201 ConfigMap"),
  create("another namespace", { name: "n-other", namespace: "kube-system" }, "400 BadRequest"),
  {
    what: "a namespace that is not there",
    path: "/api/v1/namespaces/nowhere/configmaps",
    body: configMap("a"),
    answer: "404 NotFound",
  },
  {
    what: "a new namespace of 300 characters",
    path: "/api/v1/namespaces",
    body: JSON.stringify({ metadata: { name: x(300) } }),
    answer: "422 Invalid",
  },
  {
    what: "a Service of 64 characters",
    path: "/api/v1/namespaces/default/services",
    body: JSON.stringify({ metadata: { name: x(64) }, spec: { ports: [{ port: 80 }] } }),
    answer: "422 Invalid",
  },
  create("a label's value of 64 characters", { name: "n-a", labels: { a: x(64) } }, "422 Invalid"),
  create("a label's value of 300 characters", { name: "n-a", labels: { a: x(300) } }, "422 Invalid"),
  create("a label's name of 64 characters", { name: "n-a", labels: { [x(64)]: "a" } }, "422 Invalid"),
  create(
    "a label's prefix of 254 characters",
    { name: "n-a", labels: { [`${x(254)}/a`]: "a" } },
    "422 Invalid",
  ),
  create("a label with two slashes", { name: "n-a", labels: { "a/b/c": "a" } }, "422 Invalid"),
  create("an empty label", { name: "n-a", labels: { "": "a" } }, "422 Invalid"),
  create(
    "10,000 labels",
    { name: "n-labels", labels: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`l${i}`, ""])) },
    "201 ConfigMap",
  ),
  create("annotations of 256 KiB and one", { name: "n-a", annotations: { a: x(256 * 1024) } }, "422 Invalid"),
  create(
    "annotations of 256 KiB",
    { name: "n-annotations", annotations: { a: x(256 * 1024 - 1) } },
    "201 ConfigMap",
  ),
  create("an annotation's name that is none", { name: "n-a", annotations: { "a b": "c" } }, "422 Invalid"),
  create("a finalizer that is none", { name: "n-a", finalizers: ["not a name/x/y"] }, "422 Invalid"),
  create("an owner without anything", { name: "n-a", ownerReferences: [{}] }, "422 Invalid"),
  create("a creation time that is none", { name: "n-a", creationTimestamp: "yesterday" }, "400 BadRequest"),
  create(
    "managed fields that are rubbish",
    { name: "n-a", managedFields: [{ manager: "a", operation: "Rubbish", fieldsType: "No", fieldsV1: 5 }] },
    "201 ConfigMap",
  ),
  create("a version", { name: "n-a", resourceVersion: "5" }, "500 without a reason"),
  create("a key of 254 characters", { name: "n-a" }, "422 Invalid", { data: { [x(254)]: "a" } }),
  create("a key of ..", { name: "n-a" }, "422 Invalid", { data: { "..": "a" } }),
  create("a key with a slash", { name: "n-a" }, "422 Invalid", { data: { "a/b": "a" } }),

  {
    what: "__proto__ in data",
    body: configMap("n-p1", ',"data":{"__proto__":"x","constructor":"y","prototype":"z"}'),
    answer: "201 ConfigMap",
    says: /"__proto__":"x"/,
  },
  {
    what: "__proto__ beside data",
    body: configMap("n-p2", ',"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}}'),
    answer: "201 ConfigMap",
  },
  {
    what: "__proto__ as data",
    body: configMap("n-p3", ',"data":{"__proto__":{"polluted":"yes"}}'),
    answer: "400 BadRequest",
  },
  {
    what: "__proto__ as a label",
    body: `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"n-p4","labels":{"__proto__":"x"}}}`,
    answer: "422 Invalid",
  },
  {
    what: "constructor as a label",
    body: `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"n-p5","labels":{"constructor":"x","toString":"y"}}}`,
    answer: "201 ConfigMap",
    says: /"constructor":"x"/,
  },
  {
    what: "__proto__ as an annotation",
    body: `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"n-p6","annotations":{"__proto__":"x"}}}`,
    answer: "422 Invalid",
  },
  {
    what: "__proto__ within metadata",
    body: `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"n-p7","__proto__":{"labels":{"a":"b"}}}}`,
    answer: "201 ConfigMap",
  },
  {
    what: "__proto__ for metadata",
    body: `{"apiVersion":"v1","kind":"ConfigMap","__proto__":{"metadata":{"name":"n-p8"}}}`,
    answer: "422 Invalid",
  },
  {
    what: "__proto__ in YAML",
    body: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: n-p9}\ndata: {__proto__: x, constructor: z}\n",
    headers: { "Content-Type": "application/yaml" },
    answer: "201 ConfigMap",
    says: /"__proto__":"x"/,
  },
  {
    what: "__proto__, strictly",
    path: `${configMaps}?fieldValidation=Strict`,
    body: configMap("n-p10", ',"__proto__":{"a":"b"}'),
    answer: "400 BadRequest",
    says: /unknown field \\"__proto__\\"/,
  },
  {
    what: "__proto__ in a custom object",
    path: widgets,
    body: widget("n-c1", '{"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}}}'),
    answer: "201 Widget",
    says: /"__proto__":\{"polluted":"yes"\}/,
  },
  {
    what: "__proto__ beside a custom object's spec",
    path: widgets,
    body: `{"apiVersion":"bad.example.org/v1","kind":"Widget","metadata":{"name":"n-c2"},"__proto__":{"spec":{"a":1}}}`,
    answer: "201 Widget",
  },
  {
    what: "__proto__ as a custom object's spec",
    path: widgets,
    body: widget("n-c3", '[{"__proto__":1}]'),
    answer: "422 Invalid",
  },

  {
    what: "a pattern that takes for ever, which does not match",
    path: widgets,
    body: widget("n-slow", `{"slow":"${"a".repeat(40)}!"}`),
    answer: "422 Invalid",
  },
  {
    what: "a pattern that takes for ever, which matches",
    path: widgets,
    body: widget("n-slow-ok", `{"slow":"${"a".repeat(5000)}"}`),
    answer: "201 Widget",
  },
  {
    what: "another that takes for ever",
    path: widgets,
    body: widget("n-mail", `{"email":"${"a".repeat(50)}"}`),
    answer: "422 Invalid",
  },
  {
    what: "a custom object 900 deep",
    path: widgets,
    body: widget("n-deep", `${'{"a":'.repeat(900)}1${"}".repeat(900)}`),
    answer: "201 Widget",
  },
  {
    what: "a custom object 9,000 deep",
    path: widgets,
    body: widget("n-deeper", `${'{"a":'.repeat(9000)}1${"}".repeat(9000)}`),
    answer: "201 Widget",
  },
  define("a pattern that is none", "patterns", { type: "string", pattern: "(" }, "422 Invalid"),
  define("a pattern that looks ahead", "lookaheads", { type: "string", pattern: "^(?=a)b" }, "422 Invalid"),
  define("a pattern that refers back", "backrefs", { type: "string", pattern: "(a)\\1" }, "422 Invalid"),
  define(
    "a pattern repeated beyond all bounds",
    "repeats",
    { type: "string", pattern: "a{100000}" },
    "422 Invalid",
  ),
  define("a schema that names itself", "selves", { $ref: "#/properties/spec" }, "422 Invalid"),
  define("a schema 100 deep", "hundreds", deep(100), "201 CustomResourceDefinition"),
  define("a schema 3,000 deep", "thousands", deep(3000), "201 CustomResourceDefinition"),
  define(
    "a schema of 5,000 fields",
    "wides",
    {
      type: "object",
      properties: Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`f${i}`, { type: "string" }])),
    },
    "201 CustomResourceDefinition",
  ),
  define(
    "a schema with __proto__",
    "protos",
    {
      type: "object",
      properties: JSON.parse('{"__proto__":{"type":"string"},"constructor":{"type":"integer"}}') as unknown,
    },
    "201 CustomResourceDefinition",
  ),
  define("a schema that is a list", "lists", [], "400 BadRequest"),
  define("a schema of no type", "nones", {}, "422 Invalid"),
  define("a schema of a type that nobody has", "types", { type: "thing" }, "422 Invalid"),
  define("a plural of 300 characters", x(300), { type: "object" }, "422 Invalid"),
  define("a plural of __proto__", "__proto__", { type: "object" }, "422 Invalid"),
  {
    what: "a definition without anything",
    path: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    body: "{}",
    answer: "422 Invalid",
  },
];
