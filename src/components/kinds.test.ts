import { expect, test } from "vitest";
import { secret } from "../platform/secret.ts";
import { evaluate } from "./testing/evaluate.ts";
import {
  celeryDrain,
  externalService,
  file,
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

const image = "registry.example.org/etl:2";

const nameOf = (spec: object, options = {}): string | undefined =>
  evaluate(
    {
      migrate: job({
        image,
        on: "deploy",
        command: ["migrate"],
        env: { P: `${secret("db")["PASSWORD"]}` },
        ...spec,
      }),
    },
    options,
  ).find("Job").metadata.name;

test("a job on deploy is named after all that it is made of", () => {
  const first = nameOf({});
  expect(first).toMatch(/^migrate-[0-9a-f]{10}$/u);
  expect(nameOf({})).toBe(first);
  expect(nameOf({ command: ["migrate", "--all"] })).not.toBe(first);
  expect(nameOf({ inputs: "schema 2" })).not.toBe(first);
  expect(nameOf({ config: { LEVEL: "1" } })).not.toBe(nameOf({ config: { LEVEL: "2" } }));
  // A new password is no reason to migrate again.
  expect(nameOf({}, { secretHash: () => "other" })).toBe(first);
});

test("a job by hand is a suspended CronJob that never fires", () => {
  expect(evaluate({ reindex: job({ image }) }).find("CronJob")["spec"]).toMatchObject({
    suspend: true,
    schedule: "0 0 31 2 *",
  });
});

test("a schedule is a CronJob in its time zone, one run at a time", () => {
  const nightly = schedule({ image, cron: "30 2 * * *", timezone: "Europe/Berlin", timeout: "1h" });
  expect(evaluate({ nightly }).find("CronJob")["spec"]).toMatchObject({
    schedule: "30 2 * * *",
    timeZone: "Europe/Berlin",
    concurrencyPolicy: "Forbid",
    startingDeadlineSeconds: 3600,
    jobTemplate: { spec: { activeDeadlineSeconds: 3600, template: { spec: { restartPolicy: "Never" } } } },
  });
});

test.each([
  [{ cron: "30 2 * *" }, "cron", "it has 4 fields, not 5"],
  [{ cron: "0 30 2 * * *" }, "cron", "it has 6 fields, not 5"],
  [{ cron: "61 2 * * *" }, "cron", "is no schedule"],
  [{ cron: "0 2 L * *" }, "cron", 'Kubernetes does not know "L"'],
  [{ cron: "0 0 * * 7" }, "cron", "end of range (7) above maximum (6)"],
  [{ cron: "0 0 * * 1#2" }, "cron", 'Kubernetes does not know "1#2"'],
  [{ cron: "@fortnightly" }, "cron", "Kubernetes knows @hourly"],
  [{ cron: "@daily", timezone: "Europe/Berln" }, "timezone", 'there is no time zone "Europe/Berln"'],
])("%o is refused", (spec, field, message) => {
  expect(evaluate({ nightly: schedule({ image, runAs: 1, ...spec }) }).problems).toMatchObject([
    { path: `components.nightly.${field}`, message: expect.stringContaining(message) },
  ]);
});

test.each(["0 2 * JUL WED", "*/5 0-6 1,15 * mon-fri", "@daily", "0 0 ? * *"])("%s is a schedule", (cron) => {
  expect(evaluate({ nightly: schedule({ image, runAs: 1, cron }) }).problems).toEqual([]);
});

test("a CronJob's name has 52 characters at most", () => {
  expect(
    evaluate({ [`a${"b".repeat(52)}`]: schedule({ image, runAs: 1, cron: "@daily" }) }).problems,
  ).toMatchObject([{ message: expect.stringContaining("53 characters; 52 are allowed") }]);
});

test("a worker drains before it stops, and has the time for it", () => {
  const command = ["celery", "-A", "etl", "worker", "-Q", "bulk"];
  const etl = worker({
    image,
    runAs: 1000,
    command,
    drain: celeryDrain({ queues: ["bulk"], longestTask: "2h" }),
  });
  const result = evaluate({ etl });
  const { spec } = (result.find("Deployment")["spec"] as { template: { spec: Record<string, unknown> } })
    .template;
  expect(spec["terminationGracePeriodSeconds"]).toBe(2 * 7200 + 30);
  const [container] = spec["containers"] as {
    lifecycle: { preStop: { exec: { command: string[] } } };
    env: object[];
  }[];
  expect(container?.lifecycle.preStop.exec.command[2]).toContain(
    `celery -A 'etl' control cancel_consumer 'bulk' -d "celery@$(hostname)"`,
  );
  expect(container?.env).toEqual([
    { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
  ]);
  expect(result.objects.map(({ kind }) => kind)).toEqual(["Deployment"]);
  expect(result.problems).toEqual([]);
});

test("a grace period that doesn't fit the longest task is refused", () => {
  const etl = worker({ image, runAs: 1000, gracePeriod: "1m", drain: { busy: ["busy"], timeout: "5m" } });
  expect(evaluate({ etl }).problems).toMatchObject([{ path: "components.etl.gracePeriod" }]);
});

test("redis has an address, and with a password its address is a secret", () => {
  const open = redis({ storage: "1Gi" });
  const closed = redis({ password: true });
  const result = evaluate(
    { open, closed, app: service({ image, env: { A: `${open.url}/0`, B: closed.url } }) },
    { suffix: "-dev" },
  );
  const { template } = result.find("Deployment")["spec"] as {
    template: { spec: { containers: { env: object[] }[] } };
  };
  expect(template.spec.containers[0]?.env).toEqual([
    { name: "A", value: "redis://open-dev:6379/0" },
    { name: "B", valueFrom: { secretKeyRef: { name: "closed-dev", key: "url" } } },
  ]);
  expect(result.secrets).toEqual([
    {
      name: "closed-dev",
      component: "closed",
      keys: {
        PASSWORD: { from: "generated", shape: "password" },
        url: { from: "template", template: "redis://:${PASSWORD}@closed-dev:6379", encode: "url" },
      },
    },
  ]);
  expect(result.find("PersistentVolumeClaim").metadata.name).toBe("open-dev-data");
  // No password in an argument: the list of processes shows those.
  expect(JSON.stringify(result.find("StatefulSet", "closed-dev"))).not.toContain("--requirepass");
});

test("postgres keeps its password and its addresses in one Secret", () => {
  const db = postgres({ storage: "10Gi", database: "cases", user: "curator" });
  const result = evaluate({ db });
  expect(result.secrets).toMatchObject([
    {
      name: "db",
      keys: {
        PASSWORD: { from: "generated" },
        url: { template: "postgresql://curator:${PASSWORD}@db:5432/cases", encode: "url" },
        asyncUrl: { template: "postgresql+asyncpg://curator:${PASSWORD}@db:5432/cases" },
        jdbcUrl: { template: "jdbc:postgresql://db:5432/cases?user=curator&password=${PASSWORD}" },
      },
    },
  ]);
  expect(result.find("StatefulSet")["spec"]).toMatchObject({ replicas: 1, serviceName: "db" });
  expect(result.problems).toEqual([]);
});

test("a postgres that exists has its addresses composed from somebody else's password", () => {
  const db = postgres({
    external: {
      host: "pg.example.org",
      database: "cases",
      user: "me@lab",
      password: `${secret("dbaccess")["PASSWORD"]}`,
      parameters: { sslmode: "require" },
    },
  });
  const result = evaluate({ db });
  expect(result.objects).toEqual([]);
  expect(result.problems).toEqual([]);
  expect(result.secrets[0]?.keys).toMatchObject({
    PASSWORD: { from: "template", template: "${dbaccess/PASSWORD}" },
    url: {
      template: "postgresql://me%40lab:${PASSWORD}@pg.example.org:5432/cases?sslmode=require",
      encode: "url",
    },
  });
  const open = postgres({ external: { host: "h", database: "d", user: "u", password: "hunter2" } });
  expect(evaluate({ open }).problems).toMatchObject([{ path: "components.open.external.password" }]);
});

test("a database can take over a claim that exists", () => {
  const old = volume.existing({ claim: "data-postgres-0" });
  const result = evaluate({ old, db: postgres({ claim: old }) });
  expect(result.find("StatefulSet")["spec"]).toMatchObject({
    template: {
      spec: { volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data-postgres-0" } }] },
    },
  });
});

test("a static site serves its files, in the sandbox by the server that it brings", () => {
  const site = staticSite({
    files: { "index.html": "<h1>hello</h1>", "a/logo.svg": file("logo.svg") },
    fallback: "/index.html",
  });
  const result = evaluate({ site }, { sandbox: true, files: { "logo.svg": "<svg/>" } });
  const { template } = result.find("Deployment")["spec"] as {
    template: { metadata: { annotations: Record<string, string> } };
  };
  expect(JSON.parse(template.metadata.annotations["dev.moorage.dev/containers"] ?? "")).toEqual({
    site: { builtin: "static", cwd: "/usr/share/nginx/html" },
  });
  expect(result.find("ConfigMap")).toMatchObject({
    data: {
      "index.html": "<h1>hello</h1>",
      "a-logo.svg": "<svg/>",
    },
  });
});

test("external services: by name, in another namespace, by address", () => {
  const byName = externalService({ host: "archive.example.org", ports: 443, scheme: "https" });
  const result = evaluate({
    byName,
    inOther: externalService({ service: "nats", namespace: "messaging", ports: { nats: 4222 } }),
    byAddress: externalService({ addresses: ["10.0.0.7", "fd00::7"], ports: 5432 }),
    app: service({ image, env: { ARCHIVE: byName.url } }),
  });
  expect(result.find("Service", "byName")["spec"]).toMatchObject({
    type: "ExternalName",
    externalName: "archive.example.org",
  });
  expect(result.find("Service", "inOther")["spec"]).toMatchObject({
    externalName: "nats.messaging.svc.cluster.local",
  });
  expect(result.find("EndpointSlice", "byAddress-ipv4")).toMatchObject({
    endpoints: [{ addresses: ["10.0.0.7"] }],
  });
  expect(result.find("EndpointSlice", "byAddress-ipv6")).toMatchObject({
    endpoints: [{ addresses: ["fd00::7"] }],
  });
  expect(JSON.stringify(result.find("Deployment"))).toContain("https://byName:443");
});

test("manifests get the namespace and the labels they lack; cluster-wide objects no namespace", () => {
  const broker = redis();
  const yaml = `
apiVersion: v1
kind: ConfigMap
metadata: { name: a, labels: { app: mine } }
data: { url: "${broker.url}" }
---
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: b }
rules: []
`;
  const result = evaluate(
    { broker, extra: manifests({ yaml, files: ["rbac.yaml"] }) },
    { files: { "rbac.yaml": "{apiVersion: v1, kind: Namespace, metadata: {name: other}}" } },
  );
  expect(result.find("ConfigMap", "a")).toMatchObject({
    metadata: { namespace: "research", labels: { app: "mine", "app.kubernetes.io/managed-by": "moorage" } },
    data: { url: "redis://broker:6379" },
  });
  expect(result.find("ClusterRole").metadata).not.toHaveProperty("namespace");
  expect(result.find("Namespace", "other").metadata).not.toHaveProperty("namespace");
});

test("a name that YAML takes for true or false is said, with what to do", () => {
  const yaml = "{apiVersion: v1, kind: Namespace, metadata: {name: n}}";
  expect(() => evaluate({ extra: manifests({ yaml }) }).find("Namespace")).toThrow(
    expect.objectContaining({
      message: "metadata.name is false, not text",
      hint: expect.stringContaining("quote it"),
    }),
  );
});

test("a broken manifest names its file and line", () => {
  const result = evaluate(
    { extra: manifests({ files: ["rbac.yaml"] }) },
    { files: { "rbac.yaml": "kind: A\nb: }" } },
  );
  expect(() => result.objects).toThrow(
    expect.objectContaining({
      code: "PlatformInvalid",
      location: expect.objectContaining({ file: "rbac.yaml", line: 2 }),
    }),
  );
});

test("NFS is a PersistentVolume and a claim bound to it, or inline where Pod Security allows it", () => {
  const archive = volume.nfs({ server: "nas.example.org", export: "/archive", readOnly: true });
  const result = evaluate({ archive, app: service({ image, runAs: 1, volumes: [archive] }) });
  expect(result.find("PersistentVolume")).toMatchObject({
    metadata: { name: "research-archive" },
    spec: { nfs: { server: "nas.example.org", path: "/archive" }, accessModes: ["ReadOnlyMany"] },
  });
  expect(result.find("PersistentVolumeClaim")["spec"]).toMatchObject({
    volumeName: "research-archive",
    storageClassName: "",
  });
  const inline = volume.nfs({ server: "nas", export: "/a", inline: true });
  const components = { inline, app: service({ image, runAs: 1, volumes: [inline] }) };
  expect(evaluate(components).problems).toMatchObject([{ path: "components.app.volumes" }]);
  expect(evaluate(components, { podSecurity: "baseline" }).problems).toEqual([]);
});
