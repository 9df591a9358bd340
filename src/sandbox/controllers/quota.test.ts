import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { KubeObject } from "../../contract/index.ts";
import { testCluster, type TestCluster } from "./testing/testCluster.ts";

let cluster: TestCluster;
beforeEach(async () => {
  cluster = await testCluster();
});
afterEach(() => cluster.stop());

const quota = (hard: Record<string, string>, spec: object = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "ResourceQuota",
  metadata: { name: "q", namespace: "default" },
  spec: { hard, ...spec },
});
const configMap = (name: string): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default" },
});
const pod = (name: string, cpu?: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "default" },
  spec: {
    restartPolicy: "Never",
    containers: [
      { name: "main", image: "x", ...(cpu === undefined ? {} : { resources: { requests: { cpu } } }) },
    ],
  },
});
const statusOf = async (): Promise<unknown> =>
  (
    await cluster.client.get({
      apiVersion: "v1",
      kind: "ResourceQuota",
      name: "q",
      namespace: "default",
    })
  )["status"];

describe("a ResourceQuota", () => {
  test("counts what is there, what comes and what goes", async () => {
    await cluster.client.create(configMap("a"));
    await cluster.client.create(
      quota({ configmaps: "3", "count/jobs.batch": "1", "example.org/nonsense": "1" }),
    );
    await cluster.settle();
    expect(await statusOf()).toEqual({
      hard: { configmaps: "3", "count/jobs.batch": "1", "example.org/nonsense": "1" },
      used: { configmaps: "1", "count/jobs.batch": "0" },
    });
    await cluster.client.create(configMap("b"));
    expect(await statusOf()).toMatchObject({ used: { configmaps: "2" } });
    await cluster.client.delete({ apiVersion: "v1", kind: "ConfigMap", name: "a", namespace: "default" });
    await cluster.settle();
    expect(await statusOf()).toMatchObject({ used: { configmaps: "1" } });
  });

  test("lets nothing pass, however much is asked for at once", async () => {
    await cluster.client.create(quota({ configmaps: "5" }));
    await cluster.settle();
    const asked = Array.from({ length: 20 }, (_, n) => cluster.client.create(configMap(`c${n}`)));
    const results = await Promise.allSettled(asked);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
    await cluster.settle();
    expect(await cluster.list("ConfigMap")).toHaveLength(5);
    expect(await statusOf()).toMatchObject({ used: { configmaps: "5" } });
  });

  test("gives back what pods used once they have ended", async () => {
    await cluster.client.create(
      quota({ pods: "1", "requests.cpu": "1", "count/routes.route.openshift.io": "1" }),
    );
    await cluster.settle();
    await cluster.client.create(pod("a", "250m"));
    expect(await statusOf()).toMatchObject({ used: { pods: "1", "requests.cpu": "250m" } });
    await expect(cluster.client.create(pod("b", "1"))).rejects.toThrow(
      "exceeded quota: q, requested: pods=1,requests.cpu=1, used: pods=1,requests.cpu=250m, limited: pods=1,requests.cpu=1",
    );
    const { metadata, ...rest } = await cluster.get<KubeObject>("Pod", "a");
    await cluster.client.replace(
      { ...rest, metadata, status: { phase: "Succeeded" } },
      { subresource: "status" },
    );
    await cluster.settle();
    expect(await statusOf()).toMatchObject({ used: { pods: "0", "requests.cpu": "0" } });
  });

  // Each refusal names another pod: written into the status each time, it called for the next attempt at once.
  test("that refuses a ReplicaSet's pods is asked again later, not without end", async () => {
    await cluster.client.create(quota({ pods: "1" }));
    await cluster.settle();
    await cluster.client.create({
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      metadata: { name: "web", namespace: "default" },
      spec: {
        replicas: 3,
        selector: { matchLabels: { app: "web" } },
        template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "m", image: "x" }] } },
      },
    });
    await cluster.settle();
    expect(await cluster.list("Pod")).toHaveLength(1);
    const before = cluster.writes.length;
    await cluster.settle();
    expect(cluster.writes.slice(before)).toEqual([]);
    const { conditions } = (await cluster.get<KubeObject>("ReplicaSet", "web"))["status"] as {
      conditions: { type: string; message: string }[];
    };
    expect(conditions).toMatchObject([{ type: "ReplicaFailure", reason: "FailedCreate" }]);
    expect(conditions[0]?.message).toMatch(
      /^pods "web-\w{5}" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1$/,
    );
    await cluster.edit<KubeObject>("ResourceQuota", "q", (object) => {
      object.spec = { hard: { pods: "3" } };
    });
    await cluster.pass(60);
    expect(await cluster.list("Pod")).toHaveLength(3);
  });
});
