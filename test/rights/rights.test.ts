import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MoorageError } from "../../src/contract/index.ts";
import {
  checkSavedPlan,
  deploy,
  destroy,
  listRevisions,
  loadEnvironment,
  parseSavedPlan,
  planDeploy,
  planDestroy,
  planRollback,
  prepareDeploy,
  restart,
  savePlan,
  statusOf,
  type DeployContext,
  type DeploySource,
} from "../../src/deploy/index.ts";
import type { PlanOptions } from "../../src/deploy/plan/planDeploy.ts";
import { createKubeClient, retrying, type KubeClient } from "../../src/kube/index.ts";
import { rightId, rightsOf, roleObjects, type PlatformRights, type Right } from "../../src/rehearse/index.ts";
import { clusterMissing } from "../cluster/startCluster.ts";
import { RealTrials } from "../faults/RealTrials.ts";

const missing = clusterMissing({ own: "flags and stand-ins for controllers of its own" });

const platformFile = (namespace: string, version: 1 | 2): string => `
name: mice
images: { api: { ref: registry.example.org/mice/api, tag: "1.${version}.0" } }
secrets:
  db: { keys: { PASSWORD: { from: generated, shape: hex } } }
environments:
  prod: { target: { context: okd }, namespace: ${namespace} }
components:
  migrate: { kind: job, image: api, command: [node, migrate.js], on: deploy, runAs: 1000 }
  api:
    kind: service
    image: api
    command: [node, api.js]
    runAs: 1000
    after: [migrate]
    config: { LEVEL: "${version}" }
    env: { PASSWORD: "\${secret.db.PASSWORD}" }
    expose: { host: api.example.org, public: true }
${version === 1 ? "  old: { kind: service, image: api, command: [node, old.js], runAs: 1000 }" : ""}
  nightly: { kind: schedule, image: api, command: [node, n.js], runAs: 1000, cron: "30 2 * * *" }
`;

interface Rule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}

describe.skipIf(missing !== undefined)(
  `With rights in one namespace only${missing === undefined ? "" : ` (skipped: ${missing})`}`,
  () => {
    let cluster: RealTrials;
    let admin: KubeClient;
    let rights: PlatformRights;
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "moorage-rights-")));
    let count = 0;

    const load = async (namespace: string, version: 1 | 2): Promise<DeploySource> => {
      writeFileSync(join(folder, "moorage.yaml"), platformFile(namespace, version));
      return {
        evaluated: await loadEnvironment({ cwd: folder, environment: "prod" }),
        processEnvironment: {},
      };
    };

    beforeAll(async () => {
      cluster = await RealTrials.start();
      admin = cluster.client;
      rights = await rightsOf(await load("mice", 1));
    }, 300_000);
    afterAll(async () => {
      rmSync(folder, { recursive: true, force: true });
      await cluster?.stop();
    });

    /** A new namespace, and a client of a service account in it that has these rights there. */
    async function account(granted: readonly Right[]): Promise<{
      namespace: string;
      context: DeployContext;
      notes: string[];
    }> {
      const namespace = `mice-${count++}`;
      await admin.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
      await admin.create({
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name: "deployer", namespace },
      });
      const here = (right: Right): Right => ({
        ...right,
        namespace,
        ...(right.resource === "namespaces" ? { name: namespace } : {}),
      });
      const required = granted.map(here);
      const objects = roleObjects({ ...rights, namespace, required, optional: [], clusterWide: [] }, [
        { kind: "ServiceAccount", namespace, name: "deployer" },
      ]);
      for (const object of objects) await admin.create(object);
      const signed = await signedIn(namespace);
      await holds(signed.context.client, namespace, required.length);
      return { namespace, ...signed };
    }

    /** An API server hears of a Role, and of who has it, a moment after they were written. */
    async function holds(client: KubeClient, namespace: string, wanted: number): Promise<void> {
      for (let tries = 0; tries < 12_000; tries++) {
        const response = await client.transport.send({
          method: "POST",
          path: "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
          body: {
            apiVersion: "authorization.k8s.io/v1",
            kind: "SelfSubjectRulesReview",
            spec: { namespace },
          },
        });
        const { status } = (await response.json()) as { status: { resourceRules: readonly Rule[] } };
        const held = status.resourceRules.flatMap(
          ({ verbs, apiGroups = [], resources = [], resourceNames = [""] }) =>
            apiGroups
              .filter((group) => !/^(?:authorization|authentication)\.k8s\.io$/.test(group))
              .flatMap(() => resources.flatMap(() => verbs.flatMap(() => resourceNames))),
        );
        if (held.length >= wanted) return;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      throw new Error(`${namespace}: the account never had its ${wanted} rights`);
    }

    async function signedIn(namespace: string): Promise<{ context: DeployContext; notes: string[] }> {
      const response = await admin.transport.send({
        method: "POST",
        path: `/api/v1/namespaces/${namespace}/serviceaccounts/deployer/token`,
        body: {
          apiVersion: "authentication.k8s.io/v1",
          kind: "TokenRequest",
          spec: { expirationSeconds: 3600 },
        },
      });
      const { status } = (await response.json()) as { status: { token: string } };
      const { clock } = cluster;
      const client = createKubeClient(
        retrying(cluster.as(status.token), { clock, random: Math.random, attempts: 2 }),
        { clock },
      );
      const notes: string[] = [];
      const onEvent: DeployContext["onEvent"] = (event) => {
        if (event.type === "note") notes.push(event.message);
      };
      return { context: { client, clock, who: "deployer", onEvent }, notes };
    }

    /** Deploy, change with a prune, roll back, restart, look, destroy. */
    async function life(namespace: string, context: DeployContext): Promise<void> {
      const environment = { platform: "mice", environment: "prod", namespace };
      for (const version of [1, 2] as const) {
        const prepared = await prepareDeploy(await load(namespace, version), context, { forDeploy: true });
        const result = await deploy(prepared.rendering, prepared.plan, {
          ...context,
          redact: prepared.redact,
        });
        expect(result.status).toBe("deployed");
        const again = await planDeploy(prepared.rendering, context);
        expect(again.nothingToDo).toBe(true);
      }
      const back = await planRollback(environment, 1, context);
      await deploy(back.rendering, back.plan, context);
      await restart(environment, "api", context);
      expect(await listRevisions(environment, context)).toHaveLength(3);
      const status = await statusOf(environment, context);
      expect(status.revision?.number).toBe(3);
      await destroy(await planDestroy(environment, context, { volumes: true, secrets: true }), context);
    }

    const failed = async (work: Promise<unknown>): Promise<MoorageError | undefined> =>
      work.then(
        () => undefined,
        (error: unknown) => {
          if (error instanceof MoorageError) return error;
          throw error;
        },
      );

    test("what `moorage rbac` prints is enough for the whole life of an environment, and nothing is said to be done without", async () => {
      const { namespace, context, notes } = await account([...rights.required, ...rights.optional]);
      await life(namespace, context);
      expect(notes).toEqual([]);
    });

    test("the required rights alone are enough, and what is done without is said once", async () => {
      const { namespace, context, notes } = await account(rights.required);
      await life(namespace, context);
      const told = rights.optional.flatMap(({ without }) => without);
      expect(notes.length).toBeGreaterThan(0);
      for (const note of notes) expect(told).toContain(note);
    });

    test("the required rights alone carry an adoption, a replacement, a part, a saved plan and what it is refused for", async () => {
      const { namespace, context } = await account(rights.required);
      // Somebody else's, with a selector that can't be changed.
      const labels = { app: "by-hand" };
      await admin.create(
        {
          apiVersion: "apps/v1",
          kind: "Deployment",
          metadata: { name: "api", namespace },
          spec: {
            selector: { matchLabels: labels },
            template: {
              metadata: { labels },
              spec: { containers: [{ name: "main", image: "registry.example.org/mice/api:0" }] },
            },
          },
        },
        { fieldManager: "kubectl-create" },
      );
      const prepare = async (version: 1 | 2, options: PlanOptions = {}) =>
        prepareDeploy(await load(namespace, version), context, { forDeploy: true, ...options });
      const { plan: refused } = await prepare(1);
      expect(refused.problems.map(({ message }) => message).join()).toMatch(/belongs to kubectl-create/);
      const adopting = await prepare(1, { adopt: true });
      expect(adopting.plan.objects.find(({ ref }) => ref.kind === "Deployment")).toMatchObject({
        action: "replace",
        adopts: expect.anything(),
      });
      await deploy(adopting.rendering, adopting.plan, context);

      const part = await prepare(2, { only: "api" });
      expect(part.plan.summary.delete).toBe(0);
      await deploy(part.rendering, part.plan, context);

      const approved = parseSavedPlan(JSON.stringify(savePlan((await prepare(2)).plan)), "approved.json");
      const whole = await prepare(2);
      checkSavedPlan(approved, whole.plan);
      expect((await deploy(whole.rendering, whole.plan, context)).summary.delete).toBeGreaterThan(0);
      const moved = await prepare(1);
      expect(() => checkSavedPlan(approved, moved.plan)).toThrow(/saved plan|not part of it/);
    });

    test(
      "without any one of the required rights something fails, and the message names the right",
      { timeout: 300_000 },
      async () => {
        expect(rights.required.length).toBeGreaterThan(20);
        const wrong: string[] = [];
        for (const taken of rights.required) {
          const { namespace, context } = await account(
            [...rights.required, ...rights.optional].filter((right) => rightId(right) !== rightId(taken)),
          );
          const error = await failed(life(namespace, context));
          const words = error && [error.message, ...error.problems.map(({ message }) => message)].join("\n");
          if (words === undefined) wrong.push(`${rightId(taken)}: nothing failed`);
          else if (
            !/forbidden/i.test(words) ||
            !words.includes(`cannot ${taken.verb} resource "${taken.resource}"`)
          )
            wrong.push(`${rightId(taken)}: ${words}`);
        }
        expect(wrong).toEqual([]);
      },
    );

    test("`view` is enough for status and plan; what can't be dry-run is marked as predicted", async () => {
      const owner = await account([...rights.required, ...rights.optional]);
      const { namespace } = owner;
      const prepared = await prepareDeploy(await load(namespace, 1), owner.context, { forDeploy: true });
      await deploy(prepared.rendering, prepared.plan, { ...owner.context, redact: prepared.redact });

      const subjects = [{ kind: "ServiceAccount", namespace, name: "viewer" }];
      await admin.create({
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name: "viewer", namespace },
      });
      await admin.create({
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "RoleBinding",
        metadata: { name: "view", namespace },
        // What `view` aggregates; no controller does so here.
        roleRef: {
          apiGroup: "rbac.authorization.k8s.io",
          kind: "ClusterRole",
          name: "system:aggregate-to-view",
        },
        subjects,
      });
      const response = await admin.transport.send({
        method: "POST",
        path: `/api/v1/namespaces/${namespace}/serviceaccounts/viewer/token`,
        body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} },
      });
      const { status: signed } = (await response.json()) as { status: { token: string } };
      const context = { client: createKubeClient(cluster.as(signed.token)), who: "viewer" };
      await holds(context.client, namespace, 50);

      const status = await statusOf({ platform: "mice", environment: "prod", namespace }, context);
      expect(status.deployed).toBe(true);
      expect(status.components.map(({ health }) => health)).not.toContain("failed");
      const { plan } = await prepareDeploy(await load(namespace, 2), context);
      const changed = plan.objects.filter(({ action }) => action === "update" || action === "create");
      expect(changed.map(({ ref }) => `${ref.kind} ${ref.name}`)).toContain("Deployment api");
      expect(changed.every(({ predicted }) => predicted)).toBe(true);
      expect(plan.notes.join("\n")).toContain("may not read");
    });
  },
);
