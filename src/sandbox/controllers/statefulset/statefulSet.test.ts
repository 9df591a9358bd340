import { afterEach, expect, test } from "vitest";
import { isTerminating, type Pod } from "../objects/Pod.ts";
import type { ControllerRevision, StatefulSet } from "../objects/workloads.ts";
import { testCluster, type TestCluster } from "../testing/testCluster.ts";

let cluster: TestCluster;
afterEach(() => cluster.stop());

/** Lets everything happen, then looks. */
async function eventually<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  await cluster.settle();
  const found = await look();
  if (found === undefined || found === false) throw new Error(`not so: ${what}`);
  return found;
}

const statefulSet = (more: Partial<StatefulSet["spec"]> = {}): StatefulSet => ({
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: { name: "db", namespace: "default" },
  spec: {
    replicas: 3,
    serviceName: "db",
    selector: { matchLabels: { app: "db" } },
    template: { metadata: { labels: { app: "db" } }, spec: { containers: [{ name: "db", image: "db:1" }] } },
    volumeClaimTemplates: [
      {
        metadata: { name: "data" },
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
      },
    ],
    ...more,
  },
});
const ref = { apiVersion: "apps/v1", kind: "StatefulSet", name: "db", namespace: "default" };
const images = async (): Promise<string[]> =>
  (await cluster.list<Pod>("Pod"))
    .filter((pod) => !isTerminating(pod))
    .map((pod) => `${pod.metadata.name} ${String(pod.spec.containers[0]!["image"])}`)
    .toSorted();
const setImage = (image: string): Promise<unknown> =>
  cluster.client.patch(ref, "strategic", {
    spec: { template: { spec: { containers: [{ name: "db", image }] } } },
  });
const ready = async (): Promise<StatefulSet | false> => {
  const live = await cluster.client.get<StatefulSet>(ref);
  const { status, spec, metadata } = live;
  return (
    status?.observedGeneration === metadata.generation &&
    status?.updatedReplicas === (spec.replicas ?? 1) &&
    status?.readyReplicas === (spec.replicas ?? 1) &&
    live
  );
};

test("makes numbered pods in order, each with its own bound claim", async () => {
  cluster = await testCluster();
  await cluster.client.create(statefulSet());
  const live = await eventually("ready", ready);
  expect(live.status?.currentRevision).toBe(live.status?.updateRevision);
  const made = cluster.writes.filter((write) => write === "POST /api/v1/namespaces/default/pods");
  expect(made).toHaveLength(3);
  const claims = await cluster.list("PersistentVolumeClaim");
  expect(claims.map((claim) => [claim.metadata.name, (claim["status"] as { phase: string }).phase])).toEqual([
    ["data-db-0", "Bound"],
    ["data-db-1", "Bound"],
    ["data-db-2", "Bound"],
  ]);
  const pod = await cluster.client.get<Pod>({
    apiVersion: "v1",
    kind: "Pod",
    name: "db-1",
    namespace: "default",
  });
  // As the real controller makes it, though the name is given.
  expect(pod.metadata.generateName).toBe("db-");
  expect(pod.spec).toMatchObject({
    hostname: "db-1",
    subdomain: "db",
    volumes: expect.arrayContaining([
      { name: "data", persistentVolumeClaim: { claimName: "data-db-1" } },
    ]) as unknown,
  });
});

test("waits with the second pod until the first is ready, unless it is parallel", async () => {
  cluster = await testCluster();
  await cluster.node.fate(() => "unready");
  await cluster.client.create(statefulSet());
  await eventually("a pod", async () => (await images()).length > 0);
  await cluster.settle();
  expect(await images()).toEqual(["db-0 db:1"]);
  const parallel = statefulSet({ podManagementPolicy: "Parallel", selector: { matchLabels: { app: "p" } } });
  parallel.metadata.name = "p";
  parallel.spec.template.metadata = { labels: { app: "p" } };
  await cluster.client.create(parallel);
  await eventually("all three", async () => (await images()).length === 4);
});

test("updates from the last to the partition, and keeps what is below at the old revision", async () => {
  cluster = await testCluster();
  await cluster.client.create(
    statefulSet({ updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 2 } } }),
  );
  await eventually("ready", ready);
  await setImage("db:2");
  await eventually("the last is new", async () => (await images()).includes("db-2 db:2"));
  await cluster.settle();
  expect(await images()).toEqual(["db-0 db:1", "db-1 db:1", "db-2 db:2"]);
  await cluster.client.delete({ apiVersion: "v1", kind: "Pod", name: "db-0", namespace: "default" });
  await eventually("db-0 is back as it was", async () => (await images())[0] === "db-0 db:1");
  await cluster.client.patch(ref, "merge", { spec: { updateStrategy: { rollingUpdate: { partition: 0 } } } });
  await eventually(
    "all new",
    async () => (await images()).every((line) => line.endsWith("db:2")) && (await ready()),
  );
  expect(await cluster.list<ControllerRevision>("ControllerRevision")).toHaveLength(2);
});

test("waits for a broken pod also after its template was mended, until somebody deletes it", async () => {
  cluster = await testCluster();
  await cluster.node.fate((pod) => (pod.spec.containers[0]!["image"] === "db:bad" ? "unready" : "ready"));
  await cluster.client.create(statefulSet());
  await eventually("ready", ready);
  await setImage("db:bad");
  await eventually("a bad pod", async () => (await images()).includes("db-2 db:bad"));
  await setImage("db:3");
  await cluster.settle();
  expect(await images()).toEqual(["db-0 db:1", "db-1 db:1", "db-2 db:bad"]);
  await cluster.client.delete({ apiVersion: "v1", kind: "Pod", name: "db-2", namespace: "default" });
  await eventually("ready again", ready);
  expect(await images()).toEqual(["db-0 db:3", "db-1 db:3", "db-2 db:3"]);
});

test("lets the claims of surplus pods go with them when it shall", async () => {
  cluster = await testCluster();
  await cluster.client.create(
    statefulSet({ persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Delete" } }),
  );
  await eventually("ready", ready);
  const doomed = (await cluster.list<Pod>("Pod")).find(({ metadata }) => metadata.name === "db-2")!;
  await cluster.client.patch(ref, "merge", { spec: { replicas: 2 } });
  await cluster.settle();
  const claims = await cluster.list("PersistentVolumeClaim");
  const owners = claims.map(({ metadata }) => [
    metadata.name,
    metadata.ownerReferences?.map(({ uid }) => uid),
  ]);
  // The garbage collector does the rest.
  expect(owners.at(-1)).toEqual([expect.stringContaining("db-2"), [doomed.metadata.uid]]);
  expect(owners.slice(0, -1).map(([, uids]) => uids)).toEqual([undefined, undefined]);
});

test("scales down from the last, and keeps the claims", async () => {
  cluster = await testCluster();
  await cluster.client.create(statefulSet());
  await eventually("ready", ready);
  await cluster.client.patch(ref, "merge", { spec: { replicas: 1 } });
  await eventually("one left", async () => (await images()).join() === "db-0 db:1");
  expect(await cluster.list("PersistentVolumeClaim")).toHaveLength(3);
});

test("ends in the same state wherever it is killed", async () => {
  for (let write = 1; write <= 12; write++) {
    cluster = await testCluster();
    await cluster.client.create(statefulSet());
    await eventually("ready", ready);
    await cluster.settle();
    cluster.killAtWrite(write);
    await setImage("db:2");
    await eventually(
      `updated after a kill at write ${write}`,
      async () => (await images()).every((line) => line.endsWith("db:2")) && (await ready()),
    );
    expect(await cluster.list("ControllerRevision")).toHaveLength(2);
    if (write < 12) await cluster.stop();
  }
});
