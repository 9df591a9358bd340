import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { KubeObject, MoorageError } from "../../src/contract/index.ts";
import {
  checkSavedPlan,
  deploy,
  destroy,
  formatPlan,
  listRevisions,
  parseSavedPlan,
  planDeploy,
  planDestroy,
  planRollback,
  savePlan,
  type DeployOptions,
} from "../../src/deploy/index.ts";
import type { PlanOptions } from "../../src/deploy/plan/planDeploy.ts";
import { createKubeClient, type KubeClient, type ObjectRef } from "../../src/kube/index.ts";
import { configMap, renderingOf, secret } from "../../src/deploy/testing/testCluster.ts";
import type { Rendering } from "../../src/platform/index.ts";
import { demandedRights } from "../../src/rehearse/rights/demandedRights.ts";
import { rightId } from "../../src/rehearse/rights/Right.ts";
import { withPlayedControllers } from "./playedControllers.ts";
import { waiting } from "./RightsLedger.ts";
import { servers, type OpenedServer } from "./servers.ts";

const environment = { platform: "epidemiology", environment: "dev", namespace: "epi" };
type Objects = Parameters<typeof renderingOf>[0];
type Components = Parameters<typeof renderingOf>[1];

const app = (
  name: string,
  image = "example.org/app:1",
  selector = name,
): KubeObject & { component: string } => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  component: name,
  metadata: { name },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: selector } },
    template: {
      metadata: { labels: { app: selector } },
      spec: {
        containers: [{ name: "main", image, envFrom: [{ configMapRef: { name: `${name}-settings` } }] }],
      },
    },
  },
});
const job = (name: string, component: string): KubeObject & { component: string } => ({
  apiVersion: "batch/v1",
  kind: "Job",
  component,
  metadata: { name },
  spec: {
    template: {
      spec: { restartPolicy: "Never", containers: [{ name: "main", image: "example.org/app:1" }] },
    },
  },
});
const claim: KubeObject = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: "data" },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
};
const definition: KubeObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "shapes.lifecycle.example.org" },
  spec: {
    group: "lifecycle.example.org",
    scope: "Namespaced",
    names: { kind: "Shape", plural: "shapes", singular: "shape", listKind: "ShapeList" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: { spec: { type: "object", properties: { edges: { type: "integer" } } } },
          },
        },
      },
    ],
  },
};
const shape: KubeObject = {
  apiVersion: "lifecycle.example.org/v1",
  kind: "Shape",
  metadata: { name: "square" },
  spec: { edges: 4 },
};
const component = (key: string, kind: string, ...after: string[]) => ({ key, name: key, kind, after });

describe.each(servers)("On $name", (server) => {
  let cluster: OpenedServer;
  /** The deployer's: `moorage rbac` and nothing else. */
  let client: KubeClient;
  /** Arranges, and looks. */
  let admin: KubeClient;
  beforeAll(async () => {
    if (server.missing === undefined) await server.start();
  }, 300_000);
  afterAll(() => server.stop());
  beforeEach(async () => {
    if (server.missing !== undefined) return;
    cluster = await server.open();
    admin = cluster.client;
    client = createKubeClient(withPlayedControllers(cluster.deployer.transport, admin));
  });
  afterEach(async () => await cluster?.close());

  const at = (kind: string, name: string, apiVersion = "v1") => ({
    apiVersion,
    kind,
    name,
    namespace: "epi",
  });
  async function granted(rendering: Rendering): Promise<Rendering> {
    await cluster.deployer.grant(rendering);
    return rendering;
  }
  async function deployed(
    objects: Objects,
    components: Components = [],
    options: DeployOptions & PlanOptions = {},
    through = client,
  ) {
    const rendering = await granted(renderingOf(objects, components));
    const plan = await planDeploy(rendering, { client: through }, options);
    return { plan, result: await deploy(rendering, plan, { client: through }, options) };
  }
  const dataOf = async (name: string): Promise<unknown> =>
    (await admin.find(at("ConfigMap", name)))?.["data"];

  describe.skipIf(server.missing !== undefined)("a deploy", () => {
    it("writes along the graph: a definition before its objects, settings before what reads them, a job before what comes after it", async () => {
      const order: string[] = [];
      const watched = createKubeClient({
        ...cluster.transport,
        send: async (request) => {
          const response = await withPlayedControllers(cluster.deployer.transport, admin).send(request);
          const isWrite = request.method === "PATCH" && request.query?.["dryRun"] === undefined;
          if (isWrite && !request.path.includes("/moorage-"))
            order.push(request.path.split("/").at(-1) ?? "");
          return response;
        },
      });
      const { plan } = await deployed(
        [
          app("api"),
          configMap("api-settings", { a: "1" }, "api"),
          shape,
          job("migrate-1", "migrate"),
          definition,
        ],
        [component("migrate", "job"), component("api", "service", "migrate")],
        {},
        watched,
      );
      expect(plan.objects.find(({ ref }) => ref.kind === "Shape")).toMatchObject({ predicted: true });
      const before = (first: string, second: string): void =>
        expect(order.indexOf(first), `${first} before ${second} in ${order.join(", ")}`).toBeLessThan(
          order.indexOf(second),
        );
      before("shapes.lifecycle.example.org", "square");
      before("api-settings", "api");
      before("migrate-1", "api");
      expect((await admin.get(at("Shape", "square", "lifecycle.example.org/v1")))["spec"]).toEqual({
        edges: 4,
      });
      await cluster.deployer.destroy(environment);
      await admin.delete({ ...definition, name: "shapes.lifecycle.example.org" });
    });

    it("plans a field that cannot be changed as a replace, by its name, and makes the object anew", async () => {
      await deployed([app("api"), configMap("api-settings", { a: "1" })]);
      const { uid } = (await admin.get(at("Deployment", "api", "apps/v1"))).metadata;
      const rendering = await granted(
        renderingOf([app("api", "example.org/app:1", "api2"), configMap("api-settings", { a: "1" })]),
      );
      const plan = await planDeploy(rendering, { client });
      expect(plan.objects.find(({ ref }) => ref.name === "api")).toMatchObject({
        action: "replace",
        immutable: ["spec.selector"],
      });
      expect(formatPlan(plan)[0]).toContain("± Deployment api (immutable: spec.selector");
      await deploy(rendering, plan, { client });
      expect((await admin.get(at("Deployment", "api", "apps/v1"))).metadata.uid).not.toBe(uid);
    });

    it("deletes only the very object that was planned: one that was made anew meanwhile stays", async () => {
      await deployed([configMap("settings", { a: "1" }), configMap("old", { a: "1" })]);
      const rendering = await granted(renderingOf([configMap("settings", { a: "2" })]));
      const plan = await planDeploy(rendering, { client });
      let remade = false;
      const racing = createKubeClient({
        ...cluster.transport,
        send: async (request) => {
          if (request.method === "DELETE" && request.path.endsWith("/old") && !remade) {
            remade = true;
            await admin.delete(at("ConfigMap", "old"));
            await admin.create({
              ...configMap("old", { theirs: "1" }),
              metadata: { name: "old", namespace: "epi" },
            });
          }
          return await cluster.deployer.transport.send(request);
        },
      });
      await deploy(rendering, plan, { client: racing });
      expect(remade).toBe(true);
      expect(await dataOf("old")).toEqual({ theirs: "1" });
    });

    it("keeps claims until they are named", async () => {
      await deployed([configMap("settings", { a: "1" }), claim]);
      const kept = await deployed([configMap("settings", { a: "2" })]);
      expect(kept.plan.kept.map(({ ref }) => ref.name)).toEqual(["data"]);
      const named = await deployed([configMap("settings", { a: "3" })], [], {
        pruneNamed: new Set(["data"]),
      });
      expect(named.plan.summary.delete).toBe(1);
    });

    it("touches one component only when told to, and deletes nothing of others", async () => {
      const objects = (mode: string) => [
        configMap("api-settings", { mode }, "api"),
        configMap("web-settings", { mode }, "web"),
      ];
      const components = [component("api", "service"), component("web", "service")];
      await deployed([...objects("one"), configMap("web-old", { a: "1" }, "web")], components);
      const { plan } = await deployed(objects("two"), components, { only: "api" });
      expect(plan.summary).toMatchObject({ update: 1, delete: 0 });
      expect([await dataOf("api-settings"), await dataOf("web-settings"), await dataOf("web-old")]).toEqual([
        { mode: "two" },
        { mode: "one" },
        { a: "1" },
      ]);
      // The rest is done by the next whole one.
      expect((await deployed(objects("two"), components)).plan.summary).toMatchObject({
        update: 1,
        delete: 1,
      });
    });
  });

  describe.skipIf(server.missing !== undefined)("revisions", () => {
    it("of any number that is kept can be gone back to, with what was removed and added since", async () => {
      await deployed([configMap("settings", { mode: "one" }), configMap("first", { a: "1" })]);
      await deployed([configMap("settings", { mode: "two" }), configMap("second", { a: "1" })]);
      await deployed([configMap("settings", { mode: "three" })]);
      for (const [number, others] of [
        [1, ["first"]],
        [2, ["second"]],
        [3, []],
      ] as const) {
        const back = await planRollback(environment, number, { client });
        await deploy(back.rendering, back.plan, { client }, { why: `rollback to ${number}` });
        expect(await dataOf("settings")).toEqual({ mode: ["", "one", "two", "three"][number] });
        for (const name of ["first", "second"])
          expect(await dataOf(name), `${name} in ${number}`).toEqual(
            (others as readonly string[]).includes(name) ? { a: "1" } : undefined,
          );
      }
      const [newest] = await listRevisions(environment, { client });
      expect(newest).toMatchObject({ number: 6, why: "rollback to 3" });
    });

    it("of five megabytes are recorded in parts, and gone back to", async () => {
      // Text that does not compress well.
      const noise = (seed: number): string => {
        let state = seed;
        let text = "";
        while (text.length < 500_000) {
          state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
          text += state.toString(36);
        }
        return text;
      };
      const big = (mode: string) => [
        ...Array.from({ length: 10 }, (_, index) => configMap(`big-${index}`, { text: noise(index + 1) })),
        configMap("settings", { mode }),
      ];
      await deployed(big("one"));
      await deployed(big("two"));
      const back = await planRollback(environment, 1, { client });
      expect(back.plan.summary).toMatchObject({ update: 1, none: 10 });
      await deploy(back.rendering, back.plan, { client });
      expect(await dataOf("settings")).toEqual({ mode: "one" });
    });

    it("of which a part was deleted are refused by name, and nothing is changed", async () => {
      await deployed([configMap("settings", { mode: "one" })]);
      await deployed([configMap("settings", { mode: "two" })]);
      const { items } = await admin.list(
        { apiVersion: "v1", kind: "Secret" },
        { namespace: "epi", labelSelector: "moorage.dev/state=chunk" },
      );
      for (const { metadata } of items) await admin.delete(at("Secret", metadata.name ?? ""));
      await expect(planRollback(environment, 1, { client })).rejects.toMatchObject({
        code: "RevisionNotFound",
        hint: expect.stringMatching(/^Choose another one from `moorage history`/) as string,
      });
      expect(await dataOf("settings")).toEqual({ mode: "two" });
    });
  });

  describe.skipIf(server.missing !== undefined)("a saved plan", () => {
    const saved = async (objects: Objects, of = environment.environment): Promise<string> => {
      const rendering = await granted({ ...renderingOf(objects), environment: of });
      return JSON.stringify(savePlan(await planDeploy(rendering, { client })));
    };

    it.each([
      ["of another environment", (text: string) => text, "prod", /is for environment prod, not dev/],
      [
        "of another version",
        (text: string) => text.replace("moorage-plan/1", "moorage-plan/9"),
        "dev",
        /no plan of this version/,
      ],
      ["that is cut off", (text: string) => text.slice(0, -20), "dev", /no plan of this version/],
    ])("%s is refused before anything is written", async (_what, change, of, message) => {
      const objects = [configMap("settings", { mode: "one" })];
      const text = change(await saved(objects, of));
      const plan = await planDeploy(await granted(renderingOf(objects)), { client });
      expect(() => checkSavedPlan(parseSavedPlan(text, "approved.json"), plan)).toThrow(message);
    });

    it("is carried out as approved, and refused when an object moved, by its name", async () => {
      await deployed([configMap("settings", { mode: "one" }), configMap("old", { a: "1" })]);
      const next = [configMap("settings", { mode: "two" })];
      const approved = parseSavedPlan(await saved(next), "approved.json");
      await admin.patch(at("ConfigMap", "old"), "merge", {
        metadata: { annotations: { "moorage.dev/owner": "somebody.else" } },
      });
      const moved = await planDeploy(renderingOf(next), { client });
      expect(() => checkSavedPlan(approved, moved)).toThrow(/ConfigMap old is not part of it any more/);
      await admin.patch(at("ConfigMap", "old"), "merge", {
        metadata: { annotations: { "moorage.dev/owner": "epidemiology.dev" } },
      });
      const plan = await planDeploy(renderingOf(next), { client });
      checkSavedPlan(approved, plan);
      await deploy(renderingOf(next), plan, { client });
      expect([await dataOf("settings"), await dataOf("old")]).toEqual([{ mode: "two" }, undefined]);
    });
  });

  it.skipIf(server.missing !== undefined)(
    "what a saved plan deletes or makes anew is refused when somebody changed it since, with what and by whom; what controllers write is no change",
    async () => {
      const labels = { app: "old" };
      const workload = (name: string, selects: string): KubeObject => ({
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name },
        spec: {
          selector: { matchLabels: { app: selects } },
          template: {
            metadata: { labels: { app: selects } },
            spec: { containers: [{ name: "main", image: "a" }] },
          },
        },
      });
      await deployed([
        configMap("old", { a: "1" }),
        secret("gone", { PASSWORD: "one" }),
        workload("dropped", "dropped"),
        workload("renamed", "old"),
      ]);
      const next = await granted(renderingOf([workload("renamed", "new")]));
      const text = JSON.stringify(savePlan(await planDeploy(next, { client })));
      expect(text).not.toContain(Buffer.from("one").toString("base64"));
      const check = async (): Promise<void> =>
        checkSavedPlan(parseSavedPlan(text, "approved.json"), await planDeploy(next, { client }));
      const by = { fieldManager: "ada" };
      const restored = async (
        ref: ObjectRef,
        change: object,
        back: object,
        message: RegExp,
      ): Promise<void> => {
        await admin.patch(ref, "merge", change, by);
        await expect(check(), message.source).rejects.toThrow(message);
        await admin.patch(ref, "merge", back, by);
      };
      const deployment = (name: string): ObjectRef => at("Deployment", name, "apps/v1");
      await restored(
        at("ConfigMap", "old"),
        { data: { a: "2", b: "3" } },
        { data: { a: "1", b: null } },
        /ConfigMap old was changed since, and would be deleted: data\.a \(ada\), data\.b \(ada\)/,
      );
      await restored(
        deployment("renamed"),
        { spec: { replicas: 3 } },
        { spec: { replicas: 1 } },
        /Deployment renamed was changed since, and would be made anew: spec\.replicas \(ada\)/,
      );
      await restored(
        deployment("dropped"),
        { metadata: { labels } },
        { metadata: { labels: { app: null } } },
        /Deployment dropped was changed since, and would be deleted: metadata\.labels\.app \(ada\)/,
      );
      await admin.patch(deployment("dropped"), "merge", {
        metadata: { annotations: { "deployment.kubernetes.io/revision": "7" } },
      });
      await check();
      await admin.patch(
        at("Secret", "gone"),
        "merge",
        { data: { PASSWORD: Buffer.from("two").toString("base64") } },
        by,
      );
      await expect(check()).rejects.toThrow(
        /Secret gone was changed since, and would be deleted: data\.PASSWORD \(ada\)/,
      );
    },
  );

  it.skipIf(server.missing !== undefined)(
    "roles and bindings, those of the whole cluster too, are deployed with what is printed for them",
    async () => {
      const rbac = "rbac.authorization.k8s.io/v1";
      const granting = (kind: string, name: string, more: object): KubeObject => ({
        apiVersion: rbac,
        kind,
        metadata: { name },
        ...more,
      });
      const to = (kind: string, name: string) => ({
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind, name },
        subjects: [{ kind: "ServiceAccount", name: "runner", namespace: "epi" }],
      });
      const rules = (resource: string) => ({
        rules: [{ apiGroups: [""], resources: [resource], verbs: ["get", "list"] }],
      });
      const rendering = await granted(
        renderingOf([
          { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "runner" } },
          granting("Role", "runner", rules("endpoints")),
          granting("RoleBinding", "runner", to("Role", "runner")),
          granting("RoleBinding", "runner-views", to("ClusterRole", "system:aggregate-to-view")),
          granting("ClusterRole", "epi-nodes", rules("nodes")),
          granting("ClusterRoleBinding", "epi-nodes", to("ClusterRole", "epi-nodes")),
          granting("ClusterRoleBinding", "epi-edits", to("ClusterRole", "system:aggregate-to-edit")),
        ]),
      );
      const once = async (): Promise<void> => {
        await deploy(rendering, await planDeploy(rendering, { client }), { client });
      };
      const demanded = demandedRights(rendering);
      expect(demanded.map(rightId)).toEqual([
        "get endpoints",
        "list endpoints",
        "bind rbac.authorization.k8s.io/roles runner",
        "bind rbac.authorization.k8s.io/clusterroles system:aggregate-to-view",
        "get nodes (cluster)",
        "list nodes (cluster)",
        "bind rbac.authorization.k8s.io/clusterroles epi-nodes (cluster)",
        "bind rbac.authorization.k8s.io/clusterroles system:aggregate-to-edit (cluster)",
      ]);
      const missing: Record<string, RegExp> = {
        get: /attempting to grant RBAC permissions not currently held/,
        list: /attempting to grant RBAC permissions not currently held/,
        // A role that the platform brings is not there yet when its binding is tried out.
        bind: /attempting to grant RBAC permissions not currently held|Binding \S+ .* not found/,
      };
      for (const right of demanded) {
        const without = cluster.deployer.without(right, once);
        await expect(without, rightId(right)).rejects.toThrow(missing[right.verb]);
        // What was deployed halfway would not be written again; what was refused as a plan has written nothing.
        await cluster.deployer.destroy(environment).catch((error: MoorageError) => {
          if (error.code !== "RevisionNotFound") throw error;
        });
      }
      await once();
      expect((await planDeploy(rendering, { client })).nothingToDo).toBe(true);
      await cluster.deployer.destroy(environment);
    },
  );

  it.skipIf(server.missing !== undefined)(
    "destroying takes what was deployed and the record of it, and nothing of others",
    async () => {
      await admin.create({
        ...configMap("by-hand", { a: "1" }),
        metadata: { name: "by-hand", namespace: "epi" },
      });
      await deployed([app("api"), configMap("api-settings", { a: "1" }), job("once", "once")]);
      await destroy(await planDestroy(environment, { client }), { client });
      const left = await Promise.all(
        [
          { apiVersion: "v1", kind: "ConfigMap" },
          { apiVersion: "v1", kind: "Secret" },
          { apiVersion: "apps/v1", kind: "Deployment" },
          { apiVersion: "coordination.k8s.io/v1", kind: "Lease" },
        ].map(async (kind) => (await admin.list(kind, { namespace: "epi" })).items),
      );
      const names = left.flat().map(({ metadata }) => metadata.name);
      expect(names.filter((name) => name !== "kube-root-ca.crt")).toEqual(["by-hand"]);
    },
  );

  it.skipIf(server.missing !== undefined)("every right that was granted was needed", () => {
    expect(server.ledger.unused(new RegExp(`${waiting.source}|^get persistentvolumeclaims$`))).toEqual([]);
  });
});
