import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { KubeObject } from "../../contract/index.ts";
import { deploy, formatPlan, planDeploy } from "../index.ts";
import { configMap, renderingOf, testCluster, type TestCluster } from "../testing/testCluster.ts";

describe("a plan as text", () => {
  let cluster: TestCluster;
  beforeEach(async () => void (cluster = await testCluster()));
  afterEach(() => cluster.close());

  it("says of each object of somebody else that it is not taken over, and once what to do", async () => {
    const { client } = cluster;
    for (const name of ["first", "second"]) {
      const object = { ...configMap(name, { mode: "old" }), metadata: { name, namespace: "epi" } };
      await client.create(object, { fieldManager: "kubectl-create" });
    }
    const rendering = renderingOf([
      configMap("first", { mode: "new" }),
      configMap("second", { mode: "new" }),
    ]);
    const refused = formatPlan(await planDeploy(rendering, { client }), { fields: false });
    expect(refused).toEqual([
      "~ ConfigMap first (belongs to kubectl-create, and is not taken over)",
      "~ ConfigMap second (belongs to kubectl-create, and is not taken over)",
      "! ConfigMap first: exists already and belongs to kubectl-create",
      "! ConfigMap second: exists already and belongs to kubectl-create",
      "  Deploy with --adopt to take it over, or give the component another name.",
      "2 to update.",
    ]);
    const adopted = formatPlan(await planDeploy(rendering, { client }, { adopt: true }), { fields: false });
    expect(adopted).toEqual([
      "~ ConfigMap first (adopted from kubectl-create)",
      "~ ConfigMap second (adopted from kubectl-create)",
      "2 to update.",
    ]);
  });

  it("calls the Job of a job that runs again an earlier run, and one of a job that is gone what it is", async () => {
    const { client } = cluster;
    const job = (component: string, name: string): KubeObject & { component: string } => ({
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
    const planned = (...objects: ReturnType<typeof job>[]) =>
      renderingOf(
        objects,
        objects.map(({ component }) => ({
          key: component,
          name: component,
          kind: "job",
          after: [],
          urls: [],
        })),
      );
    const first = planned(job("migrate", "migrate-1"), job("load", "load-1"));
    await deploy(first, await planDeploy(first, { client }), { client }, { wait: false });
    const shown = formatPlan(await planDeploy(planned(job("migrate", "migrate-2")), { client }));
    expect(shown).toEqual([
      "+ Job migrate-2",
      "- Job load-1 (is not in the platform file any more)",
      "- Job migrate-1 (an earlier run of job migrate, which runs again)",
      "1 to create, 2 to delete.",
    ]);
  });

  it("says in UTC to the minute when a deploy began that did not come to its end", async () => {
    const interrupt = new AbortController();
    const client = cluster.through(
      () => {},
      ({ method, path }) => {
        if (method === "PATCH" && path.endsWith("-inventory")) interrupt.abort();
      },
    );
    const rendering = renderingOf([configMap("settings", { mode: "one" })]);
    const plan = await planDeploy(rendering, { client });
    await expect(deploy(rendering, plan, { client, signal: interrupt.signal })).rejects.toMatchObject({
      code: "AbortedByUser",
    });
    const shown = formatPlan(await planDeploy(rendering, { client: cluster.client }));
    expect(shown.at(-1)).toMatch(
      /^1 to create\. The deploy by \S+ at \d{4}-\d\d-\d\d \d\d:\d\d UTC did not come to its end; this one completes it\.$/,
    );
  });
});
