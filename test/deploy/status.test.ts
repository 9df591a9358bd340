import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { KubeObject } from "../../src/contract/index.ts";
import {
  deploy,
  planDeploy,
  statusOf,
  type DeployEvent,
  type EnvironmentStatus,
} from "../../src/deploy/index.ts";
import { configMap, renderingOf, secret } from "../../src/deploy/testing/testCluster.ts";
import { KubeError } from "../../src/kube/KubeError.ts";
import { createKubeClient, type KubeClient } from "../../src/kube/index.ts";
import { withPlayedControllers } from "./playedControllers.ts";
import { waiting } from "./RightsLedger.ts";
import { servers, type OpenedServer } from "./servers.ts";

const environment = { platform: "epidemiology", environment: "dev", namespace: "epi" };
const who = "ada@laptop";

const web = (image = "r.org/web:1.0", more: object = {}): KubeObject & { component: string } => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  component: "web",
  metadata: { name: "web" },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: {
        containers: [
          {
            name: "web",
            image,
            env: [{ name: "MODE", value: "fast" }],
            ports: [{ containerPort: 80 }],
            // Written otherwise than a server writes them.
            resources: { requests: { cpu: "0.5", memory: "1024Mi" }, limits: { cpu: "1000m" } },
            ...more,
          },
        ],
        volumes: [{ name: "settings", configMap: { name: "settings" } }],
      },
    },
  },
});
const schedule: KubeObject & { component: string } = {
  apiVersion: "batch/v1",
  kind: "CronJob",
  component: "nightly",
  metadata: { name: "nightly" },
  spec: {
    schedule: "30 2 * * *",
    jobTemplate: {
      spec: {
        template: {
          spec: {
            restartPolicy: "Never",
            containers: [{ name: "main", image: "r.org/web:1.0", command: ["run"] }],
          },
        },
      },
    },
  },
};
const objects = (): Parameters<typeof renderingOf>[0] => [
  web(),
  schedule,
  configMap("settings", { mode: "fast" }, "web"),
  { ...secret("db", { PASSWORD: "hunter2hunter2" }), component: "web" },
  {
    apiVersion: "v1",
    kind: "Service",
    component: "web",
    metadata: { name: "web" },
    spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
  },
  {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    component: "web",
    metadata: { name: "web" },
    spec: {
      tls: [{ hosts: ["web.example.org"], secretName: "web-tls" }],
      rules: [
        {
          host: "web.example.org",
          http: {
            paths: [
              { path: "/", pathType: "Prefix", backend: { service: { name: "web", port: { number: 80 } } } },
            ],
          },
        },
      ],
    },
  },
];
const job = (image: string): KubeObject & { component: string } => ({
  apiVersion: "batch/v1",
  kind: "Job",
  component: "migrate",
  metadata: { name: `migrate-${image}` },
  spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "main", image }] } } },
});
const components = [
  { key: "web", name: "web", kind: "service", after: [] },
  { key: "nightly", name: "nightly", kind: "schedule", after: [] },
];

describe.each(servers)("On $name", (server) => {
  let cluster: OpenedServer;
  /** The deployer's: what `moorage rbac` prints and nothing else. */
  let client: KubeClient;
  /** Everybody else: who changes what was deployed. */
  let others: KubeClient;
  beforeAll(async () => {
    if (server.missing === undefined) await server.start();
  }, 300_000);
  afterAll(() => server.stop());
  beforeEach(async () => {
    if (server.missing !== undefined) return;
    cluster = await server.open();
    others = cluster.client;
    client = createKubeClient(withPlayedControllers(cluster.deployer.transport, others));
    const rendering = renderingOf(objects(), components);
    await cluster.deployer.grant(rendering);
    await deploy(rendering, await planDeploy(rendering, { client, who }), { client, who });
  });
  afterEach(async () => {
    if (server.missing !== undefined) return;
    for (const [apiVersion, kind, name] of [
      ["networking.k8s.io/v1", "Ingress", "web"],
      ["batch/v1", "CronJob", "nightly"],
    ] as const) {
      const left = { apiVersion, kind, name, namespace: "epi" };
      if ((await others.find(left)) !== undefined) await others.delete(left);
    }
    await cluster.close();
  });

  const at = (apiVersion: string, kind: string, name: string) => ({
    apiVersion,
    kind,
    name,
    namespace: "epi",
  });
  const deployment = at("apps/v1", "Deployment", "web");
  const by = (fieldManager: string) => ({ fieldManager });
  const status = async (through = client, rendering = renderingOf(objects(), components)) =>
    statusOf(environment, { client: through }, { rendering });
  const told = ({ drift }: EnvironmentStatus): string[] =>
    drift.map(
      ({ object, what, path = "", manager = "nobody known" }) => `${object} ${path} ${what} by ${manager}`,
    );
  /** An account that may not read these kinds. */
  const without = (...plurals: string[]): KubeClient =>
    cluster.through(({ method, path }) => {
      if (!plurals.some((plural) => path.includes(`/${plural}`))) return;
      const refusal = {
        apiVersion: "v1",
        kind: "Status",
        metadata: {},
        status: "Failure",
        reason: "Forbidden",
        code: 403,
      };
      throw new KubeError(refusal as ConstructorParameters<typeof KubeError>[0], 403, { method, path });
    });

  describe.skipIf(server.missing !== undefined)("a status", () => {
    it("tells health, versions, addresses and the last revision, and that nothing was changed", async () => {
      const found = await status();
      expect(found).toMatchObject({
        deployed: true,
        drift: [],
        driftFrom: "revision",
        pending: [],
        revision: { number: 1, who },
        notes: [],
        // The one thing that is wrong.
        findings: [
          {
            severity: "error",
            component: "web",
            message: "the certificate web-tls is missing: HTTPS does not work",
          },
        ],
        health: "failed",
      });
      expect(found.components).toMatchObject([
        {
          name: "nightly",
          kind: "schedule",
          health: "ready",
          run: { state: "never", schedule: "30 2 * * *" },
        },
        {
          name: "web",
          kind: "service",
          health: "ready",
          replicas: { ready: 1, wanted: 1 },
          version: "1.0",
          urls: ["https://web.example.org/"],
        },
      ]);
    });

    it("tells what others changed, with their program and when, and no value of a secret", async () => {
      await others.patch(
        deployment,
        "merge",
        { spec: { replicas: 3 } },
        { ...by("kubectl"), subresource: "scale" },
      );
      const containers = [{ name: "web", image: "r.org/web:hotfix", env: [{ name: "DEBUG", value: "1" }] }];
      await others.patch(
        deployment,
        "strategic",
        { spec: { template: { spec: { containers } } } },
        by("kubectl-edit"),
      );
      await others.patch(
        at("v1", "ConfigMap", "settings"),
        "merge",
        { data: { mode: null } },
        by("kubectl-edit"),
      );
      await others.patch(
        at("v1", "Secret", "db"),
        "merge",
        { data: { PASSWORD: Buffer.from("letmein-letmein").toString("base64") } },
        by("kubectl-patch"),
      );
      await others.delete(at("v1", "Service", "web"));
      const found = await status();
      expect(told(found).toSorted()).toEqual([
        "ConfigMap settings data removed by nobody known",
        "Deployment web spec.replicas changed by kubectl",
        "Deployment web spec.template.spec.containers[web].env[DEBUG] added by kubectl-edit",
        "Deployment web spec.template.spec.containers[web].image changed by kubectl-edit",
        "Secret db data.PASSWORD changed by kubectl-patch",
        "Service web  missing by nobody known",
      ]);
      const image = found.drift.find(({ path }) => path?.endsWith("image") === true);
      expect(image).toMatchObject({ component: "web", deployed: "r.org/web:1.0", now: "r.org/web:hotfix" });
      expect(image?.at).toMatch(/^\d{4}-\d\d-\d\dT/);
      expect(JSON.stringify(found)).not.toMatch(/hunter2|letmein|aHVudGVy|bGV0bWVpbi/);
      expect(found.components.find(({ name }) => name === "web")).toMatchObject({
        health: "failed",
        message: expect.stringContaining("Service web is missing") as string,
      });
      expect(found.pending).toEqual([]);
    });

    it("tells a restart, bookkeeping, and what programs add from what people change", async () => {
      const stamp = { "kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z" };
      await others.patch(
        deployment,
        "merge",
        { spec: { template: { metadata: { annotations: stamp } } } },
        by("kubectl-rollout"),
      );
      await others.patch(
        deployment,
        "merge",
        { metadata: { annotations: { "mesh.example.org/injected": "true" } } },
        by("mesh-controller"),
      );
      await others.patch(deployment, "merge", { spec: { replicas: 2 } }, by("kubectl-edit"));
      await others.patch(deployment, "merge", { spec: { replicas: 1 } }, by("kubectl-edit"));
      expect(told(await status())).toEqual([]);
      await others.patch(
        deployment,
        "merge",
        { metadata: { annotations: { "team.example.org/contact": "bob" } } },
        by("kubectl-annotate"),
      );
      expect(told(await status())).toEqual([
        `Deployment web metadata.annotations["team.example.org/contact"] added by kubectl-annotate`,
      ]);
    });

    it("tells what the platform file wants otherwise, which is no drift", async () => {
      const next = [
        ...objects().filter(({ metadata }) => metadata.name !== "nightly"),
        configMap("more", { a: "1" }, "web"),
      ].map((object) => (object.kind === "Deployment" ? web("r.org/web:2.0") : object));
      const found = await status(client, renderingOf(next, components));
      expect(found.drift).toEqual([]);
      expect(found.pending).toEqual([
        "Deployment web",
        "ConfigMap more is not deployed yet",
        "CronJob nightly is no longer in it",
      ]);
    });

    it("goes without Secrets and Leases, as with the right to view, and says so once", async () => {
      await others.patch(deployment, "merge", { spec: { replicas: 3 } }, by("kubectl-edit"));
      const next = objects().map((object) => (object.kind === "Deployment" ? web("r.org/web:2.0") : object));
      const found = await status(without("secrets", "leases"), renderingOf(next, components));
      expect(found.notes).toEqual([expect.stringContaining("may not read Secrets")]);
      expect(found).toMatchObject({ driftFrom: "platform file", revision: { number: 1 }, findings: [] });
      expect(told(found)).toEqual(["Deployment web spec.replicas changed by kubectl-edit"]);
      expect(found.pending).toEqual(["Deployment web"]);
      // Quantities and defaults are no change either.
      const same = await status(without("secrets", "leases"), renderingOf(objects(), components));
      expect(same.pending).toEqual([]);
    });

    // Each was told after every deploy of one.
    it("takes the text of a Secret for no change that waits", async () => {
      const text: KubeObject = {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "text" },
        stringData: { PASSWORD: "hunter2hunter2" },
      };
      const rendering = renderingOf([...objects(), { ...text, component: "web" }], components);
      await deploy(rendering, await planDeploy(rendering, { client, who }), { client, who });
      expect((await status(client, rendering)).pending).toEqual([]);
    });

    it("calls unknown what may not be read, and never ready", async () => {
      const found = await status(without("deployments", "pods"));
      expect(found.components.find(({ name }) => name === "web")).toMatchObject({
        health: "unknown",
        message: "Deployment web may not be read",
      });
      expect(found.notes.join("\n")).toMatch(/may not read Deployment web/);
    });

    it("names who deploys now, and what became of a deploy that did not end", async () => {
      const lease = {
        ...at("coordination.k8s.io/v1", "Lease", ""),
        metadata: { name: "moorage-epidemiology-dev", namespace: "epi" },
      };
      const spec = {
        holderIdentity: "bob@ci 0badcafe",
        acquireTime: "2026-01-01T00:00:00.000000Z",
        renewTime: "2026-01-01T00:00:05.000000Z",
      };
      const { name: _name, namespace: _namespace, ...kind } = lease;
      await others.patch(at("coordination.k8s.io/v1", "Lease", kind.metadata.name), "merge", { spec });
      expect((await status()).lock).toEqual({
        who: "bob@ci",
        since: "2026-01-01T00:00:00.000000Z",
        renewed: "2026-01-01T00:00:05.000000Z",
        leaseSeconds: 15,
      });
      await others.patch(at("coordination.k8s.io/v1", "Lease", kind.metadata.name), "merge", {
        spec: { holderIdentity: "" },
      });
      const failing = renderingOf([web("r.org/web:2.0"), ...objects().slice(1)], components);
      const plan = await planDeploy(failing, { client, who: "bob@ci" });
      const broken = createKubeClient({
        ...cluster.deployer.transport,
        send: async (request) => {
          if (request.method === "PATCH" && request.path.endsWith("/deployments/web"))
            return await cluster.deployer.transport.send({ ...request, path: `${request.path}x` });
          return await cluster.deployer.transport.send(request);
        },
      });
      await expect(deploy(failing, plan, { client: broken, who: "bob@ci" })).rejects.toThrow(/webx/);
      const found = await status();
      expect(found).toMatchObject({
        revision: { number: 1 },
        unfinished: { status: "failed", who: "bob@ci" },
      });
      expect(found.lock).toBeUndefined();
    });

    it("of a first deploy that failed halfway calls nothing deleted that was never there", async () => {
      const other = { ...environment, environment: "first" };
      const rendering = {
        ...renderingOf([configMap("a-first", { a: "1" }, "a"), web()], components),
        ...other,
      };
      const named = rendering.objects.map(({ object, component }) => ({
        ...(component === undefined ? {} : { component }),
        object: {
          ...object,
          metadata: {
            ...object.metadata,
            name: `${object.metadata.name}-1`,
            labels: {
              "app.kubernetes.io/name": component ?? "",
              "app.kubernetes.io/instance": "epidemiology-first",
            },
          },
        },
      }));
      const first = { ...rendering, objects: named };
      await cluster.deployer.grant(first);
      const broken = cluster.through(({ method, path, query }) => {
        if (method === "PATCH" && path.endsWith("/deployments/web-1") && query?.["dryRun"] === undefined)
          throw new Error("the cable is out");
      });
      await expect(deploy(first, await planDeploy(first, { client }), { client: broken })).rejects.toThrow(
        "the cable is out",
      );
      const found = await statusOf(other, { client }, { rendering: first });
      expect(found).toMatchObject({
        deployed: true,
        health: "waiting",
        drift: [],
        unfinished: { status: "failed" },
      });
      expect(found.revision).toBeUndefined();
      expect(found.components.find(({ name }) => name === "web")).toMatchObject({
        health: "waiting",
        message: "Deployment web-1 is not there yet",
      });
      await others.delete(at("v1", "ConfigMap", "a-first-1"));
    });

    it("says that a deploy may still run, where the lock may not be read", async () => {
      const inventory = at("v1", "ConfigMap", "moorage-epidemiology-dev-inventory");
      const attempt = JSON.stringify({ status: "deploying", at: "2026-01-01T00:00:00Z", who: "bob@ci" });
      await others.patch(inventory, "merge", { data: { attempt } });
      const found = await status(without("leases"));
      expect(found.unfinished).toMatchObject({ status: "deploying", who: "bob@ci" });
      expect(found.notes).toEqual([expect.stringContaining("may not read Leases")]);
    });

    it("is a dozen requests, however many objects there are", async () => {
      const paths: string[] = [];
      const watched = cluster.through(({ path, method }) => void paths.push(`${method} ${path}`));
      await status(watched);
      expect(paths.filter((path) => !path.startsWith("GET"))).toEqual([]);
      expect(paths.length, paths.join("\n")).toBeLessThanOrEqual(13);
      expect(new Set(paths).size).toBe(paths.length);
    });

    it("of a deploy that is under way, its result and its events tell what changed, in which waves, and where it is reached", async () => {
      const after = [
        { key: "migrate", name: "migrate", kind: "job", after: [] },
        { key: "web", name: "web", kind: "service", after: ["migrate"] },
      ];
      const next = [
        job("a"),
        ...objects()
          .filter(({ kind }) => kind !== "ConfigMap")
          .map((object) => (object.kind === "Deployment" ? web("r.org/web:2.0") : object)),
      ];
      const rendering = renderingOf(next, after);
      await cluster.deployer.grant(rendering);
      const events: DeployEvent[] = [];
      const result = await deploy(rendering, await planDeploy(rendering, { client }), {
        client,
        onEvent: (event) => events.push(event),
      });
      expect(result.changes).toEqual([
        { object: "Job migrate-a", action: "create", component: "migrate" },
        { object: "Deployment web", action: "update", component: "web" },
        { object: "ConfigMap settings", action: "delete" },
      ]);
      expect(result.waves.map(({ components: names }) => names)).toEqual([["migrate"], ["web"]]);
      expect(result.urls).toEqual([{ component: "web", url: "https://web.example.org/" }]);
      const ofComponent = (name: string): string[] =>
        events.flatMap((event) =>
          "component" in event && event.component === name && event.type !== "component-waiting"
            ? [event.type]
            : [],
        );
      expect(ofComponent("migrate")).toEqual(["applied", "component-ready"]);
      expect(ofComponent("web")).toEqual(["component-pending", "applied", "component-ready"]);
      expect(events.find(({ type }) => type === "component-pending")).toEqual({
        type: "component-pending",
        component: "web",
        after: ["migrate"],
      });
      expect(events.at(-1)).toEqual({ type: "recorded", revision: 2 });
      // Each is a line of JSON, and comes back as it was.
      expect(JSON.parse(JSON.stringify(events))).toEqual(events);
      await cluster.deployer.destroy(environment);
    });

    it("of what was never deployed says so, and fails none of it", async () => {
      const found = await statusOf({ ...environment, environment: "staging" }, { client });
      expect(found).toMatchObject({ deployed: false, health: "unknown", components: [], drift: [] });
      await cluster.deployer.destroy(environment);
      const rendering = renderingOf([job("a"), ...objects()], components);
      const wanted = await statusOf(environment, { client: others }, { rendering });
      expect(wanted).toMatchObject({ deployed: false, health: "unknown", drift: [], findings: [] });
      expect(wanted.driftFrom).toBeUndefined();
      const absent = {
        deployed: false,
        health: "unknown",
        message: "not deployed yet",
        images: [],
        urls: [],
      };
      expect(wanted.components).toEqual([
        { name: "migrate", ...absent },
        { name: "nightly", kind: "schedule", ...absent },
        { name: "web", kind: "service", ...absent },
      ]);
      for (const object of ["Deployment web", "Job migrate-a"])
        expect(wanted.pending).toContain(`${object} is not deployed yet`);
      expect(found.revision).toBeUndefined();
    });
  });

  it.skipIf(server.missing !== undefined)("every right that was granted was needed", () => {
    expect(server.ledger.unused(waiting)).toEqual([]);
  });
});
