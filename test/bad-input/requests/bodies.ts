import { gzipSync } from "node:zlib";
import { configMap, type BadRequest } from "../BadRequest.ts";

const yaml = { "Content-Type": "application/yaml" };
const protobuf = { "Content-Type": "application/vnd.kubernetes.protobuf" };
const named = (name: string, rest = ""): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${rest}`;

/** `a: &a [x,x..]`, nine times nine of the one before: a thousand million strings, when written out. */
const laughs = (levels: number): string =>
  Array.from({ length: levels }, (_, i) =>
    i === 0 ? `l0: &l0 "lol"` : `l${i}: &l${i} [${Array.from({ length: 9 }, () => `*l${i - 1}`).join(",")}]`,
  ).join("\n  ");

/** `k8s\0`, then a runtime.Unknown: field 1 a TypeMeta, field 2 the raw object. */
const field = (number: number, bytes: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
const unknown = (apiVersion: string, kind: string, raw: Uint8Array): Buffer =>
  Buffer.concat([
    Buffer.from("k8s\0"),
    field(1, Buffer.concat([field(1, Buffer.from(apiVersion)), field(2, Buffer.from(kind))])),
    field(2, raw),
  ]);
const metadataNamed = (name: string): Buffer => field(1, field(1, Buffer.from(name)));

/** Bodies that are not what they say. */
export const bodies: readonly BadRequest[] = [
  { what: "no body", body: "", answer: "400 BadRequest" },
  { what: "blanks", body: "  \n ", answer: "400 BadRequest" },
  { what: "null", body: "null", answer: "422 Invalid" },
  { what: "a number", body: "42", answer: "400 BadRequest" },
  { what: "a string", body: '"configmap"', answer: "400 BadRequest" },
  { what: "a list", body: "[]", answer: "400 BadRequest" },
  { what: "an empty object", body: "{}", answer: "422 Invalid" },
  { what: "JSON that ends too early", body: '{"apiVersion":"v1","kind":"Conf', answer: "400 BadRequest" },
  {
    what: "JSON that ends within an object",
    body: '{"apiVersion":"v1","kind":"ConfigMap"',
    answer: "400 BadRequest",
  },
  { what: "two documents", body: `${configMap("b-two")}${configMap("b-two")}`, answer: "400 BadRequest" },
  { what: "rubbish behind the document", body: `${configMap("b-behind")} x`, answer: "400 BadRequest" },
  { what: "NaN", body: configMap("b-nan", ',"data":{"a":NaN}'), answer: "400 BadRequest" },
  {
    what: "a number instead of a string",
    body: configMap("b-number", ',"data":{"a":1}'),
    answer: "400 BadRequest",
  },
  {
    what: "a number beyond all bounds",
    body: configMap("b-huge", ',"immutable":1e999'),
    answer: "400 BadRequest",
  },
  { what: "a trailing comma", body: configMap("b-comma", ',"data":{"a":"b",}'), answer: "400 BadRequest" },
  { what: "a comment", body: `/* c */${configMap("b-comment")}`, answer: "400 BadRequest" },
  { what: "single quotes", body: "{'apiVersion':'v1'}", answer: "400 BadRequest" },
  { what: "a byte order mark", body: `\uFEFF${configMap("b-bom")}`, answer: "400 BadRequest" },
  {
    what: "a control character in a string",
    body: configMap("b-control", ',"data":{"a":"\u0001"}'),
    answer: "400 BadRequest",
  },
  {
    what: "half a surrogate pair",
    body: configMap("b-surrogate", ',"data":{"a":"\\ud800"}'),
    answer: "201 ConfigMap",
  },
  {
    what: "an escaped NUL in a string",
    body: configMap("b-nul", ',"data":{"a":"\\u0000"}'),
    answer: "201 ConfigMap",
  },
  {
    what: "a string of bytes that are not UTF-8",
    body: Buffer.from(configMap("b-latin", ',"data":{"a":"\xff\xfe"}'), "latin1"),
    answer: "201 ConfigMap",
  },
  { what: "UTF-16", body: Buffer.from(configMap("b-utf16"), "utf16le"), answer: "400 BadRequest" },
  {
    what: "a key twice",
    body: configMap("b-twice", ',"data":{"a":"b"},"data":{"c":"d"}'),
    answer: "201 ConfigMap",
  },
  {
    what: "a key twice, strictly",
    path: "/api/v1/namespaces/default/configmaps?fieldValidation=Strict",
    body: configMap("b-strict", ',"data":{"a":"b"},"data":{"c":"d"}'),
    answer: "400 BadRequest",
  },
  {
    what: "keys in other case",
    body: `{"ApiVersion":"v1","Kind":"ConfigMap","Metadata":{"Name":"b-case"}}`,
    answer: "422 Invalid",
  },
  {
    what: "metadata that is a list",
    body: `{"apiVersion":"v1","kind":"ConfigMap","metadata":[]}`,
    answer: "400 BadRequest",
  },
  {
    what: "labels that are a list",
    body: `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"b-l","labels":["a"]}}`,
    answer: "400 BadRequest",
  },
  {
    what: "a name that is a number",
    body: `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":5}}`,
    answer: "400 BadRequest",
  },
  { what: "a kind that is a number", body: `{"apiVersion":"v1","kind":5}`, answer: "400 BadRequest" },
  {
    what: "another kind",
    body: `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"b-other"}}`,
    answer: "400 BadRequest",
  },
  {
    what: "a kind that nobody has",
    body: `{"apiVersion":"v9","kind":"Nothing","metadata":{"name":"b-none"}}`,
    answer: "400 BadRequest",
  },
  {
    what: "binary data that is not base64",
    body: configMap("b-base64", ',"binaryData":{"a":"%%%"}'),
    answer: "400 BadRequest",
  },

  { what: "XML", body: "<a/>", headers: { "Content-Type": "text/xml" }, answer: "415 UnsupportedMediaType" },
  {
    what: "a form",
    body: "a=b",
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    answer: "415 UnsupportedMediaType",
  },
  {
    what: "a content type that is none",
    body: configMap("b-type"),
    headers: { "Content-Type": ";;;" },
    answer: "415 UnsupportedMediaType",
  },
  {
    what: "an empty content type",
    body: configMap("b-type-empty"),
    headers: { "Content-Type": "" },
    answer: "201 ConfigMap",
  },
  {
    what: "JSON in another character set",
    body: configMap("b-charset"),
    headers: { "Content-Type": "application/json; charset=utf-16" },
    answer: "201 ConfigMap",
  },
  {
    what: "a patch's content type for a create",
    body: configMap("b-merge"),
    headers: { "Content-Type": "application/merge-patch+json" },
    answer: "415 UnsupportedMediaType",
  },
  {
    what: "gzip, said",
    body: gzipSync(configMap("b-gzip")),
    headers: { "Content-Encoding": "gzip" },
    answer: "400 BadRequest",
  },
  { what: "gzip, not said", body: gzipSync(configMap("b-gzip")), answer: "400 BadRequest" },

  { what: "YAML that is JSON", body: configMap("b-yaml-json"), headers: yaml, answer: "201 ConfigMap" },
  { what: "YAML that is none", body: "a: [b", headers: yaml, answer: "400 BadRequest" },
  { what: "YAML with tabs", body: "a:\n\tb: c", headers: yaml, answer: "400 BadRequest" },
  {
    what: "two YAML documents",
    body: `${named("b-yaml-one")}---\n${named("b-yaml-two")}`,
    headers: yaml,
    answer: "201 ConfigMap",
  },
  {
    what: "an alias that is not there",
    body: named("b-alias", "data: *no\n"),
    headers: yaml,
    answer: "400 BadRequest",
  },
  {
    what: "an alias of itself",
    body: named("b-self", "data: &d\n  a: *d\n"),
    headers: yaml,
    answer: "400 BadRequest",
  },
  {
    what: "a YAML bomb",
    body: named("b-bomb", `x:\n  ${laughs(12)}\n`),
    headers: yaml,
    answer: "400 BadRequest",
  },
  {
    what: "a merge key",
    body: named("b-merge-key", "x: &x {a: b}\ndata:\n  <<: *x\n  c: d\n"),
    headers: yaml,
    answer: "201 ConfigMap",
  },
  {
    what: "a merge key of a string",
    body: named("b-merge-string", "data:\n  <<: text\n"),
    headers: yaml,
    answer: "400 BadRequest",
  },
  {
    what: "a tag of a program",
    body: named("b-tag", "data:\n  a: !!python/object:os.system ls\n"),
    headers: yaml,
    answer: "201 ConfigMap",
  },
  {
    what: "a tag of JavaScript",
    body: named("b-js", "data:\n  a: !!js/function 'function(){}'\n"),
    headers: yaml,
    answer: "201 ConfigMap",
  },
  {
    what: "a YAML key that is a list",
    body: named("b-list-key", "data:\n  ? [a]\n  : b\n"),
    headers: yaml,
    answer: "400 BadRequest",
  },
  {
    what: "a YAML key that is a number",
    body: named("b-number-key", "data:\n  1: b\n"),
    headers: yaml,
    answer: "201 ConfigMap",
  },
  {
    what: "a YAML value that is a boolean",
    body: named("b-yes", "data:\n  a: yes\n"),
    headers: yaml,
    answer: "400 BadRequest",
  },
  {
    what: "YAML 10,000 deep",
    body: named("b-yaml-deep", `x: ${"[".repeat(10_001)}${"]".repeat(10_001)}\n`),
    headers: yaml,
    answer: "400 BadRequest",
  },

  {
    what: "JSON 10,001 deep",
    body: configMap("b-deep", `,"x":${"[".repeat(10_001)}${"]".repeat(10_001)}`),
    answer: "400 BadRequest",
  },
  {
    what: "JSON 9,000 deep where nobody looks",
    body: configMap("b-deepish", `,"x":${"[".repeat(9_000)}${"]".repeat(9_000)}`),
    answer: "201 ConfigMap",
  },
  {
    what: "JSON 9,000 objects deep",
    body: configMap("b-objects", `,"x":${'{"a":'.repeat(9_000)}1${"}".repeat(9_000)}`),
    answer: "201 ConfigMap",
  },
  { what: "100,000 brackets", body: "[".repeat(100_000), answer: "400 BadRequest" },
  { what: "100,000 braces", body: '{"a":'.repeat(100_000), answer: "400 BadRequest" },

  {
    what: "one byte more than the largest body",
    body: `${configMap("b-large")}${" ".repeat(3 * 1024 * 1024 + 1 - configMap("b-large").length)}`,
    answer: "413 RequestEntityTooLarge",
  },
  {
    what: "the largest body",
    body: `${configMap("b-fits")}${" ".repeat(3 * 1024 * 1024 - configMap("b-fits").length)}`,
    answer: "201 ConfigMap",
  },
  {
    what: "10 MB",
    body: configMap("b-10mb", `,"data":{"a":"${"x".repeat(10_000_000)}"}`),
    answer: "413 RequestEntityTooLarge",
  },
  {
    what: "1.2 MB in a ConfigMap",
    body: configMap("b-1mb", `,"data":{"a":"${"x".repeat(1_200_000)}"}`),
    answer: "422 Invalid",
  },
  {
    what: "2 MB in a ConfigMap's description",
    body: `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"b-2mb","annotations":{"a":"${"x".repeat(2_000_000)}"}}}`,
    answer: "422 Invalid",
  },
  {
    what: "10,000 keys",
    body: configMap("b-keys", `,"data":{${Array.from({ length: 10_000 }, (_, i) => `"${i}":""`).join(",")}}`),
    answer: "201 ConfigMap",
  },

  { what: "protobuf: nothing", body: "", headers: protobuf, answer: "400 BadRequest" },
  {
    what: "protobuf: the wrong magic",
    body: Buffer.from("k9s\0rubbish"),
    headers: protobuf,
    answer: "400 BadRequest",
  },
  {
    what: "protobuf: the magic alone",
    body: Buffer.from("k8s\0"),
    headers: protobuf,
    answer: "400 BadRequest",
  },
  {
    what: "protobuf: rubbish behind the magic",
    body: Buffer.from("k8s\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "latin1"),
    headers: protobuf,
    answer: "400 BadRequest",
  },
  {
    what: "protobuf: cut off",
    body: unknown("v1", "ConfigMap", metadataNamed("b-cut")).subarray(0, 24),
    headers: protobuf,
    answer: "400 BadRequest",
  },
  {
    what: "protobuf: a length beyond the end",
    body: unknown("v1", "ConfigMap", Buffer.from([0x0a, 0x7f, 1])),
    headers: protobuf,
    answer: "400 BadRequest",
  },
  {
    what: "protobuf: a kind that nobody has",
    body: unknown("v1", "Nothing", metadataNamed("b-kind")),
    headers: protobuf,
    answer: "400 BadRequest",
  },
  {
    what: "protobuf: another kind",
    body: unknown("v1", "Secret", metadataNamed("b-secret")),
    headers: protobuf,
    answer: "400 BadRequest",
  },
  {
    what: "protobuf: an object of nothing",
    body: unknown("v1", "ConfigMap", Buffer.alloc(0)),
    headers: protobuf,
    answer: "422 Invalid",
  },
  {
    what: "protobuf: a name that is not UTF-8",
    body: unknown("v1", "ConfigMap", field(1, field(1, Buffer.from([0xff, 0xfe])))),
    headers: protobuf,
    answer: "422 Invalid",
  },
  { what: "protobuf: JSON", body: configMap("b-json"), headers: protobuf, answer: "400 BadRequest" },
  {
    what: "JSON: protobuf",
    body: unknown("v1", "ConfigMap", metadataNamed("b-pb")),
    answer: "400 BadRequest",
  },
];
