import { get, patchMerge, post, type ParityCase, type Step } from "../ParityCase.ts";
import { crds, established, sample, sampleDefinition, samples } from "./objects.ts";

const rules = "x-kubernetes-validations";

/** A schema to which a rule of its spec is added. */
const typed = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        a: { type: "integer" },
        s: { type: "string", maxLength: 20 },
        l: { type: "array", maxItems: 10, items: { type: "string", maxLength: 10 } },
        u: { type: "array", items: { type: "string" } },
        nums: { type: "array", maxItems: 5, items: { type: "integer" } },
        o: { type: "object", properties: { x: { type: "string" } } },
        io: { "x-kubernetes-int-or-string": true },
        d: { type: "string", format: "duration" },
      },
    },
  },
};

const withRule = (rule: Record<string, unknown>): unknown => ({
  ...typed,
  properties: { spec: { ...typed.properties.spec, [rules]: [rule] } },
});

/** The names of types that a server makes up. */
const unnamed = (step: Step): Step => ({
  ...step,
  view: (body) => JSON.parse(JSON.stringify(body).replaceAll(/selfType\d+|Object_\d+/g, "<type>")) as unknown,
});

/** Rules that a definition is refused for, and some that are fine. */
const compiled: readonly string[] = [
  "self.a < 1",
  "self.x",
  "self.a + 'x' == 'y'",
  "foo",
  "self.a +",
  "self.a",
  "self.s.nope()",
  "self.u.all(x, self.u.all(y, self.u.all(z, x == y)))",
  "self.l.all(x, x.startsWith(1))",
  "self.a < 1 &&",
  "has(self.zz)",
  "self.a == 'x'",
  "oldSelf.a == self.a",
  "self.l.size()",
  "size(self.a) > 1",
  "",
  "self.o.x.y == 1",
  "self.l[0].foo == 1",
  "!self.a",
  "self.s.matches('(')",
  "quantity('1') == self.a",
  "self.io == 1",
  "self.d > duration('1s')",
  "self.l.sum() > 1",
  "self.s.find(1) == 'a'",
  "self == 1",
  "self.a in self.s",
  "-self.s == 1",
  "self.a > 1.5",
  "has(self)",
  "undefinedFn(1)",
  "self.l.map(x, y) == []",
];

const everything = {
  type: "object",
  required: ["spec"],
  [rules]: [{ rule: "self.metadata.name != 'bad'", message: "bad name" }],
  properties: {
    spec: {
      type: "object",
      required: ["req"],
      [rules]: [
        { rule: "!has(self.a) || self.a < 10", message: "  a too big " },
        { rule: "!has(self.a) || self.a != 3" },
        { rule: "!has(self.a) || self.a != 4", messageExpression: "self.a == 4 ? 'a is four' : 'else'" },
        {
          rule: "!has(self.a) || self.a != 5",
          reason: "FieldValueForbidden",
          fieldPath: ".a",
          message: "no five",
        },
        { rule: "!has(self.a) || self.a != 6", reason: "FieldValueDuplicate", message: "six" },
        { rule: "!has(self.a) || self.a != 7", reason: "FieldValueRequired", message: "seven" },
        { rule: "!has(oldSelf.s) || has(self.s)", message: "s stays" },
        { rule: "!has(self.o) || self.o.x == 'x'" },
        { rule: "!has(self.l) || self.l[2] == 'c'" },
        {
          rule: "!oldSelf.hasValue() || self.req == oldSelf.value().req",
          optionalOldSelf: true,
          message: "req is fixed",
        },
      ],
      properties: {
        req: { type: "string" },
        a: { type: "integer" },
        s: {
          type: "string",
          maxLength: 20,
          [rules]: [
            { rule: "self != 'no'", message: "not no" },
            { rule: "self == oldSelf", message: "immutable" },
          ],
        },
        l: {
          type: "array",
          maxItems: 10,
          items: { type: "string", maxLength: 10, [rules]: [{ rule: "self.size() < 3" }] },
          [rules]: [{ rule: "self.size() < 4", message: "few" }],
        },
        m: {
          type: "object",
          maxProperties: 5,
          additionalProperties: { type: "integer", [rules]: [{ rule: "self > 0", message: "positive" }] },
        },
        o: { type: "object", properties: { x: { type: "string", maxLength: 5 } } },
        items: {
          type: "array",
          maxItems: 5,
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["name"],
          items: {
            type: "object",
            required: ["name"],
            properties: {
              name: { type: "string", maxLength: 5 },
              n: { type: "integer", [rules]: [{ rule: "self >= oldSelf", message: "grows" }] },
            },
          },
        },
        e: { type: "string", enum: ["x"] },
      },
    },
  },
};

/** Specs that rules are tried on. */
const specs: readonly Record<string, unknown>[] = [
  {},
  { a: 11 },
  { a: 3 },
  { a: 4 },
  { a: 5 },
  { a: 6 },
  { a: 7 },
  { s: "no" },
  { l: ["abc"] },
  { l: ["a", "b", "c", "d"] },
  { m: { k: 0, "b.c": 1 } },
  { o: {} },
  { l: ["a"] },
  { a: 3, req: null },
  { a: 3, e: "y" },
  { a: "x" },
  { a: 3, s: "no" },
];
const changes: readonly Record<string, unknown>[] = [
  { s: null },
  { s: "t" },
  { s: "no" },
  { items: [{ name: "x", n: 4 }] },
  { items: [{ name: "y", n: 4 }] },
  { req: "q" },
  { a: 3 },
  { a: 2 },
];

/** What Kubernetes adds to the language: each is true. */
const library: readonly string[] = [
  "self.l.isSorted() && self.nums.isSorted()",
  "self.nums.sum() == 6 && self.nums.min() == 1 && self.nums.max() == 3",
  "self.nums.indexOf(3) == 2 && self.nums.lastIndexOf(3) == 2 && self.nums.indexOf(7) == -1 && self.l.indexOf('x') == 0",
  "self.s.find('[a-e]+') == 'e' && self.s.findAll('t').size() == 2 && self.s.findAll('t', 1).size() == 1",
  "self.s.split('e')[0] == 't' && self.s.split('t', 2).size() == 2 && self.l.join('-') == 'x' && self.s.upperAscii() == 'TEXT' && 'AbC'.lowerAscii() == 'abc'",
  "self.s.charAt(1) == 'e' && self.s.indexOf('x') == 2 && self.s.lastIndexOf('t') == 3 && self.s.substring(1, 3) == 'ex' && ' a '.trim() == 'a'",
  "self.s.replace('t', 'T') == 'TexT' && self.s.replace('t', 'T', 1) == 'Text' && self.s.matches('^t.*t$') && self.s.contains('ex')",
  "url('https://example.org:8080/a%20b?x=1&x=2').getHost() == 'example.org:8080' && url('https://example.org:8080/a').getPort() == '8080'",
  "url('https://example.org/a').getScheme() == 'https' && url('https://example.org:80/a').getHostname() == 'example.org' && url('https://example.org/a%20b').getEscapedPath() == '/a%20b'",
  "isURL('https://example.org') && isURL('/path') && !isURL('nonsense')",
  "quantity('1Gi').isGreaterThan(quantity('500Mi')) && quantity('1').compareTo(quantity('1000m')) == 0 && quantity('50k').add(quantity('20k')).isLessThan(quantity('100k'))",
  "isQuantity('1.3Gi') && !isQuantity('x') && quantity('2k').asInteger() == 2000 && quantity('1500m').isInteger() == false && quantity('5').sub(2).asInteger() == 3",
  "isIP('10.0.0.1') && !isIP('10.0.0.256') && ip('::1').family() == 6 && ip('127.0.0.1').isLoopback() && ip('10.0.0.1').isGlobalUnicast()",
  "cidr('10.0.0.0/8').containsIP('10.1.2.3') && !cidr('10.0.0.0/8').containsIP(ip('11.0.0.1')) && cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && cidr('10.0.0.0/8').prefixLength() == 8 && isCIDR('10.0.0.0/8')",
  "!format.dns1123Label().validate('abc').hasValue() && format.dns1123Label().validate('A').hasValue()",
  "'%s is %d'.format(['a', 1]) == 'a is 1' && '%.2f'.format([1.5]) == '1.50' && '%x'.format([255]) == 'ff'",
  "sets.contains(self.nums, [1, 2]) && sets.equivalent([1, 2], [2, 1]) && sets.intersects([1], [1, 2])",
  "duration('1h30m').getMinutes() == 90 && timestamp('2024-01-01T00:00:00Z') < timestamp('2024-01-02T00:00:00Z') && timestamp('2024-01-02T00:00:00Z').getFullYear() == 2024",
  "self.nums.exists(x, x > 2) && self.nums.all(x, x > 0) && self.nums.exists_one(x, x == 2) && self.nums.map(x, x * 2).sum() == 12 && self.nums.filter(x, x > 1).size() == 2",
  "has(self.s) && self.?s.orValue('x') == 'text' && self.?o.x.hasValue() == false && type(self.a) == int",
  "self.a == 1 && self.a < 1.5 && self.d > duration('1s') && self.io == 5 && 'x' in self.l && self.l[0] == 'x'",
];

/** Rules of custom kinds in the Common Expression Language. */
export const ruleCases: readonly ParityCase[] = [
  ...compiled.map((rule): ParityCase => ({
    title: `a rule compiled: ${rule || "(empty)"}`,
    steps: [
      unnamed(
        post(crds, sampleDefinition({ schema: { openAPIV3Schema: withRule({ rule }) } }), { dryRun: "All" }),
      ),
    ],
  })),
  {
    title: "rules tried on new objects and on changes",
    steps: [
      { ...post(crds, sampleDefinition({ schema: { openAPIV3Schema: everything } })), view: () => "defined" },
      { ...get(`${crds}/samples.{ns}.example.org`), until: established, view: () => "established" },
      { ...get(samples()), until: (status) => status === 200, view: () => "served" },
      ...specs.map((spec, i) => post(samples(), sample(`a${i}`, { req: "r", ...spec }))),
      post(samples(), sample("bad", { req: "r" })),
      post(samples(), sample("up", { req: "r", s: "s", items: [{ name: "x", n: 5 }], a: 1 })),
      ...changes.map((spec) => patchMerge(samples("up"), { spec })),
    ],
  },
  {
    title: "what Kubernetes adds to the language of rules",
    steps: [
      {
        ...post(
          crds,
          sampleDefinition({
            schema: {
              openAPIV3Schema: {
                ...typed,
                properties: {
                  spec: { ...typed.properties.spec, [rules]: library.map((rule) => ({ rule })) },
                },
              },
            },
          }),
        ),
        view: (body) => (body as { details?: unknown }).details ?? "defined",
      },
      { ...get(`${crds}/samples.{ns}.example.org`), until: established, view: () => "established" },
      { ...get(samples()), until: (status) => status === 200, view: () => "served" },
      post(samples(), sample("a", { a: 1, s: "text", l: ["x"], nums: [1, 2, 3], io: 5, d: "1m" })),
    ],
  },
];
