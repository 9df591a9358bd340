import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { devAnnotations } from "../../src/contract/index.ts";
import { componentKinds } from "../../src/components/index.ts";
import { changesOf, deploy, formatPlan, prepareDeploy, type DeployEvent } from "../../src/deploy/index.ts";
import { openKubeClient, type KubeClient } from "../../src/kube/index.ts";
import { evaluateEnvironment, loadPlatform } from "../../src/platform/index.ts";
import { clusterMissing, startCluster, type Cluster } from "./startCluster.ts";

const missing =
  clusterMissing() ?? (process.env["MOORAGE_TEST_CONTEXT"] ? "it needs a node of ours" : undefined);
const example = resolve(import.meta.dirname, "../../examples/epidemiology");

// For real where the platform says how its images run on this machine (dev), in pretence where it doesn't (prod).
describe.skipIf(missing !== undefined)(
  `The example on a real control plane${missing ? ` (skipped: ${missing})` : ""}`,
  () => {
    let cluster: Cluster;
    let client: KubeClient;
    const over = new AbortController();
    beforeAll(async () => {
      cluster = await startCluster({ node: "rest" });
      ({ client } = openKubeClient({ env: {}, home: example, kubeconfig: cluster.kubeconfig }));
    }, 300_000);
    afterAll(async () => {
      over.abort();
      await client?.close();
      await cluster?.stop();
    });

    test.each(["prod", "dev"])(
      "is deployed to %s until everything is ready, and then there is nothing to do",
      { timeout: 300_000 },
      async (name) => {
        const loaded = await loadPlatform({
          cwd: example,
          file: join(example, "moorage.config.ts"),
          kinds: componentKinds,
          moorage: () => import("../../src/index.ts"),
        });
        const events: DeployEvent[] = [];
        const context = {
          client,
          who: "test",
          onEvent: (event: DeployEvent) => void events.push(event),
          signal: over.signal,
        };
        const prepare = () =>
          prepareDeploy({ evaluated: evaluateEnvironment(loaded, name), processEnvironment: {} }, context);

        const first = await prepare();
        expect(first.plan.problems).toEqual([]);
        const result = await deploy(first.rendering, first.plan, context, {
          wait: true,
          timeoutSeconds: 100,
          jobTimeoutSeconds: 100,
        });
        expect(result.status).toBe("deployed");
        expect(result.summary.create).toBe(changesOf(first.plan).length);

        const second = await prepare();
        expect(formatPlan(second.plan, { fields: true })).toEqual(
          formatPlan({ ...second.plan, objects: [] }, {}),
        );
        expect(changesOf(second.plan)).toEqual([]);
        expect(second.plan.nothingToDo).toBe(true);
      },
    );

    test("answers from its own programs, over the data that its own job has made ready", async () => {
      const ref = { apiVersion: "v1", kind: "Service", name: "curator-dev", namespace: "epidemiology" };
      const { metadata } = await client.get(ref);
      const ports = JSON.parse(metadata.annotations?.[devAnnotations.servicePorts] ?? "{}") as object;
      const [port] = Object.values(ports) as number[];
      const ask = (path: string): Promise<Response> =>
        fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: "close" } });
      expect(await (await ask("/settings")).text()).toContain("Line list (dev)");
      // Through curator's reference to data, whose claim the job has filled.
      const { total } = (await (await ask("/api/cases?limit=1")).json()) as { total: number };
      expect(total).toBeGreaterThan(0);
    });
  },
);
