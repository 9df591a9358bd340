import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { KubeObject } from "../contract/index.ts";
import {
  canonicalHost,
  changeHeaders,
  changePath,
  chooseBackend,
  knowsHost,
  match,
  orderedTable,
  redirectLocation,
  routeTable,
  type RouteMatch,
  type RouteRule,
} from "./index.ts";

const ingress = (name: string, spec: unknown, createdAt = "2026-01-01T00:00:00Z"): KubeObject => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: { name, namespace: "default", creationTimestamp: createdAt },
  spec,
});
const httpRoute = (name: string, spec: unknown, createdAt = "2026-01-01T00:00:00Z"): KubeObject => ({
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "HTTPRoute",
  metadata: { name, namespace: "default", creationTimestamp: createdAt },
  spec,
});
const backend = (name: string): unknown => ({ service: { name, port: { number: 80 } } });
const asked = (
  url: string,
  more: { method?: string; headers?: Record<string, string> } = {},
): Parameters<typeof match>[1] => {
  const { hostname, pathname, searchParams } = new URL(url);
  return {
    host: hostname,
    path: pathname,
    method: more.method ?? "GET",
    headers: more.headers ?? {},
    query: searchParams,
  };
};
const serviceOf = (found: RouteMatch | undefined): string | undefined => found?.rule.backends[0]?.service;

describe("an Ingress", () => {
  const table = routeTable([
    ingress("web", {
      defaultBackend: backend("default"),
      rules: [
        {
          host: "a.example.org",
          http: {
            paths: [
              { path: "/", pathType: "Prefix", backend: backend("root") },
              { path: "/foo", pathType: "Prefix", backend: backend("foo") },
              { path: "/foo/bar", pathType: "ImplementationSpecific", backend: backend("bar") },
              { path: "/foo/bar", pathType: "Exact", backend: backend("exact") },
            ],
          },
        },
        {
          host: "*.example.org",
          http: { paths: [{ path: "/only", pathType: "Prefix", backend: backend("wild") }] },
        },
      ],
    }),
  ]);
  test.each([
    ["http://a.example.org/", "root"],
    ["http://a.example.org/foobar", "root"],
    ["http://a.example.org/foo/x", "foo"],
    ["http://a.example.org/foo/bar", "exact"],
    ["http://a.example.org/foo/bar/", "bar"],
    ["http://b.example.org/only", "wild"],
    ["http://b.c.example.org/only", "default"],
    ["http://other/", "default"],
  ])("%s goes to %s", (url, service) => expect(serviceOf(match(table, asked(url)))).toBe(service));

  test("knows its hosts, wildcards too", () => {
    expect(knowsHost(table, "a.example.org")).toBe(true);
    expect(knowsHost(table, "x.example.org")).toBe(true);
    expect(knowsHost(table, "example.com")).toBe(false);
  });

  test("leaves out a path that no request could have, and says so", () => {
    const bad = routeTable([
      ingress("bad", {
        rules: [{ http: { paths: [{ path: "/a;b", pathType: "Prefix", backend: backend("x") }] } }],
      }),
    ]);
    expect(bad.rules).toEqual([]);
    expect(bad.problems).toMatchObject([{ path: "Ingress default/bad: spec.rules[0].http.paths[0].path" }]);
  });
});

describe("an HTTPRoute", () => {
  const to = (name: string): unknown => [{ name, port: 80 }];
  const table = routeTable([
    httpRoute("one", {
      hostnames: ["h.example.org"],
      rules: [
        { backendRefs: to("root") },
        { matches: [{ path: { type: "Exact", value: "/x" } }], backendRefs: to("exact") },
        { matches: [{ path: { type: "PathPrefix", value: "/x" }, method: "POST" }], backendRefs: to("post") },
        {
          matches: [
            { path: { type: "PathPrefix", value: "/x" }, headers: [{ name: "Version", value: "2" }] },
          ],
          backendRefs: to("v2"),
        },
        {
          matches: [
            { path: { type: "PathPrefix", value: "/x" }, queryParams: [{ name: "beta", value: "1" }] },
          ],
          backendRefs: to("beta"),
        },
        { matches: [{ path: { type: "RegularExpression", value: "/re/[0-9]+" } }], backendRefs: to("re") },
      ],
    }),
    httpRoute("wild", {
      hostnames: ["*.example.org"],
      rules: [{ matches: [{ path: { value: "/x/long/prefix" } }], backendRefs: to("wild") }],
    }),
  ]);
  test.each([
    ["http://h.example.org/", {}, "root"],
    ["http://h.example.org/x", {}, "exact"],
    ["http://h.example.org/x/1", { method: "POST" }, "post"],
    ["http://h.example.org/x/1", { headers: { version: "2" } }, "v2"],
    ["http://h.example.org/x/1?beta=1", { headers: { version: "2" } }, "v2"],
    ["http://h.example.org/x/1?beta=1", {}, "beta"],
    ["http://h.example.org/re/12", {}, "re"],
    ["http://h.example.org/re/12a", {}, "root"],
    ["http://h.example.org/x/long/prefix", {}, "root"],
    ["http://deep.sub.example.org/x/long/prefix", {}, "wild"],
    ["http://example.org/x/long/prefix", {}, undefined],
  ])("%s %o goes to %s", (url, more, service) =>
    expect(serviceOf(match(table, asked(url, more)))).toBe(service),
  );

  test("leaves out a rule with a filter that it doesn't know", () => {
    const mirror = routeTable([
      httpRoute("m", { rules: [{ filters: [{ type: "RequestMirror" }], backendRefs: to("x") }] }),
    ]);
    expect(mirror.rules).toEqual([]);
    expect(mirror.problems[0]!.message).toContain("RequestMirror");
  });

  test("rewrites, redirects and changes headers", () => {
    const filtered = routeTable([
      httpRoute("f", {
        rules: [
          {
            matches: [{ path: { value: "/old" } }],
            filters: [
              {
                type: "URLRewrite",
                urlRewrite: {
                  hostname: "inner",
                  path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/new" },
                },
              },
            ],
            timeouts: { request: "1m30s" },
            backendRefs: to("x"),
          },
          {
            matches: [{ path: { value: "/gone" } }],
            filters: [
              {
                type: "RequestRedirect",
                requestRedirect: {
                  path: { type: "ReplaceFullPath", replaceFullPath: "/here" },
                  statusCode: 301,
                },
              },
            ],
          },
        ],
      }),
    ]);
    const rewritten = match(filtered, asked("http://h/old/a"));
    expect(rewritten).toMatchObject({ path: "/new/a", host: "inner", rule: { timeout: 90_000 } });
    const { rule } = match(filtered, asked("http://h/gone/a"))!;
    expect(rule.redirect?.status).toBe(301);
    const request = { scheme: "http", authority: "h:8080", path: "/gone/a", search: "?q=1" };
    expect(redirectLocation(rule.redirect!, rule.path, request)).toBe("http://h:8080/here?q=1");
    expect(redirectLocation({ scheme: "https", status: 302 }, rule.path, request)).toBe(
      "https://h/gone/a?q=1",
    );
    expect(redirectLocation({ hostname: "o", port: 80, status: 302 }, rule.path, request)).toBe(
      "http://o/gone/a?q=1",
    );
  });
});

test("an OpenShift Route takes its path and target, rewritten when its annotation says so", () => {
  const route: KubeObject = {
    apiVersion: "route.openshift.io/v1",
    kind: "Route",
    metadata: {
      name: "r",
      namespace: "n",
      annotations: { "haproxy.router.openshift.io/rewrite-target": "/" },
    },
    spec: {
      host: "R.example.org",
      path: "/api",
      to: { kind: "Service", name: "s" },
      port: { targetPort: "http" },
      tls: { insecureEdgeTerminationPolicy: "Redirect" },
    },
  };
  expect(match(routeTable([route]), asked("http://r.example.org/api/v1"))).toMatchObject({
    path: "/v1",
    rule: { backends: [{ namespace: "n", service: "s", port: { target: "http" } }] },
  });
});

// The table of HTTPPathModifier in the Gateway API's specification.
test.each([
  ["/foo/bar", "/foo", "/xyz", "/xyz/bar"],
  ["/foo/bar", "/foo", "/xyz/", "/xyz/bar"],
  ["/foo/bar", "/foo/", "/xyz", "/xyz/bar"],
  ["/foo/bar", "/foo/", "/xyz/", "/xyz/bar"],
  ["/foo", "/foo", "/xyz", "/xyz"],
  ["/foo/", "/foo", "/xyz", "/xyz/"],
  ["/foo/bar", "/foo", "", "/bar"],
  ["/foo/", "/foo", "", "/"],
  ["/foo", "/foo", "", "/"],
  ["/foo/", "/foo", "/", "/"],
  ["/foo", "/foo", "/", "/"],
])("%s with prefix %s replaced by %j is %s", (path, prefix, value, changed) => {
  expect(changePath(path, { type: "Prefix", value: prefix }, { type: "ReplacePrefixMatch", value })).toBe(
    changed,
  );
});

test("headers are set, added and removed", () => {
  const changes = { set: [{ name: "a", value: "2" }], add: [{ name: "b", value: "y" }], remove: ["c"] };
  expect(changeHeaders({ a: "1", b: "x", c: "z" }, changes)).toEqual({ a: "2", b: ["x", "y"] });
});

test.each([
  ["Example.ORG:8080", "example.org"],
  ["example.org.", "example.org"],
  ["[::1]:80", "[::1]"],
  ["a b", undefined],
  ["a/b", undefined],
  ["", undefined],
  ["a..b", undefined],
  ["user@host", undefined],
])("the host %j is %j", (raw, host) => expect(canonicalHost(raw)).toBe(host));

test("backends are chosen by weight, and never with weight 0", () => {
  const of = (service: string, weight: number) => ({
    namespace: "n",
    service,
    port: "only" as const,
    weight,
  });
  const backends = [of("none", 0), of("one", 1), of("three", 3)];
  expect([0, 0.24, 0.25, 0.99].map((point) => chooseBackend(backends, () => point)?.service)).toEqual([
    "one",
    "one",
    "three",
    "three",
  ]);
  expect(chooseBackend([of("none", 0)], () => 0.5)).toBeUndefined();
});

describe("precedence", () => {
  const rules: fc.Arbitrary<RouteRule> = fc.record({
    source: fc.record({
      kind: fc.constant("HTTPRoute" as const),
      namespace: fc.constant("n"),
      name: fc.constantFrom("a", "b"),
      labels: fc.constant({}),
      createdAt: fc.constantFrom("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
      rule: fc.nat(3),
      match: fc.nat(3),
    }),
    host: fc.constantFrom("", "h.org", "x.h.org", "*.h.org", "*.org"),
    wildcardManyLabels: fc.constant(true),
    path: fc.oneof(
      fc.record({ type: fc.constant("Exact" as const), value: fc.constantFrom("/a", "/a/b") }),
      fc.record({ type: fc.constant("Prefix" as const), value: fc.constantFrom("/", "/a", "/a/b") }),
    ),
    method: fc.constantFrom(undefined, "GET"),
    headers: fc.constantFrom([], [{ name: "v", type: "Exact" as const, value: "1" }]),
    query: fc.constantFrom([], [{ name: "q", type: "Exact" as const, value: "1" }]),
    backends: fc.constant([]),
  });
  const request = { ...asked("http://x.h.org/a/b?q=1"), headers: { v: "1" } };

  test("does not depend on the order of the objects", () => {
    fc.assert(
      fc.property(fc.array(rules, { maxLength: 8 }), fc.infiniteStream(fc.nat()), (list, noise) => {
        const shuffled = list
          .map((rule) => ({ rule, at: noise.next().value as number }))
          .toSorted((a, b) => a.at - b.at)
          .map(({ rule }) => rule);
        const key = (found: RouteMatch | undefined): unknown => found && { ...found.rule };
        expect(key(match(orderedTable(shuffled), request))).toEqual(key(match(orderedTable(list), request)));
      }),
    );
  });

  // "Precedence must be given to the rule with the largest number of", in the words of HTTPRouteSpec.hostnames and HTTPRouteRule.matches, one after the other.
  test("follows the specification's list, compared rule by rule", () => {
    const scores = (rule: RouteRule): number[] => [
      rule.host.startsWith("*") ? 0 : rule.host.length,
      rule.host.length,
      rule.path.type === "Exact" ? 1 : 0,
      rule.path.value.length,
      rule.method === undefined ? 0 : 1,
      rule.headers.length,
      rule.query.length,
    ];
    fc.assert(
      fc.property(fc.array(rules, { minLength: 1, maxLength: 8 }), (list) => {
        const won = match(orderedTable(list), request)?.rule;
        const able = list.filter((rule) => match(orderedTable([rule]), request));
        expect(won === undefined).toBe(able.length === 0);
        for (const other of able) {
          const first = scores(won!).findIndex((score, index) => score !== scores(other)[index]);
          const wins =
            first < 0
              ? won!.source.createdAt <= other.source.createdAt
              : scores(won!)[first]! > scores(other)[first]!;
          expect(wins).toBe(true);
        }
      }),
    );
  });
});
