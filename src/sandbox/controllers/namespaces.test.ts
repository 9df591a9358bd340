import { afterEach, describe, expect, test } from "vitest";
import type { KubeObject } from "../../contract/index.ts";
import { podTemplate } from "./testing/podTemplate.ts";
import { isGone, testCluster, type TestCluster } from "./testing/testCluster.ts";

let cluster: TestCluster;
afterEach(() => cluster.stop());

const make = async (
  ...objects: [kind: string, apiVersion: string, name: string, rest: object][]
): Promise<void> => {
  await cluster.client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "n" } });
  for (const [kind, apiVersion, name, rest] of objects)
    await cluster.client.create({ apiVersion, kind, metadata: { name, namespace: "n" }, ...rest });
  await cluster.settle();
};
const remove = async (): Promise<void> => {
  await cluster.client.delete({ apiVersion: "v1", kind: "Namespace", name: "n" });
  await cluster.pass(2);
};

describe("a Namespace", () => {
  test("has its service account and the certificate of the authority, also after somebody changed it", async () => {
    cluster = await testCluster({ rootCa: "PEM" });
    await make();
    await cluster.get("ServiceAccount", "default", "n");
    const map = await cluster.get<KubeObject & { data: Record<string, string> }>(
      "ConfigMap",
      "kube-root-ca.crt",
      "n",
    );
    expect(map.data).toEqual({ "ca.crt": "PEM" });
    await cluster.client.replace({ ...map, data: { "ca.crt": "else" } });
    await cluster.settle();
    expect((await cluster.get<typeof map>("ConfigMap", "kube-root-ca.crt", "n")).data).toEqual({
      "ca.crt": "PEM",
    });
    await cluster.client.delete({
      apiVersion: "v1",
      kind: "ServiceAccount",
      name: "default",
      namespace: "n",
    });
    await cluster.settle();
    await cluster.get("ServiceAccount", "default", "n");
  });

  const contents: Parameters<typeof make> = [
    ["ConfigMap", "v1", "c", { data: { a: "b" } }],
    [
      "Deployment",
      "apps/v1",
      "web",
      {
        spec: {
          replicas: 2,
          selector: { matchLabels: { app: "web" } },
          template: podTemplate({ app: "web" }),
        },
      },
    ],
    [
      "PersistentVolumeClaim",
      "v1",
      "data",
      { spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } } },
    ],
    [
      "Job",
      "batch/v1",
      "load",
      {
        spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "main", image: "x" }] } } },
      },
    ],
  ];

  test("goes with everything in it: running pods, claims and their folders", async () => {
    cluster = await testCluster();
    await make(...contents);
    expect(cluster.folders.size).toBe(1);
    await remove();
    expect(await isGone(cluster.get("Namespace", "n"))).toBe(true);
    for (const kind of ["ConfigMap", "Deployment", "ReplicaSet", "Pod", "PersistentVolumeClaim", "Job"])
      expect(await cluster.list(kind, "n")).toEqual([]);
    expect(cluster.folders.size).toBe(0);
  });

  test("stays while a finalizer in it is not met, and says what is left", async () => {
    cluster = await testCluster();
    await make(["ConfigMap", "v1", "c", {}]);
    await cluster.client.patch({ apiVersion: "v1", kind: "ConfigMap", name: "c", namespace: "n" }, "merge", {
      metadata: { finalizers: ["example.org/wait"] },
    });
    await remove();
    const { status } = await cluster.get<
      KubeObject & { status: { phase: string; conditions: KubeObject[] } }
    >("Namespace", "n");
    expect(status).toMatchObject({
      phase: "Terminating",
      conditions: [
        {
          type: "NamespaceContentRemaining",
          status: "True",
          message: "Some resources are remaining: configmaps/c",
        },
      ],
    });
    await cluster.client.patch({ apiVersion: "v1", kind: "ConfigMap", name: "c", namespace: "n" }, "merge", {
      metadata: { finalizers: null },
    });
    await cluster.pass(2);
    expect(await isGone(cluster.get("Namespace", "n"))).toBe(true);
  });

  test.each([1, 2, 4, 8, 12, 16])("goes as well when it is killed at write %i", async (nth) => {
    cluster = await testCluster();
    await make(...contents);
    cluster.killAtWrite(nth, nth % 4 === 0);
    await remove();
    await cluster.pass(5);
    expect(await isGone(cluster.get("Namespace", "n"))).toBe(true);
    expect(cluster.folders.size).toBe(0);
  });
});
