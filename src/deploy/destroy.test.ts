import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { KubeObject } from "../contract/index.ts";
import { deploy, destroy, planDeploy, planDestroy, planRollback, statusOf } from "./index.ts";
import { configMap, renderingOf, secret, testCluster, type TestCluster } from "./testing/testCluster.ts";

let cluster: TestCluster;
beforeEach(async () => {
  cluster = await testCluster();
});
afterEach(async () => {
  await cluster.close();
});

const environment = { platform: "epidemiology", environment: "dev", namespace: "epi" };
const claim: KubeObject = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: "data" },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
};

async function left(): Promise<string[]> {
  const kinds = ["ConfigMap", "Secret", "PersistentVolumeClaim"].map((kind) => ({ apiVersion: "v1", kind }));
  const lists = await Promise.all(
    [...kinds, { apiVersion: "coordination.k8s.io/v1", kind: "Lease" }].map((kind) =>
      cluster.client.list(kind, { namespace: "epi" }),
    ),
  );
  return lists.flatMap((list) => list.items.map((item) => `${item.kind} ${item.metadata.name}`));
}

async function deployed(objects: Parameters<typeof renderingOf>[0]): Promise<void> {
  const rendering = renderingOf(objects);
  await deploy(rendering, await planDeploy(rendering, { client: cluster.client }), {
    client: cluster.client,
  });
}

describe("destroying an environment", () => {
  it("leaves nothing behind, its own record included", async () => {
    await deployed([configMap("settings", { a: "1" }), secret("db", { password: "hunter2hunter2" })]);
    const plan = await planDestroy(environment, { client: cluster.client });
    expect(plan.summary.delete).toBe(2);
    await destroy(plan, { client: cluster.client });
    expect(await left()).toEqual([]);
  });

  it("keeps claims, and the secrets without which they may be unreadable, unless they are named", async () => {
    await deployed([configMap("settings", { a: "1" }), secret("db", { password: "hunter2hunter2" }), claim]);
    const plan = await planDestroy(environment, { client: cluster.client });
    expect(plan.kept.map(({ ref }) => ref.name).toSorted()).toEqual(["data", "db"]);
    await destroy(plan, { client: cluster.client });
    expect(await left()).toEqual(expect.arrayContaining(["Secret db", "PersistentVolumeClaim data"]));

    // Nobody plays the controller that takes this finalizer off when no pod uses the claim.
    const data = { apiVersion: "v1", kind: "PersistentVolumeClaim", name: "data", namespace: "epi" };
    await cluster.client.patch(data, "merge", { metadata: { finalizers: null } });
    const all = await planDestroy(environment, { client: cluster.client }, { volumes: new Set(["data"]) });
    await destroy(all, { client: cluster.client });
    expect(await left()).toEqual([]);
  });

  // It was called healthy, and a deploy that was interrupted.
  it("that keeps a claim is no deploy that did not come to its end: nothing of it is deployed, and a rollback brings it back", async () => {
    const { client } = cluster;
    const objects = [
      configMap("settings", { a: "1" }, "web"),
      secret("db", { password: "hunter2hunter2" }),
      { ...claim, component: "data" },
    ];
    await deployed([configMap("older", { a: "1" })]);
    await deployed(objects);
    await destroy(await planDestroy(environment, { client }), { client, who: "ada@laptop" });

    const rendering = renderingOf(objects);
    const status = await statusOf(environment, { client }, { rendering });
    expect(status).toMatchObject({
      deployed: false,
      health: "unknown",
      destroyed: { who: "ada@laptop" },
      drift: [],
    });
    expect(status.unfinished).toBeUndefined();
    expect(status.pending).toEqual(["ConfigMap settings is not deployed yet"]);
    const plan = await planDeploy(rendering, { client });
    expect(plan.unfinished).toBeUndefined();
    expect(plan.summary).toMatchObject({ create: 1, none: 2 });

    const back = await planRollback(environment, undefined, { client });
    expect(back.to).toBe(2);
    await deploy(back.rendering, back.plan, { client });
    expect(await left()).toContain("ConfigMap settings");
    expect((await statusOf(environment, { client })).destroyed).toBeUndefined();
  });
});
