import * as fc from "fast-check";
import { expect, test } from "vitest";
import { schemaVersions, validateStrict } from "../kube/index.ts";
import type { AnyComponent } from "../platform/Component.ts";
import { secret } from "../platform/secret.ts";
import { evaluate } from "./testing/evaluate.ts";
import {
  celeryDrain,
  externalService,
  job,
  manifests,
  postgres,
  redis,
  schedule,
  service,
  staticSite,
  volume,
  worker,
} from "./index.ts";

type ServiceSpec = Parameters<typeof service>[0];

/** What servers of all versions would refuse of the objects of these components. */
function refused(
  components: Record<string, AnyComponent>,
  options: Parameters<typeof evaluate>[1] = {},
): string[] {
  const { objects } = evaluate(components, options);
  return schemaVersions.flatMap((version) =>
    objects.flatMap((object) =>
      validateStrict(object, version).map(
        ({ path, message }) => `${version} ${object.kind} ${path}: ${message}`,
      ),
    ),
  );
}

const image = "registry.example.org/app:1";
const data = volume.claim({ size: "5Gi", path: "/data", storageClass: "fast", access: "ReadWriteMany" });
const archive = volume.nfs({
  server: "nas",
  export: "/archive",
  readOnly: true,
  mountOptions: ["nfsvers=4.1"],
});
const bucket = volume.csi({ driver: "s3.csi.aws.com", handle: "bucket", attributes: { bucketName: "b" } });
const scratch = volume.empty({ size: "1Gi", memory: true });
const inline = volume.csi({ driver: "secrets-store.csi.k8s.io", attributes: { a: "b" }, readOnly: true });
const old = volume.existing({ claim: "old" });
const volumes = { data, archive, bucket, scratch, inline, old };

test("the strict check knows the versions from 1.32 to 1.36, and finds a misspelt field", () => {
  expect(schemaVersions).toEqual(["1.32", "1.33", "1.34", "1.35", "1.36"]);
  const [first] = evaluate({ app: service({ image, override: {} }) }).objects;
  const wrong = { ...first, spec: { ...(first?.["spec"] as object), replica: 1 } } as NonNullable<
    typeof first
  >;
  expect(validateStrict(wrong, "1.32")).toMatchObject([{ path: "spec.replica" }]);
});

test.each(["kubernetes", "openshift"] as const)(
  "every kind with all its fields passes the strict check (%s)",
  (flavor) => {
    const everything: Record<string, AnyComponent> = {
      ...volumes,
      everything: service({
        image,
        command: ["a"],
        args: ["b"],
        workingDir: "/w",
        env: { A: "1", B: `x${secret("s")["K"]}`, C: { field: "metadata.name" } },
        envFrom: [secret("s")],
        config: { X: 1 },
        files: { "/etc/a": { text: "a", mode: 0o400 }, "/etc/b": `${secret("s")["K"]}` },
        volumes: [
          data,
          archive,
          bucket,
          inline,
          scratch,
          { volume: old, path: "/old", subPath: "x", readOnly: true },
        ],
        resources: { cpu: "100m", memory: "1Gi", limits: { cpu: 2 }, requests: { "nvidia.com/gpu": 1 } },
        runAs: { user: 1, group: 2, fsGroup: 3 },
        readOnlyRoot: true,
        capabilities: ["NET_BIND_SERVICE"],
        placement: {
          nodeSelector: { a: "b" },
          tolerations: [{ key: "a", operator: "Exists", effect: "NoSchedule" }],
          affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } },
          spread: "zone",
        },
        serviceAccount: { create: true, annotations: { a: "b" }, token: true },
        imagePullSecrets: ["pull"],
        labels: { a: "b" },
        annotations: { a: "b" },
        ports: {
          http: 8080,
          grpc: { port: 9090, service: 90, appProtocol: "kubernetes.io/h2c" },
          udp: { port: 53, protocol: "UDP" },
        },
        probes: {
          readiness: { http: "/r", port: "http", every: "5s", timeout: 2, failures: 3, delay: 1 },
          liveness: { tcp: "grpc" },
          startup: { exec: ["ok"] },
        },
        strategy: { maxSurge: "25%", maxUnavailable: 1 },
        autoscaling: { min: 1, max: 3, cpu: 80, memory: 90 },
        disruptionBudget: { minAvailable: "50%" },
        sidecars: {
          proxy: {
            image: "p",
            ports: { admin: 9901 },
            probes: "/ready",
            files: { "/p": "p" },
            config: { Y: "1" },
          },
        },
        init: { prepare: { command: ["x"], volumes: [data] } },
        expose: [
          {
            by: "ingress",
            host: "a.org",
            paths: ["/", { path: "/x", type: "exact" }],
            tls: { issuer: "le" },
            className: "nginx",
            public: true,
          },
          {
            by: "httpRoute",
            host: "b.org",
            gateway: { name: "g", namespace: "n", section: "https" },
            paths: [
              { path: "/a", rewrite: "/" },
              { path: "/b", redirect: { host: "c.org", scheme: "https", status: 301, path: "/" } },
            ],
            public: true,
          },
          { by: "route", host: "c.org", paths: ["/", "/b"], tls: { secret: "t" }, public: true },
          { by: "loadBalancer", host: "d.org", className: "x", public: true },
        ],
      }),
      worker: worker({ image, drain: celeryDrain({ app: "a", queues: ["q"], longestTask: "2h" }) }),
      drained: worker({ image, drain: { stop: ["stop"], busy: ["busy"], timeout: 30 } }),
      nightly: schedule({
        image,
        cron: "@daily",
        timezone: "Europe/Berlin",
        timeout: "1h",
        retries: 1,
        parallelism: 2,
        completions: 2,
      }),
      migrate: job({ image, on: "deploy", volumes: [data] }),
      manual: job({ image }),
      broker: redis({ storage: "1Gi", password: true, args: ["--maxmemory", "1mb"] }),
      cache: redis(),
      db: postgres({ storage: "1Gi", settings: { max_connections: 10 } }),
      reused: postgres({ claim: old }),
      site: staticSite({ files: { "index.html": "x" }, fallback: "/index.html" }),
      far: externalService({ host: "a.org", ports: { https: 443 } }),
      near: externalService({ addresses: ["10.0.0.1", "fd00::1"], ports: 80 }),
      extra: manifests({ yaml: "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}" }),
    };
    expect(refused(everything, { flavor })).toEqual([]);
    expect(refused(everything, { flavor, sandbox: true, secretHash: () => "hash" })).toEqual([]);
  },
);

const portNames = ["http", "grpc", "admin"] as const;
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const probe = fc.oneof(
  fc.constant("/health"),
  fc.record({ tcp: fc.constantFrom(...portNames), every: fc.integer({ min: 0, max: 60 }) }),
  fc.record({ exec: fc.array(fc.string(), { minLength: 1 }), timeout: fc.constantFrom("1s", "2.5s", "1m") }),
);
const variables = fc.dictionary(
  fc.stringMatching(/^[A-Z][A-Z0-9_]{0,8}$/u),
  fc.oneof(fc.string(), fc.integer(), fc.boolean()),
);
const serviceSpecs: fc.Arbitrary<ServiceSpec> = fc.record({
  image: fc.constantFrom("a:1", "b"),
  command: optional(fc.array(fc.string())),
  env: optional(variables),
  config: optional(variables),
  files: optional(fc.dictionary(fc.stringMatching(/^\/etc\/[a-z ./]{1,12}$/u), fc.string())),
  ports: fc
    .uniqueArray(fc.constantFrom(...portNames), { minLength: 1 })
    .map((names) => Object.fromEntries(names.map((name, index) => [name, 8000 + index]))),
  replicas: optional(fc.integer({ min: 0, max: 5 })),
  probes: optional(
    fc.record({
      readiness: fc.oneof(probe, fc.constant(false as const)),
      liveness: optional(probe),
      startup: optional(probe),
    }),
  ),
  resources: optional(
    fc.record({
      cpu: optional(fc.constantFrom("100m", 1, 0.5)),
      memory: optional(fc.constantFrom("1Gi", 1_000_000)),
    }),
  ),
  volumes: optional(fc.subarray(Object.values(volumes))),
  runAs: optional(fc.constantFrom<NonNullable<ServiceSpec["runAs"]>>(0, 1000, "image", "root", { user: 5 })),
  strategy: optional(
    fc.constantFrom<NonNullable<ServiceSpec["strategy"]>>(
      "rolling",
      "recreate",
      { maxSurge: 2 },
      { maxUnavailable: "10%" },
    ),
  ),
  autoscaling: optional(
    fc.record({
      min: fc.integer({ min: 1, max: 2 }),
      max: fc.integer({ min: 2, max: 4 }),
      memory: optional(fc.constant(80)),
    }),
  ),
  disruptionBudget: optional(fc.constant({ maxUnavailable: 1 })),
  stopDelay: optional(fc.constantFrom(0, "2s")),
  expose: optional(
    fc.constantFrom<NonNullable<ServiceSpec["expose"]>>(
      {},
      { host: "a.org", tls: true },
      { by: "loadBalancer" },
      { by: "httpRoute" },
    ),
  ),
});

test("whatever a service is made of, its objects pass the strict check, hold no undefined, and are the same twice", () => {
  fc.assert(
    fc.property(
      serviceSpecs,
      fc.record({
        flavor: fc.constantFrom("kubernetes" as const, "openshift" as const),
        podSecurity: fc.constantFrom("restricted" as const, "baseline" as const),
        sandbox: fc.boolean(),
      }),
      (spec, options) => {
        const components = { ...volumes, app: service(spec) };
        expect(refused(components, options)).toEqual([]);
        const { objects } = evaluate(components, options);
        expect(JSON.parse(JSON.stringify(objects))).toStrictEqual(objects);
        expect(evaluate(components, options).objects).toEqual(objects);
      },
    ),
    { numRuns: 60 },
  );
});

test("whatever a service is made of, in the sandbox its objects differ by the sandbox's annotations and host only", () => {
  fc.assert(
    fc.property(serviceSpecs, (spec) => {
      const components = { ...volumes, app: service({ ...spec, expose: undefined }) };
      const without = JSON.stringify(
        evaluate(components, { sandbox: true }).objects,
        (key, value: unknown) => {
          if (key !== "annotations" || typeof value !== "object" || value === null) return value;
          const rest = Object.entries(value).filter(([name]) => !name.startsWith("dev.moorage.dev/"));
          return rest.length > 0 ? Object.fromEntries(rest) : undefined;
        },
      );
      expect(without).toBe(JSON.stringify(evaluate(components).objects));
    }),
    { numRuns: 60 },
  );
});
