import { afterEach, expect, test } from "vitest";
import type { KubeObject } from "../../contract/index.ts";
import type { Pod } from "./objects/Pod.ts";
import { testCluster, type TestCluster } from "./testing/testCluster.ts";

let cluster: TestCluster;
afterEach(() => cluster.stop());

/** Lets everything happen, then looks. */
async function eventually<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  await cluster.settle();
  const found = await look();
  if (found === undefined || found === false) throw new Error(`not so: ${what}`);
  return found;
}

const pod = (name: string, spec: Partial<Pod["spec"]> = {}): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "default", labels: { app: "web" } },
  spec: {
    containers: [{ name: "web", image: "web:1", ports: [{ name: "http", containerPort: 8080 }] }],
    ...spec,
  },
});
const service = (more: Record<string, unknown> = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", namespace: "default" },
  spec: {
    selector: { app: "web" },
    ports: [{ name: "http", port: 80, targetPort: "http", protocol: "TCP" }],
    ...more,
  },
});
interface Slice extends KubeObject {
  endpoints: { addresses: string[]; conditions: Record<string, boolean>; targetRef: { name: string } }[];
  ports: unknown[];
}
const slices = (): Promise<Slice[]> => cluster.list<Slice>("EndpointSlice");
const events = async (reason: string): Promise<string[]> =>
  (await cluster.list("Event"))
    .filter((event) => event["reason"] === reason)
    .map((event) => String(event["message"]));

test("lists the pods of a service with their readiness, and the number that a named port has", async () => {
  cluster = await testCluster();
  await cluster.node.fate(({ metadata }) => (metadata.name === "bad" ? "unready" : "ready"));
  await cluster.client.create(service());
  await cluster.client.create(pod("good"));
  await cluster.client.create(pod("bad"));
  const [slice] = await eventually("two endpoints", async () => {
    const all = await slices();
    return all.length === 1 && all[0]!.endpoints.length === 2 && all;
  });
  expect(slice).toMatchObject({
    addressType: "IPv4",
    ports: [{ name: "http", port: 8080, protocol: "TCP" }],
    endpoints: [
      { conditions: { ready: false, serving: false, terminating: false }, targetRef: { name: "bad" } },
      { conditions: { ready: true, serving: true, terminating: false }, targetRef: { name: "good" } },
    ],
  });
  await cluster.settle();
  const before = cluster.writes.length;
  await cluster.client.patch({ ...refOf("Service", "web") }, "merge", {
    metadata: { annotations: { a: "b" } },
  });
  await cluster.settle();
  expect(cluster.writes).toHaveLength(before);
});

test("takes an endpoint away when its pod goes", async () => {
  cluster = await testCluster();
  await cluster.client.create(service());
  await cluster.client.create(pod("one"));
  await eventually("an endpoint", async () => (await slices())[0]?.endpoints.length === 1);
  await cluster.client.delete(refOf("Pod", "one"));
  await cluster.settle();
  expect((await slices())[0]?.endpoints ?? []).toEqual([]);
});

test("says why a pod can't be placed, once", async () => {
  cluster = await testCluster();
  await cluster.client.create(pod("picky", { nodeSelector: { gpu: "yes" } }));
  const refused = await eventually("refused", async () => {
    const live = await cluster.client.get<Pod>(refOf("Pod", "picky"));
    return live.status?.conditions?.find((entry) => entry.type === "PodScheduled");
  });
  expect(refused).toMatchObject({
    status: "False",
    reason: "Unschedulable",
    message: "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.",
  });
  await eventually("an event", async () => (await events("FailedScheduling")).length === 1);
  const claimed = pod("claimed", { volumes: [{ name: "v", persistentVolumeClaim: { claimName: "gone" } }] });
  await cluster.client.create(claimed);
  await eventually("the claim is named", async () =>
    (await events("FailedScheduling")).some((line) =>
      line.includes('persistentvolumeclaim "gone" not found'),
    ),
  );
});

test("places a pod once there is a node that can take it", async () => {
  cluster = await testCluster();
  await cluster.client.patch({ apiVersion: "v1", kind: "Node", name: "node" }, "merge", {
    spec: { unschedulable: true },
  });
  await cluster.client.create(pod("early"));
  await eventually("refused", async () =>
    (await events("FailedScheduling"))[0]?.includes("node(s) were unschedulable"),
  );
  await cluster.client.patch({ apiVersion: "v1", kind: "Node", name: "node" }, "merge", {
    spec: { unschedulable: null },
  });
  await cluster.settle();
  expect((await cluster.get<Pod>("Pod", "early")).spec.nodeName).toBe("node");
});

test("empties a namespace that is deleted, and lets it go", async () => {
  cluster = await testCluster({ rootCa: "PEM" });
  await cluster.client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "n" } });
  const map = { apiVersion: "v1", kind: "ConfigMap", name: "kube-root-ca.crt", namespace: "n" };
  await eventually("its certificate", async () => (await cluster.client.find(map))?.["data"]);
  await eventually("its account", () =>
    cluster.client.find({ apiVersion: "v1", kind: "ServiceAccount", name: "default", namespace: "n" }),
  );
  const inside = pod("p");
  inside.metadata.namespace = "n";
  await cluster.client.create(inside);
  await cluster.client.delete({ apiVersion: "v1", kind: "Namespace", name: "n" });
  await cluster.pass(2);
  await cluster.pass(1);
  await eventually(
    "gone",
    async () => (await cluster.client.find({ apiVersion: "v1", kind: "Namespace", name: "n" })) === undefined,
  );
  expect(
    await cluster.client.find({ apiVersion: "v1", kind: "Pod", name: "p", namespace: "n" }),
  ).toBeUndefined();
});

test("counts the same event up instead of writing it again", async () => {
  cluster = await testCluster();
  const set: KubeObject = {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name: "s", namespace: "default" },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: "s" } },
      template: { metadata: { labels: { app: "s" } }, spec: { containers: [{ name: "c", image: "i" }] } },
    },
  };
  await cluster.client.create(set);
  await eventually("a pod and its event", async () => (await events("SuccessfulCreate")).length === 1);
  const [made] = await cluster.list<Pod>("Pod");
  expect(await events("SuccessfulCreate")).toEqual([`Created pod: ${made!.metadata.name}`]);
});

const refOf = (
  kind: string,
  name: string,
): { apiVersion: string; kind: string; name: string; namespace: string } => ({
  apiVersion: "v1",
  kind,
  name,
  namespace: "default",
});
