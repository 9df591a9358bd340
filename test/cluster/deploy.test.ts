import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { componentKinds } from "../../src/components/index.ts";
import { changesOf, deploy, formatPlan, prepareDeploy, type DeployEvent } from "../../src/deploy/index.ts";
import { openKubeClient, type KubeClient } from "../../src/kube/index.ts";
import { evaluateEnvironment, loadPlatform } from "../../src/platform/index.ts";
import { clusterMissing, startCluster, type Cluster } from "./startCluster.ts";

const missing = clusterMissing();
const example = resolve(import.meta.dirname, "../../examples/epidemiology");

// The server has no nodes: what only pods can bring about is played by `playNode`, and nothing else is waited for.
describe.skipIf(missing !== undefined)(
  `The example on a real control plane${missing ? ` (skipped: ${missing})` : ""}`,
  () => {
    let cluster: Cluster;
    let client: KubeClient;
    const over = new AbortController();
    beforeAll(async () => {
      cluster = await startCluster();
      ({ client } = openKubeClient({ env: {}, home: example, kubeconfig: cluster.kubeconfig }));
    }, 180_000);
    afterAll(async () => {
      over.abort();
      await client?.close();
      await cluster?.stop();
    });

    test.each(["prod", "dev"])(
      "is deployed to %s, and then there is nothing to do",
      { timeout: 120_000 },
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
        const finished = playNode(client, first.rendering.namespace, over.signal);
        const result = await deploy(first.rendering, first.plan, context, {
          wait: false,
          timeoutSeconds: 60,
          jobTimeoutSeconds: 60,
        });
        expect(result.status).toBe("deployed");
        expect(result.summary.create).toBe(changesOf(first.plan).length);

        const second = await prepare();
        expect(formatPlan(second.plan, { fields: true })).toEqual(
          formatPlan({ ...second.plan, objects: [] }, {}),
        );
        expect(changesOf(second.plan)).toEqual([]);
        expect(second.plan.nothingToDo).toBe(true);
        finished();
      },
    );
  },
);

/**
 * Says of every pod what a kubelet would say in the end: a Job's has succeeded, any other runs and is ready. Until the returned function
 * is called.
 */
function playNode(client: KubeClient, namespace: string, signal: AbortSignal): () => void {
  const stop = new AbortController();
  const watching = async (): Promise<void> => {
    const until = AbortSignal.any([signal, stop.signal]);
    for await (const event of client.follow(
      { apiVersion: "v1", kind: "Pod" },
      { namespace, signal: until },
    )) {
      if (event.type !== "ADDED") continue;
      const { name = "", labels } = event.object.metadata;
      const status =
        labels?.["batch.kubernetes.io/job-name"] === undefined
          ? { phase: "Running", conditions: [{ type: "Ready", status: "True" }] }
          : { phase: "Succeeded" };
      await client.patch(
        { apiVersion: "v1", kind: "Pod", name, namespace },
        "merge",
        { status },
        { subresource: "status" },
      );
    }
  };
  watching().catch((error: unknown) => {
    if (!stop.signal.aborted && !signal.aborted) throw error;
  });
  return () => stop.abort();
}
