import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Pod } from "../objects/Pod.ts";
import { isGone, testCluster, type TestCluster } from "../testing/testCluster.ts";
import type { Claim, StorageClass, Volume } from "./objects.ts";

let cluster: TestCluster;
beforeEach(async () => {
  cluster = await testCluster();
});
afterEach(() => cluster.stop());

const claim = (name = "data", spec: Partial<Claim["spec"]> = {}): Claim => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name, namespace: "default" },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, ...spec },
});
const volume = (name: string, storage: string, spec: Partial<Volume["spec"]> = {}): Volume => ({
  apiVersion: "v1",
  kind: "PersistentVolume",
  metadata: { name },
  spec: {
    accessModes: ["ReadWriteOnce", "ReadOnlyMany"],
    capacity: { storage },
    hostPath: { path: `/mine/${name}` },
    storageClassName: "",
    ...spec,
  },
});
const remove = async (name = "data"): Promise<void> => {
  await cluster.client.delete({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    name,
    namespace: "default",
  });
  await cluster.settle();
};

describe("a PersistentVolumeClaim", () => {
  test("gets a folder of its own through the default class", async () => {
    await cluster.client.create(claim());
    await cluster.settle();
    const bound = await cluster.get<Claim>("PersistentVolumeClaim", "data");
    expect(bound.status).toEqual({
      phase: "Bound",
      accessModes: ["ReadWriteOnce"],
      capacity: { storage: "1Gi" },
    });
    expect(bound.spec.storageClassName).toBe("moorage-folder");
    const path = `/volumes/default.data.${bound.metadata.uid!.slice(0, 8)}`;
    expect([...cluster.folders]).toEqual([path]);
    const [made] = await cluster.list<Volume>("PersistentVolume");
    expect(made).toMatchObject({
      metadata: { name: bound.spec.volumeName },
      spec: {
        hostPath: { path },
        claimRef: { name: "data", uid: bound.metadata.uid },
        persistentVolumeReclaimPolicy: "Delete",
      },
      status: { phase: "Bound" },
    });
    const [storageClass] = await cluster.list<StorageClass>("StorageClass");
    expect(storageClass!.metadata.annotations).toEqual({
      "storageclass.kubernetes.io/is-default-class": "true",
    });
  });

  test("gets a folder too when its class is one of a cluster that is not here", async () => {
    await cluster.client.create(claim("data", { storageClassName: "ceph-rbd" }));
    await cluster.settle();
    expect((await cluster.get<Claim>("PersistentVolumeClaim", "data")).status?.phase).toBe("Bound");
  });

  test("takes its volume and its folder with it when it goes", async () => {
    await cluster.client.create(claim());
    await cluster.settle();
    await remove();
    expect(await isGone(cluster.get("PersistentVolumeClaim", "data"))).toBe(true);
    expect(await cluster.list("PersistentVolume")).toEqual([]);
    expect([...cluster.folders]).toEqual([]);
  });

  test("stays, with its folder, until the last pod that uses it has ended", async () => {
    await cluster.client.create(claim());
    const pod: Pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "user", namespace: "default" },
      spec: {
        containers: [{ name: "main", image: "x" }],
        volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }],
      },
    };
    await cluster.client.create(pod);
    await cluster.settle();
    await remove();
    expect(cluster.folders.size).toBe(1);
    expect((await cluster.get("PersistentVolumeClaim", "data")).metadata.deletionTimestamp).toBeDefined();
    await cluster.client.delete({ apiVersion: "v1", kind: "Pod", name: "user", namespace: "default" });
    await cluster.settle();
    expect(cluster.folders.size).toBe(0);
    expect(await isGone(cluster.get("PersistentVolumeClaim", "data"))).toBe(true);
  });

  test("takes the smallest volume that fits when it wants one that exists", async () => {
    for (const [name, size] of [
      ["large", "10Gi"],
      ["small", "500Mi"],
      ["fitting", "2Gi"],
    ] as const)
      await cluster.client.create(volume(name, size));
    await cluster.settle();
    await cluster.client.create(claim("data", { storageClassName: "" }));
    await cluster.settle();
    const bound = await cluster.get<Claim>("PersistentVolumeClaim", "data");
    expect(bound.spec.volumeName).toBe("fitting");
    expect(bound.status?.capacity).toEqual({ storage: "2Gi" });
    expect(
      (await cluster.list<Volume>("PersistentVolume")).map(
        ({ metadata, status }) => `${metadata.name} ${status?.phase}`,
      ),
    ).toEqual(["fitting Bound", "large Available", "small Available"]);
    await remove();
    // A volume that somebody made is kept, with what is in it.
    expect((await cluster.get<Volume>("PersistentVolume", "fitting")).status?.phase).toBe("Released");
  });

  test("takes the volume that it names, and waits for it", async () => {
    await cluster.client.create(claim("data", { storageClassName: "", volumeName: "nfs" }));
    await cluster.settle();
    expect((await cluster.get<Claim>("PersistentVolumeClaim", "data")).status?.phase).toBe("Pending");
    await cluster.client.create(volume("nfs", "5Gi"));
    await cluster.settle();
    expect((await cluster.get<Claim>("PersistentVolumeClaim", "data")).status?.phase).toBe("Bound");
  });

  test("grows when it is bound", async () => {
    await cluster.client.create(claim());
    await cluster.settle();
    await cluster.edit<Claim>(
      "PersistentVolumeClaim",
      "data",
      ({ spec }) => (spec.resources = { requests: { storage: "3Gi" } }),
    );
    await cluster.settle();
    expect((await cluster.get<Claim>("PersistentVolumeClaim", "data")).status?.capacity).toEqual({
      storage: "3Gi",
    });
  });

  test("never removes a folder outside its own, whatever a volume says", async () => {
    await cluster.client.create(claim());
    await cluster.settle();
    const [made] = await cluster.list<Volume>("PersistentVolume");
    const path = made!.spec.hostPath!.path;
    await cluster.client.delete({ apiVersion: "v1", kind: "PersistentVolume", name: made!.metadata.name! });
    // A bound volume is protected; whoever forges one has to get past that.
    await cluster.edit<Volume>("PersistentVolume", made!.metadata.name!, ({ metadata }) => {
      metadata.finalizers = [];
    });
    await cluster.client.create({
      ...volume(made!.metadata.name!, "1Gi", { ...made!.spec, hostPath: { path: "/home" } }),
      metadata: { name: made!.metadata.name!, annotations: made!.metadata.annotations },
    });
    await remove();
    expect([...cluster.folders]).toEqual([path]);
  });

  test.each([1, 2, 3, 4, 5, 6, 7])("is bound to one volume when it is killed at write %i", async (nth) => {
    cluster.killAtWrite(nth, nth % 2 === 1);
    await cluster.client.create(claim());
    await cluster.pass(1);
    const volumes = await cluster.list<Volume>("PersistentVolume");
    expect(volumes.map(({ status }) => status?.phase)).toEqual(["Bound"]);
    expect((await cluster.get<Claim>("PersistentVolumeClaim", "data")).status?.phase).toBe("Bound");
    expect(cluster.folders.size).toBe(1);
    const before = cluster.writes.length;
    cluster.killAtWrite(0);
    await cluster.restart();
    expect(cluster.writes.slice(before)).toEqual([]);
  });
});
