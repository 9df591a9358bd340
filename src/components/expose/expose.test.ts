import { expect, test } from "vitest";
import { evaluate } from "../testing/evaluate.ts";
import { service } from "../index.ts";

const image = "registry.example.org/curator:1.4.0";
type Expose = NonNullable<Parameters<typeof service>[0]["expose"]>;
const exposed = (expose: Expose, options: Parameters<typeof evaluate>[1] = {}) =>
  evaluate({ curator: service({ image, runAs: 1000, ports: { http: 8080, admin: 9000 }, expose }) }, options);

test("by default an Ingress, and a Route on OpenShift", () => {
  const expose = { host: "curator.example.org", public: true, tls: true };
  expect(exposed(expose).find("Ingress")["spec"]).toEqual({
    rules: [
      {
        host: "curator.example.org",
        http: {
          paths: [
            {
              path: "/",
              pathType: "Prefix",
              backend: { service: { name: "curator", port: { name: "http" } } },
            },
          ],
        },
      },
    ],
    tls: [{ hosts: ["curator.example.org"], secretName: "curator-tls" }],
  });
  expect(exposed(expose, { flavor: "openshift" }).find("Route")["spec"]).toMatchObject({
    host: "curator.example.org",
    to: { kind: "Service", name: "curator" },
    port: { targetPort: "http" },
    tls: { termination: "edge", insecureEdgeTerminationPolicy: "Redirect" },
  });
});

test("an HTTPRoute rewrites prefixes and redirects", () => {
  const result = exposed({
    by: "httpRoute",
    host: "example.org",
    public: true,
    gateway: { name: "public", namespace: "gateways" },
    paths: [
      { path: "/api", rewrite: "/" },
      { path: "/old", type: "exact", redirect: { path: "/new", status: 301 } },
      { path: "/admin", port: "admin" },
    ],
  });
  expect(result.problems).toEqual([]);
  expect((result.find("HTTPRoute")["spec"] as { rules: object[] }).rules).toEqual([
    {
      matches: [{ path: { type: "PathPrefix", value: "/api" } }],
      filters: [
        { type: "URLRewrite", urlRewrite: { path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/" } } },
      ],
      backendRefs: [{ name: "curator", port: 8080 }],
    },
    {
      matches: [{ path: { type: "Exact", value: "/old" } }],
      filters: [
        {
          type: "RequestRedirect",
          requestRedirect: { statusCode: 301, path: { type: "ReplaceFullPath", replaceFullPath: "/new" } },
        },
      ],
    },
    {
      matches: [{ path: { type: "PathPrefix", value: "/admin" } }],
      backendRefs: [{ name: "curator", port: 9000 }],
    },
  ]);
});

test("several paths of a Route are several Routes, and a rewrite its annotation", () => {
  const result = exposed(
    { host: "example.org", public: true, paths: ["/", { path: "/api", rewrite: "/" }] },
    { flavor: "openshift" },
  );
  expect(result.problems).toEqual([]);
  const routes = result.objects.filter(({ kind }) => kind === "Route");
  expect(
    routes.map(({ metadata, ...route }) => [
      metadata.name,
      (route["spec"] as { path?: string }).path,
      metadata.annotations,
    ]),
  ).toEqual([
    ["curator", undefined, undefined],
    ["curator-2", "/api", { "haproxy.router.openshift.io/rewrite-target": "/" }],
  ]);
});

test("a load balancer is a second Service", () => {
  const result = exposed({ by: "loadBalancer", host: "curator.example.org", public: true, port: "admin" });
  expect(result.find("Service", "curator-public")).toMatchObject({
    metadata: { annotations: { "external-dns.alpha.kubernetes.io/hostname": "curator.example.org" } },
    spec: {
      type: "LoadBalancer",
      ports: [{ name: "admin", port: 9000, targetPort: "admin", protocol: "TCP" }],
    },
  });
});

const host = "curator.example.org";
test.each<[string, Expose, string, string]>([
  [
    "a rewrite by Ingress",
    { host, public: true, paths: [{ path: "/a", rewrite: "/" }] },
    "cannot rewrite",
    'by: "httpRoute"',
  ],
  [
    "a redirect by Ingress",
    { host, public: true, paths: [{ path: "/a", redirect: { path: "/b" } }] },
    "cannot redirect",
    'by: "httpRoute"',
  ],
  [
    "a regular expression by Ingress",
    { host, public: true, paths: [{ path: "/a.*", type: "regex" }] },
    "cannot match a regular",
    "prefix",
  ],
  [
    "a path of a load balancer",
    { by: "loadBalancer", public: true, paths: ["/a"] },
    "knows no paths",
    'by: "ingress"',
  ],
  [
    "TLS of a load balancer",
    { by: "loadBalancer", public: true, tls: true },
    "TLS at a load balancer",
    'by: "ingress"',
  ],
  [
    "TLS of an HTTPRoute",
    { by: "httpRoute", host, public: true, tls: true, gateway: { name: "g" } },
    "listener",
    "gateway.section",
  ],
  [
    "an HTTPRoute without gateway",
    { by: "httpRoute", host, public: true },
    "needs the Gateway",
    "gateway: {",
  ],
  [
    "a Route on plain Kubernetes",
    { by: "route", host, public: true },
    "only OpenShift has Routes",
    'by: "ingress"',
  ],
  ["no host", { public: true }, "without a host", "host:"],
  ["a host with a scheme", { host: "https://x.org", public: true }, "is no host name", "without scheme"],
  ["a port that it hasn't", { host, public: true, port: "grpc" }, 'no port "grpc"', "http, admin"],
  ["no sign-in, unsaid", { host }, "without sign-in", "public: true"],
])("%s is refused, with the alternative named", (_what, expose, message, hint) => {
  expect(exposed(expose).problems).toMatchObject([
    { message: expect.stringContaining(message), hint: expect.stringContaining(hint), severity: "error" },
  ]);
});

test.each<[string, Expose, string]>([
  ["an exact path", { host, public: true, paths: [{ path: "/a", type: "exact" }] }, "prefixes only"],
  [
    "a redirect",
    { host, public: true, paths: [{ path: "/a", redirect: { path: "/b" } }] },
    "cannot redirect",
  ],
])("a Route refuses %s", (_what, expose, message) => {
  expect(exposed(expose, { flavor: "openshift" }).problems).toMatchObject([
    { message: expect.stringContaining(message) },
  ]);
});

test("in the sandbox there is a host for everybody, and nothing has to be said of sign-in", () => {
  const result = exposed({}, { sandbox: true });
  expect(result.problems).toEqual([]);
  expect(result.find("Ingress")["spec"]).toMatchObject({
    rules: [{ host: "curator.epidemiology.localhost" }],
  });
});
