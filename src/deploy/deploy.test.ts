import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { MoorageError, type KubeObject } from "../contract/index.ts";
import {
  checkSavedPlan,
  deletionsOf,
  deploy,
  formatPlan,
  listRevisions,
  planDeploy as planAs,
  planRollback,
  readRevision,
  savePlan,
  statusOf,
} from "./index.ts";
import { servers, type OpenedServer } from "../../test/deploy/servers.ts";
import type { KubeClient } from "../kube/index.ts";
import { KubeError } from "../kube/index.ts";
import { configMap, renderingOf, secret } from "./testing/testCluster.ts";

describe.each(servers)("On $name", (server) => {
  beforeAll(async () => {
    if (server.missing === undefined) await server.start();
  }, 300_000);
  afterAll(() => server.stop());

  let cluster: OpenedServer;
  /** Arranges, and looks. */
  let admin: KubeClient;
  /** The deployer's: it has what `moorage rbac` prints, and nothing else. */
  let client: KubeClient;
  async function open(): Promise<void> {
    cluster = await server.open();
    admin = cluster.client;
    ({ client } = cluster.deployer);
  }
  /** As soon as a platform is planned, its administrator has granted what it needs. */
  const planDeploy: typeof planAs = async (rendering, ...more) => {
    await cluster.deployer.grant(rendering);
    return await planAs(rendering, ...more);
  };
  beforeEach(async () => {
    if (server.missing === undefined) await open();
  });
  afterEach(async () => {
    await cluster?.close();
  });

  const who = "ada@laptop";
  const environment = { platform: "epidemiology", environment: "dev", namespace: "epi" };

  async function deployed(objects: Parameters<typeof renderingOf>[0], through = client) {
    const rendering = renderingOf(objects);
    const plan = await planDeploy(rendering, { client: through, who });
    return { plan, result: await deploy(rendering, plan, { client: through, who }) };
  }

  const ref = (kind: string, name: string) => ({ apiVersion: "v1", kind, name, namespace: "epi" });
  const caught = async (work: Promise<unknown>): Promise<MoorageError> => {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (error instanceof MoorageError) return error;
    throw new Error(`expected a MoorageError, got ${String(error)}`, { cause: error });
  };

  /** What a deploy leaves, without Moorage's own state and without what differs from run to run. */
  async function endState(): Promise<unknown> {
    const kinds = ["ConfigMap", "Secret"];
    const lists = await Promise.all(
      kinds.map((kind) => admin.list({ apiVersion: "v1", kind }, { namespace: "epi" })),
    );
    return lists
      .flatMap((list) => list.items)
      .filter((item) => item.metadata.labels?.["moorage.dev/state"] === undefined)
      .map((item) => ({ kind: item.kind, name: item.metadata.name, data: item["data"] }));
  }

  describe.skipIf(server.missing !== undefined)("a deploy", () => {
    it("creates what is missing, and does nothing the second time", async () => {
      const objects = [configMap("settings", { mode: "fast" }), secret("db", { password: "hunter2hunter2" })];
      const first = await deployed(objects);
      expect(first.plan.summary).toMatchObject({ create: 2, none: 0 });
      expect(first.result).toMatchObject({ status: "deployed", revision: 1 });

      const requests: string[] = [];
      const watched = cluster.through((request) => requests.push(request.method));
      const second = await deployed(objects, watched);
      expect(second.plan.nothingToDo).toBe(true);
      expect(second.result.status).toBe("unchanged");
      expect(requests.filter((method) => method !== "GET")).toEqual([]);
    });

    it("shows what changes field by field, and of secrets the keys only", async () => {
      await deployed([
        configMap("settings", { mode: "fast" }),
        secret("db", { password: "hunter2hunter2", user: "app" }),
      ]);
      const next = renderingOf([
        configMap("settings", { mode: "slow" }),
        secret("db", { password: "correct-horse", user: "app" }),
      ]);
      const plan = await planDeploy(next, { client });
      expect(formatPlan(plan)).toEqual([
        "~ ConfigMap settings",
        "    data.mode: fast -> slow",
        "~ Secret db",
        "    data.password: changed (value hidden)",
        "2 to update.",
      ]);
      expect(JSON.stringify(savePlan(plan))).not.toMatch(/correct-horse|Y29ycmVjdC1ob3JzZQ|hunter2/);
    });

    it("deletes what is not wanted any more, and nothing that it did not make", async () => {
      await admin.create({
        ...configMap("by-hand", { a: "1" }),
        metadata: { name: "by-hand", namespace: "epi" },
      });
      await deployed([configMap("settings", { a: "1" }), configMap("old", { b: "2" })]);
      const { plan } = await deployed([configMap("settings", { a: "1" })]);
      expect(
        plan.objects.filter((planned) => planned.action === "delete").map(({ ref: gone }) => gone.name),
      ).toEqual(["old"]);
      expect(await admin.find(ref("ConfigMap", "old"))).toBeUndefined();
      expect(await admin.find(ref("ConfigMap", "by-hand"))).toBeDefined();
    });

    it("keeps claims that are not in the file any more, and says so", async () => {
      const claim: KubeObject = {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: { name: "data" },
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
      };
      await deployed([configMap("settings", { a: "1" }), claim]);
      const { plan } = await deployed([configMap("settings", { a: "2" })]);
      expect(plan.kept.map(({ ref: kept }) => kept.name)).toEqual(["data"]);
      expect(await admin.find(ref("PersistentVolumeClaim", "data"))).toBeDefined();
    });

    it("never prunes what another environment of the namespace made", async () => {
      await deployed([configMap("settings", { a: "1" })]);
      const other = { ...renderingOf([configMap("settings-prod", { a: "1" })]), environment: "prod" };
      const plan = await planDeploy(other, { client });
      expect(plan.summary).toMatchObject({ create: 1, delete: 0 });
      await deploy(other, plan, { client });
      expect(await admin.find(ref("ConfigMap", "settings"))).toBeDefined();
    });

    it("refuses objects of others, names their owner, and takes them over when told to", async () => {
      const live: KubeObject = {
        ...configMap("settings", { mode: "old", extra: "1" }),
        metadata: { name: "settings", namespace: "epi" },
      };
      await admin.apply(live, { fieldManager: "helm" });
      const rendering = renderingOf([configMap("settings", { mode: "new" })]);
      const refused = await planDeploy(rendering, { client });
      expect(refused.problems.map(({ message }) => message)).toContain("exists already and belongs to helm");
      expect((await caught(deploy(rendering, refused, { client }))).code).toBe("Conflict");

      const plan = await planDeploy(rendering, { client }, { adopt: true });
      expect(plan.problems).toEqual([]);
      expect(plan.objects[0]).toMatchObject({ action: "update", adopts: "helm" });
    });

    it("shows of what is made anew both sides of what differs, and nothing that the server sets by itself", async () => {
      const program = (app: string, spec: object, pod: object): KubeObject & { component: string } => ({
        apiVersion: "apps/v1",
        kind: "Deployment",
        component: "web",
        metadata: { name: "web" },
        spec: {
          ...spec,
          selector: { matchLabels: { app } },
          template: {
            metadata: { labels: { app } },
            spec: { ...pod, containers: [{ name: "main", image: `example.org/${app}:1` }] },
          },
        },
      });
      const wanted = (app: string): KubeObject[] => [
        program(app, { replicas: 2 }, { terminationGracePeriodSeconds: 60 }),
      ];
      const renderedLabels = renderingOf(wanted("old")).objects[0]?.object.metadata.labels ?? {};
      const { component: _component, ...old } = program("old", { minReadySeconds: 5, paused: true }, {});
      await admin.create(
        { ...old, metadata: { name: "web", namespace: "epi", labels: renderedLabels } },
        { fieldManager: "kubectl-create" },
      );
      const shown = async (objects: KubeObject[], adopt: boolean): Promise<string[]> =>
        formatPlan(await planDeploy(renderingOf(objects), { client }, { adopt }));
      const changes = [
        '    metadata.annotations: + {"moorage.dev/owner":"epidemiology.dev"}',
        "    spec.replicas: 1 -> 2",
        "    spec.selector.matchLabels.app: old -> new",
        "    spec.template.metadata.labels.app: old -> new",
        "    spec.template.spec.containers[main].image: example.org/old:1 -> example.org/new:1",
        "    spec.template.spec.terminationGracePeriodSeconds: 30 -> 60",
        "    spec.minReadySeconds: - 5",
        "    spec.paused: - true",
      ];
      const adopted = await shown(wanted("new"), true);
      expect(adopted[0]).toMatch(
        /^± Deployment web \(immutable: spec\.selector.*; adopted from kubectl-create/,
      );
      expect(adopted.slice(1, -1).toSorted()).toEqual(changes.toSorted());
      expect((await shown(wanted("old"), true)).slice(0, -1).toSorted()).toEqual(
        [
          "~ Deployment web (adopted from kubectl-create)",
          ...changes.filter((line) => !line.includes("old")),
        ].toSorted(),
      );

      await admin.delete({ apiVersion: "apps/v1", kind: "Deployment", name: "web", namespace: "epi" });
      await deployed([program("old", { minReadySeconds: 5 }, {})]);
      const replaced = await shown(wanted("new"), false);
      expect(replaced[0]).toMatch(/^± Deployment web \(immutable: spec\.selector/);
      expect(replaced.slice(1, -1).toSorted()).toEqual(
        changes.filter((line) => !/metadata\.annotations: |paused/.test(line)).toSorted(),
      );
    });

    it("shows who changed a field, and overwrites it only when told to", async () => {
      const objects = [configMap("settings", { mode: "fast" })];
      await deployed(objects);
      const changed: KubeObject = {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "settings", namespace: "epi" },
        data: { mode: "slow" },
      };
      await admin.apply(changed, { fieldManager: "somebody", force: true });
      const plan = await planDeploy(renderingOf(objects), { client });
      expect(plan.objects[0]?.drift).toEqual([{ field: "data.mode", manager: "somebody" }]);
      expect(plan.problems).toHaveLength(1);
      const forced = await planDeploy(renderingOf(objects), { client }, { forceConflicts: true });
      await deploy(renderingOf(objects), forced, { client }, { forceConflicts: true });
      expect((await admin.get(ref("ConfigMap", "settings")))["data"]).toEqual({ mode: "fast" });
    });

    it("stops when something moved since the plan, and says what", async () => {
      const rendering = renderingOf([configMap("settings", { mode: "fast" })]);
      const plan = await planDeploy(rendering, { client });
      await deployed([configMap("settings", { mode: "other" })]);
      const error = await caught(deploy(rendering, plan, { client }));
      expect(error.code).toBe("PlanStale");
      expect(error.message).toContain("ConfigMap settings was created");
    });

    it("goes on when an autoscaler moved since the plan, and names who changed what else", async () => {
      const program = (image: string): KubeObject => ({
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "web" },
        spec: {
          selector: { matchLabels: { app: "web" } },
          template: {
            metadata: { labels: { app: "web" } },
            spec: { containers: [{ name: "main", image }] },
          },
        },
      });
      const scaled = async (fieldManager: string, replicas: number): Promise<void> =>
        void (await admin.patch(
          { apiVersion: "apps/v1", kind: "Deployment", name: "web", namespace: "epi" },
          "merge",
          { spec: { replicas } },
          { fieldManager },
        ));
      const first = renderingOf([program("example.org/web:1")]);
      await deploy(first, await planDeploy(first, { client }), { client }, { wait: false });
      const next = renderingOf([program("example.org/web:2")]);
      const plan = await planDeploy(next, { client });
      await scaled("kube-controller-manager", 3);
      const result = await deploy(next, plan, { client }, { wait: false });
      expect(result).toMatchObject({ status: "deployed", revision: 2 });

      const last = renderingOf([program("example.org/web:3")]);
      const stale = await planDeploy(last, { client });
      await scaled("ada", 5);
      const error = await caught(deploy(last, stale, { client }, { wait: false }));
      expect(error.code).toBe("PlanStale");
      expect(error.message).toContain("Deployment web was changed: spec.replicas (ada)");
    });

    it("applies a saved plan only while it holds", async () => {
      await deployed([configMap("settings", { mode: "fast" })]);
      const next = renderingOf([configMap("settings", { mode: "slow" })]);
      const saved: unknown = JSON.parse(JSON.stringify(savePlan(await planDeploy(next, { client }))));
      checkSavedPlan(saved, await planDeploy(next, { client }));
      const other = await planDeploy(renderingOf([configMap("settings", { mode: "slower" })]), {
        client,
      });
      expect(() => checkSavedPlan(saved, other)).toThrow(
        /ConfigMap settings: the platform file wants something else/,
      );
    });

    // The file that goes round for approval held it.
    it("saves no secret that stands where none belongs, and the plan holds all the same", async () => {
      const redact = (text: string): string => text.replaceAll("hunter2hunter2", "[redacted]");
      await deployed([configMap("settings", { mode: "fast" })]);
      const next = renderingOf([
        configMap("settings", { mode: "hunter2hunter2" }),
        configMap("more", { mode: "a hunter2hunter2 b" }),
      ]);
      const text = JSON.stringify(savePlan(await planDeploy(next, { client }), { redact }));
      expect(text).not.toContain("hunter2");
      expect(text).toContain("a [redacted] b");
      checkSavedPlan(JSON.parse(text), await planDeploy(next, { client }), { redact });
    });

    it("says who holds the lock while they renew it, and takes it over when they do not", async () => {
      const lease = {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name: "moorage-epidemiology-dev", namespace: "epi" },
        spec: { holderIdentity: "bob@server 0badcafe", leaseDurationSeconds: 15 },
      };
      await admin.create(lease);
      let now = 0;
      let renews = true;
      const clock = {
        now: () => now,
        sleep: async (milliseconds: number, signal?: AbortSignal) => {
          await new Promise((resolve) => setImmediate(resolve));
          signal?.throwIfAborted();
          now += milliseconds;
          if (!renews) return;
          await admin.patch({ ...ref("Lease", lease.metadata.name), apiVersion: lease.apiVersion }, "merge", {
            spec: { leaseTransitions: now },
          });
        },
      };
      const rendering = renderingOf([configMap("settings", { mode: "fast" })]);
      const plan = await planDeploy(rendering, { client, clock });
      const error = await caught(deploy(rendering, plan, { client, clock }));
      expect(error.code).toBe("LockHeld");
      expect(error.message).toContain("bob@server is deploying dev");

      renews = false;
      const events: string[] = [];
      const taken = deploy(rendering, plan, {
        client,
        clock,
        onEvent: (event) => events.push(event.type),
      });
      expect((await taken).status).toBe("deployed");
      expect(events).toContain("lock-taken-over");
    });
  });

  describe.skipIf(server.missing !== undefined)("an object that may not be read", () => {
    const service: KubeObject = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web", namespace: "epi" },
      spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
    };
    /** An account without these verbs for Services. */
    const without = (...methods: string[]): KubeClient =>
      cluster.through(({ method, path }) => {
        if (!methods.includes(method) || !path.includes("/services")) return;
        const refusal = { apiVersion: "v1", kind: "Status", metadata: {}, status: "Failure", code: 403 };
        throw new KubeError(
          { ...refusal, reason: "Forbidden" } as ConstructorParameters<typeof KubeError>[0],
          403,
          { method, path },
        );
      });
    const rendering = renderingOf([service]);

    // It was found only while writing, when others had been written.
    it("is tried out all the same: that it may not be written either is told before anything is", async () => {
      await cluster.deployer.grant(rendering);
      const plan = await planDeploy(rendering, { client: without("GET", "PATCH") }, { forDeploy: true });
      expect(plan.problems).toMatchObject([{ object: "Service web", cause: "forbidden" }]);
      const looked = await planDeploy(rendering, { client: without("GET", "PATCH") });
      expect(looked.problems).toEqual([]);
      expect(looked.notes.join("\n")).toContain("may not change Service web");
    });

    it("is written where that is allowed, and told before it is where the server refuses it", async () => {
      const blind = without("GET");
      const plan = await planDeploy(rendering, { client: blind }, { forDeploy: true });
      expect(plan.problems).toEqual([]);
      expect(formatPlan(plan)).toContain("~ Service web (its present state may not be read; predicted)");
      expect((await deploy(rendering, plan, { client: blind, who })).status).toBe("deployed");
      const bad = renderingOf([{ ...service, spec: { ...(service["spec"] as object), type: "Nothing" } }]);
      expect((await planDeploy(bad, { client: blind })).problems).toMatchObject([{ cause: "refused" }]);
    });
  });

  describe.skipIf(server.missing !== undefined)("revisions", () => {
    it("go back to what was, with the secrets of today", async () => {
      await deployed([configMap("settings", { mode: "one" }), secret("db", { password: "first-password" })]);
      await deployed([configMap("settings", { mode: "two" }), secret("db", { password: "second-password" })]);
      expect(
        (await listRevisions(environment, { client })).map(({ number, who: by }) => [number, by]),
      ).toEqual([
        [2, who],
        [1, who],
      ]);
      const recorded = await readRevision(environment, 1, { client });
      expect(JSON.stringify(recorded)).not.toContain(Buffer.from("first-password").toString("base64"));

      const { rendering, plan, warnings, to } = await planRollback(environment, undefined, {
        client,
      });
      expect(to).toBe(1);
      expect(warnings).toEqual(["Secret db has changed since: the values of today are used."]);
      await deploy(rendering, plan, { client });
      expect((await admin.get(ref("ConfigMap", "settings")))["data"]).toEqual({ mode: "one" });
      const password = ((await admin.get(ref("Secret", "db")))["data"] as Record<string, string>)["password"];
      expect(Buffer.from(password ?? "", "base64").toString()).toBe("second-password");
    });

    // Two back from a failed deploy undid what was well, too; and from the first revision there was "no earlier one".
    it("go back to the last one when a deploy did not come to its end since", async () => {
      const well = [configMap("settings", { mode: "well" })];
      await deployed([configMap("settings", { mode: "older" })]);
      await deployed(well);
      const bad = renderingOf([configMap("settings", { mode: "bad" }), configMap("more", { a: "b" })]);
      const plan = await planDeploy(bad, { client });
      const refusing = cluster.through(({ method, path }) => {
        if (method === "PATCH" && path.includes("/configmaps/more"))
          throw new MoorageError("ApiRefused", "not today");
      });
      expect(await caught(deploy(bad, plan, { client: refusing }))).toMatchObject({ code: "ApiRefused" });

      const back = await planRollback(environment, undefined, { client });
      expect(back.to).toBe(2);
      await deploy(back.rendering, back.plan, { client });
      expect((await admin.get(ref("ConfigMap", "settings")))["data"]).toEqual({ mode: "well" });
      expect((await planRollback(environment, undefined, { client })).to).toBe(2);
    });

    it("call what goes with a rollback what is not in that revision: in the platform file it may well be", async () => {
      await deployed([configMap("settings", { mode: "one" })]);
      await deployed([configMap("settings", { mode: "one" }), configMap("more", { a: "b" })]);
      const back = await planRollback(environment, 1, { client });
      expect(deletionsOf(back.plan).map(({ ref: { name }, reason }) => [name, reason])).toEqual([
        ["more", "is not in revision 1"],
      ]);
    });

    it("tell which ones there are when one is asked for that is not", async () => {
      await deployed([configMap("settings", { mode: "one" })]);
      const error = await caught(planRollback(environment, 7, { client }));
      expect(error).toMatchObject({ code: "RevisionNotFound", hint: "These are kept: 1." });
    });

    it("are the last ten", async () => {
      for (let index = 1; index <= 12; index++)
        await deployed([configMap("settings", { mode: String(index) })]);
      const numbers = (await listRevisions(environment, { client })).map(({ number }) => number);
      expect(numbers).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
    });
  });

  describe.skipIf(server.missing !== undefined)("a deploy that is killed", () => {
    it(
      "ends in the same state when it is run again, whichever request was its last",
      { timeout: 120_000 },
      async () => {
        const before = [configMap("settings", { mode: "one" }), configMap("old", { a: "1" })];
        const after = [
          configMap("settings", { mode: "two" }),
          configMap("new", { b: "2" }),
          secret("db", { password: "hunter2hunter2" }),
        ];
        await deployed(before);
        await deployed(after);
        const wanted = await endState();

        for (let last = 1, killed = true; killed; last++) {
          await cluster.close();
          await open();
          await deployed(before);
          let count = 0;
          killed = false;
          const die = (): void => {
            if (killed) throw new MoorageError("ApiUnreachable", "killed");
          };
          const dying = cluster.through(die, () => {
            die();
            if (++count === last) {
              killed = true;
              die();
            }
          });
          // After its last request nothing reaches the server any more, not even the release of the lock.
          await deployed(after, dying).catch(() => {});
          const clock = hasty();
          const rendering = renderingOf(after);
          const plan = await planDeploy(rendering, { client, clock });
          await deploy(rendering, plan, { client, clock, who });
          expect(await endState()).toEqual(wanted);
          const again = await planDeploy(rendering, { client });
          expect(again.nothingToDo).toBe(true);
        }
      },
    );
  });

  /** Time that passes as fast as somebody waits for it. */
  function hasty() {
    let now = 0;
    return {
      now: () => now,
      sleep: async (milliseconds: number, signal?: AbortSignal) => {
        await new Promise((resolve) => setImmediate(resolve));
        signal?.throwIfAborted();
        now += milliseconds;
      },
    };
  }

  describe.skipIf(server.missing !== undefined)("a status", () => {
    it("tells the last revision, and what differs from the platform file", async () => {
      await deployed([configMap("settings", { mode: "one" })]);
      const rendering = renderingOf([configMap("settings", { mode: "two" }), configMap("more", {})]);
      const status = await statusOf(environment, { client }, { rendering });
      expect(status).toMatchObject({ deployed: true, revision: { number: 1, who }, notes: [] });
      expect(status.pending).toEqual(["ConfigMap settings", "ConfigMap more is not deployed yet"]);
    });
  });
});
