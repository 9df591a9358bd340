import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Pod } from "./objects/Pod.ts";
import type { DaemonSet } from "./objects/workloads.ts";
import { podTemplate } from "./testing/podTemplate.ts";
import { testCluster, type TestCluster } from "./testing/testCluster.ts";

let cluster: TestCluster;
beforeEach(async () => {
  cluster = await testCluster();
});
afterEach(() => cluster.stop());

const daemonSet = (spec: Partial<DaemonSet["spec"]> = {}): DaemonSet => ({
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: { name: "agent", namespace: "default" },
  spec: { selector: { matchLabels: { app: "agent" } }, template: podTemplate({ app: "agent" }), ...spec },
});
const status = async (): Promise<DaemonSet["status"]> =>
  (await cluster.get<DaemonSet>("DaemonSet", "agent")).status;
const images = async (): Promise<string[]> =>
  (await cluster.list<Pod>("Pod")).map((pod) => String(pod.spec.containers[0]!["image"]));
const setImage = async (image: string): Promise<void> => {
  await cluster.edit<DaemonSet>(
    "DaemonSet",
    "agent",
    ({ spec }) => (spec.template.spec.containers[0]!["image"] = image),
  );
  await cluster.settle();
};

describe("a DaemonSet", () => {
  test("runs one pod on the node, replaces it when its template changes, and then writes nothing", async () => {
    await cluster.client.create(daemonSet());
    await cluster.settle();
    expect(await status()).toMatchObject({
      desiredNumberScheduled: 1,
      numberReady: 1,
      numberAvailable: 1,
      updatedNumberScheduled: 1,
      observedGeneration: 1,
    });
    await setImage("agent:2");
    expect(await images()).toEqual(["agent:2"]);
    expect(await status()).toMatchObject({
      numberAvailable: 1,
      updatedNumberScheduled: 1,
      observedGeneration: 2,
    });
    const before = cluster.writes.length;
    await cluster.restart();
    expect(cluster.writes.slice(before)).toEqual([]);
  });

  test("starts the new pod beside the old one when it may surge", async () => {
    await cluster.client.create(
      daemonSet({
        updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      }),
    );
    await cluster.settle();
    await cluster.node.fate((pod) => (pod.spec.containers[0]!["image"] === "agent:2" ? "unready" : "ready"));
    await setImage("agent:2");
    expect((await images()).toSorted()).toEqual(["agent:2", "web:1"]);
    await cluster.node.fate(() => "ready");
    await cluster.settle();
    expect(await images()).toEqual(["agent:2"]);
  });

  test("leaves its pod alone until somebody deletes it, with OnDelete", async () => {
    await cluster.client.create(daemonSet({ updateStrategy: { type: "OnDelete" } }));
    await cluster.settle();
    await setImage("agent:2");
    expect(await images()).toEqual(["web:1"]);
    const [pod] = await cluster.list<Pod>("Pod");
    await cluster.client.delete({
      apiVersion: "v1",
      kind: "Pod",
      name: pod!.metadata.name!,
      namespace: "default",
    });
    await cluster.settle();
    expect(await images()).toEqual(["agent:2"]);
  });

  test("wants no pod on a node that its selector leaves out", async () => {
    const template = podTemplate({ app: "agent" });
    template.spec.nodeSelector = { gpu: "yes" };
    await cluster.client.create(daemonSet({ template }));
    await cluster.settle();
    expect(await status()).toMatchObject({ desiredNumberScheduled: 0, numberReady: 0 });
    expect(await images()).toEqual([]);
  });

  test.each([1, 2, 3, 4, 5, 6])(
    "ends in the same state when it is killed at write %i of a rollout",
    async (nth) => {
      await cluster.client.create(daemonSet());
      await cluster.settle();
      cluster.killAtWrite(nth, nth % 2 === 0);
      await setImage("agent:2");
      await cluster.pass(1);
      expect(await images()).toEqual(["agent:2"]);
      expect(await cluster.list("ControllerRevision")).toHaveLength(2);
      expect(await status()).toMatchObject({
        numberAvailable: 1,
        updatedNumberScheduled: 1,
        observedGeneration: 2,
      });
    },
  );
});
