import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { KubeObject } from "../../contract/index.ts";
import type { Condition } from "./objects/Condition.ts";
import type { Deployment } from "./objects/workloads.ts";
import { podTemplate } from "./testing/podTemplate.ts";
import { testCluster, type TestCluster } from "./testing/testCluster.ts";

let cluster: TestCluster;
beforeEach(async () => {
  cluster = await testCluster();
  const web: Deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "default" },
    spec: { replicas: 4, selector: { matchLabels: { app: "web" } }, template: podTemplate({ app: "web" }) },
  };
  await cluster.client.create(web);
  await cluster.settle();
});
afterEach(() => cluster.stop());

const statusOf = async (kind: string): Promise<Record<string, unknown>> =>
  (await cluster.get<KubeObject>(kind, "web"))["status"] as Record<string, unknown>;
const conditionsOf = async (kind: string): Promise<string[]> =>
  ((await statusOf(kind))["conditions"] as Condition[]).map(
    ({ type, status, reason }) => `${type}=${status} ${reason}`,
  );

describe("a PodDisruptionBudget", () => {
  test.each([
    [{ minAvailable: 3 }, 3, 1],
    [{ minAvailable: "50%" }, 2, 2],
    [{ maxUnavailable: 1 }, 3, 1],
    [{ maxUnavailable: "30%" }, 2, 2],
    [{ maxUnavailable: 0 }, 4, 0],
  ])("of %j wants %i healthy pods and lets %i go", async (spec, desiredHealthy, disruptionsAllowed) => {
    await cluster.client.create({
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "web", namespace: "default" },
      spec: { selector: { matchLabels: { app: "web" } }, ...spec },
    });
    await cluster.settle();
    expect(await statusOf("PodDisruptionBudget")).toMatchObject({
      desiredHealthy,
      disruptionsAllowed,
      currentHealthy: 4,
      expectedPods: 4,
    });
    expect(await conditionsOf("PodDisruptionBudget")).toEqual([
      disruptionsAllowed > 0
        ? "DisruptionAllowed=True SufficientPods"
        : "DisruptionAllowed=False InsufficientPods",
    ]);
  });
});

describe("a HorizontalPodAutoscaler", () => {
  const scaler = (minReplicas: number, maxReplicas: number, name = "web"): KubeObject => ({
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "web", namespace: "default" },
    spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name }, minReplicas, maxReplicas },
  });

  test.each([
    [6, 10, 6, 6],
    [1, 2, 2, 2],
    // In between nothing is desired: that takes metrics.
    [2, 8, 4, 0],
  ])(
    "between %i and %i has %i replicas, and says that there are no metrics",
    async (least, most, replicas, desired) => {
      await cluster.client.create(scaler(least, most));
      await cluster.settle();
      expect((await cluster.get<Deployment>("Deployment", "web")).spec.replicas).toBe(replicas);
      expect(await cluster.list("Pod")).toHaveLength(replicas);
      expect(await statusOf("HorizontalPodAutoscaler")).toMatchObject({
        currentReplicas: replicas,
        desiredReplicas: desired,
      });
      expect(await conditionsOf("HorizontalPodAutoscaler")).toEqual([
        "AbleToScale=True SucceededGetScale",
        "ScalingActive=False FailedGetResourceMetric",
      ]);
      const before = cluster.writes.length;
      await cluster.restart();
      expect(cluster.writes.slice(before)).toEqual([]);
    },
  );

  test("says that what it should scale isn't there", async () => {
    await cluster.client.create(scaler(1, 2, "other"));
    await cluster.settle();
    expect(await conditionsOf("HorizontalPodAutoscaler")).toEqual(["AbleToScale=False FailedGetScale"]);
  });
});

describe("Endpoints", () => {
  test("list what the slices of a service list, and go with it", async () => {
    await cluster.client.create({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web", namespace: "default" },
      spec: {
        selector: { app: "web" },
        ports: [{ name: "http", port: 80, targetPort: "http", protocol: "TCP" }],
      },
    });
    await cluster.settle();
    const [subset] = (await cluster.get<KubeObject>("Endpoints", "web"))["subsets"] as {
      addresses: unknown[];
      ports: unknown[];
    }[];
    expect(subset!.addresses).toHaveLength(4);
    expect(subset!.ports).toEqual([{ name: "http", port: 8080, protocol: "TCP" }]);
    await cluster.client.delete({ apiVersion: "v1", kind: "Service", name: "web", namespace: "default" });
    await cluster.settle();
    expect(await cluster.list("Endpoints")).toEqual([]);
  });
});
