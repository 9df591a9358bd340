import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { KubeObject } from "../../src/contract/index.ts";
import { deploy, formatPlan, planDeploy } from "../../src/deploy/index.ts";
import { configMap, renderingOf } from "../../src/deploy/testing/testCluster.ts";
import type { KubeClient } from "../../src/kube/index.ts";
import type { Rendering } from "../../src/platform/index.ts";
import { waiting } from "./RightsLedger.ts";
import { toolServers, type OpenedServer, type ToolServer } from "./servers.ts";

const before = (namespace = true): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "settings", ...(namespace ? { namespace: "epi" } : {}), labels: { old: "yes" } },
    data: { mode: "old", extra: "1" },
  });

/** How somebody made the object before, with what the plan calls them. */
const ways: readonly [string, string, (server: ToolServer, folder: string) => Promise<unknown>][] = [
  [
    "kubectl apply",
    "kubectl-client-side-apply",
    (server) => server.run("kubectl", ["apply", "-f", "-"], before()),
  ],
  [
    "kubectl apply --server-side",
    "kubectl",
    (server) => server.run("kubectl", ["apply", "--server-side", "-f", "-"], before()),
  ],
  ["kubectl create", "kubectl-create", (server) => server.run("kubectl", ["create", "-f", "-"], before())],
  [
    "helm install",
    "Helm release tables",
    async (server, folder) => {
      const chart = join(folder, "tables");
      mkdirSync(join(chart, "templates"), { recursive: true });
      writeFileSync(join(chart, "Chart.yaml"), "apiVersion: v2\nname: tables\nversion: 1.0.0\n");
      writeFileSync(join(chart, "templates", "settings.yaml"), before(false));
      await server.run("helm", ["install", "tables", chart, "--namespace", "epi"]);
    },
  ],
];

describe.each(toolServers)("On $name", (server) => {
  let cluster: OpenedServer;
  /** The deployer's: what `moorage rbac` prints and nothing else. */
  let client: KubeClient;
  let folder: string;
  beforeAll(async () => {
    if (server.missing === undefined) await server.start();
  }, 300_000);
  afterAll(() => server.stop());
  beforeEach(async () => {
    if (server.missing !== undefined) return;
    folder = mkdtempSync(join(tmpdir(), "moorage-adoption-"));
    cluster = await server.open();
    ({ client } = cluster.deployer);
  });
  afterEach(() => {
    if (server.missing === undefined) rmSync(folder, { recursive: true, force: true });
  });

  const settings = { apiVersion: "v1", kind: "ConfigMap", name: "settings", namespace: "epi" };
  async function granted(rendering: Rendering): Promise<Rendering> {
    await cluster.deployer.grant(rendering);
    return rendering;
  }
  const live = (): Promise<KubeObject> => cluster.client.get(settings);

  describe.skipIf(server.missing !== undefined)("an object that was made before", () => {
    it.each(ways)(
      "by %s is refused with its owner's name, adopted when told to, and loses later what is removed later",
      { timeout: 180_000 },
      async (_way, owner, make) => {
        await make(server, folder);
        const rendering = await granted(renderingOf([configMap("settings", { mode: "new", added: "2" })]));
        const refused = await planDeploy(rendering, { client });
        expect(refused.problems.map(({ message }) => message)).toContain(
          `exists already and belongs to ${owner}`,
        );
        await expect(deploy(rendering, refused, { client })).rejects.toMatchObject({ code: "Conflict" });
        expect((await live())["data"]).toEqual({ mode: "old", extra: "1" });

        const plan = await planDeploy(rendering, { client }, { adopt: true });
        const shown = formatPlan(plan);
        expect(shown).toContain(`~ ConfigMap settings (adopted from ${owner})`);
        expect(shown).toEqual(
          expect.arrayContaining(["    data.mode: old -> new", "    data.extra: - 1", "    data.added: + 2"]),
        );
        // Helm goes by its own record: uninstalling the release deleted what had been adopted.
        const told =
          "Helm release tables still lists ConfigMap settings: `helm uninstall tables` would delete it";
        expect(plan.notes.some((note) => note.startsWith(told))).toBe(owner.startsWith("Helm"));
        const { uid } = (await live()).metadata;
        await deploy(rendering, plan, { client });
        expect((await live())["data"]).toEqual({ mode: "new", added: "2" });
        expect((await live()).metadata.labels?.["old"]).toBeUndefined();
        expect((await live()).metadata.uid).toBe(uid);
        expect((await planDeploy(rendering, { client })).nothingToDo).toBe(true);

        const later = await granted(renderingOf([configMap("settings", { mode: "new" })]));
        await deploy(later, await planDeploy(later, { client }), { client });
        expect((await live())["data"]).toEqual({ mode: "new" });
        await cluster.deployer.destroy(later);
      },
    );

    it("by another platform is refused also when told to adopt, and stays", async () => {
      const theirs = { ...renderingOf([configMap("settings", { mode: "theirs" })]), platform: "quality" };
      // Somebody else, with an account of their own.
      const other = { client: cluster.client };
      await deploy(theirs, await planDeploy(theirs, other), other);
      const rendering = await granted(renderingOf([configMap("settings", { mode: "ours" })]));
      const plan = await planDeploy(rendering, { client }, { adopt: true, forceConflicts: true });
      expect(plan.problems[0]).toMatchObject({
        message: "exists already and belongs to another Moorage environment, quality.dev",
        hint: "Give the component another name, or remove the object from the other environment first.",
      });
      await expect(deploy(rendering, plan, { client })).rejects.toMatchObject({ code: "Conflict" });
      expect((await live())["data"]).toEqual({ mode: "theirs" });
    });
  });

  describe.skipIf(server.missing !== undefined)("drift", () => {
    it("names what kubectl changed, and not what it left as it was", { timeout: 180_000 }, async () => {
      const rendering = await granted(renderingOf([configMap("settings", { mode: "fast", level: "info" })]));
      await deploy(rendering, await planDeploy(rendering, { client }), { client });
      const patch = JSON.stringify({ data: { mode: "slow", theirs: "1" } });
      await server.run("kubectl", ["-n", "epi", "patch", "configmap", "settings", "-p", patch]);
      const plan = await planDeploy(rendering, { client });
      expect(plan.objects[0]?.drift).toEqual([{ field: "data.mode", manager: "kubectl-patch" }]);
      expect(formatPlan(plan)).toEqual(
        expect.arrayContaining(["    data.mode: slow -> fast", "    data.mode was changed by kubectl-patch"]),
      );
      const forced = await planDeploy(rendering, { client }, { forceConflicts: true });
      await deploy(rendering, forced, { client }, { forceConflicts: true });
      // What others added beside ours stays theirs.
      expect((await live())["data"]).toEqual({ mode: "fast", level: "info", theirs: "1" });
    });

    it("is none where others only add beside ours", { timeout: 180_000 }, async () => {
      const rendering = await granted(renderingOf([configMap("settings", { mode: "fast" })]));
      await deploy(rendering, await planDeploy(rendering, { client }), { client });
      await server.run("kubectl", ["-n", "epi", "label", "configmap", "settings", "theirs=yes"]);
      await server.run("kubectl", ["-n", "epi", "annotate", "configmap", "settings", "theirs=yes"]);
      expect((await planDeploy(rendering, { client })).nothingToDo).toBe(true);
    });
  });

  it.skipIf(server.missing !== undefined)("every right that was granted was needed", () => {
    expect(server.ledger.unused(waiting)).toEqual([]);
  });
});
