import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Deployment, ReplicaSet } from "../objects/workloads.ts";
import type { Pod } from "../objects/Pod.ts";
import { podTemplate } from "../testing/podTemplate.ts";
import { testCluster, type TestCluster } from "../testing/testCluster.ts";

let cluster: TestCluster;
beforeEach(async () => {
  cluster = await testCluster();
});
afterEach(() => cluster.stop());

const web = (spec: Partial<Deployment["spec"]> = {}): Deployment => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "default" },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: "web" } },
    template: podTemplate({ app: "web" }),
    ...spec,
  },
});

const conditionsOf = (deployment: Deployment): string[] =>
  (deployment.status?.conditions ?? [])
    .map(({ type, status, reason }) => `${type}=${status} ${reason}`)
    .toSorted();

describe("a Deployment", () => {
  test("runs as many ready pods as it asks for, and says so", async () => {
    await cluster.client.create(web());
    await cluster.settle();
    const deployment = await cluster.get<Deployment>("Deployment", "web");
    expect(deployment.status).toMatchObject({
      // The revision's annotation makes the second: annotations count as in Kubernetes.
      observedGeneration: 2,
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
    });
    expect(conditionsOf(deployment)).toEqual([
      "Available=True MinimumReplicasAvailable",
      "Progressing=True NewReplicaSetAvailable",
    ]);
    const [set] = await cluster.list<ReplicaSet>("ReplicaSet");
    expect(set!.metadata.annotations).toMatchObject({ "deployment.kubernetes.io/revision": "1" });
    const hash = set!.metadata.labels!["pod-template-hash"]!;
    expect(set!.metadata.name).toBe(`web-${hash}`);
    for (const pod of await cluster.list<Pod>("Pod"))
      expect(pod.metadata.labels).toEqual({ app: "web", "pod-template-hash": hash });
  });

  test("writes nothing more once all is as wanted", async () => {
    await cluster.client.create(web());
    await cluster.settle();
    const before = cluster.writes.length;
    await cluster.restart();
    expect(cluster.writes.slice(before)).toEqual([]);
  });
});
