import { afterEach, beforeEach, expect, it } from "vitest";
import type { KubeObject } from "../../contract/index.ts";
import { createKubeClient } from "../../kube/createKubeClient.ts";
import type { KubeClient } from "../../kube/KubeClient.ts";
import { createApiServer, type ApiServer } from "./createApiServer.ts";
import { GarbageCollector } from "./garbageCollector.ts";

let api: ApiServer;
let client: KubeClient;
let collector: GarbageCollector;
beforeEach(() => {
  api = createApiServer();
  client = createKubeClient(api.transport());
  collector = new GarbageCollector(api.store, api.transport());
});
afterEach(async () => {
  await collector.close();
  await api.close();
});

const configMap = (name: string, ...owners: KubeObject[]): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: {
    name,
    namespace: "default",
    ownerReferences: owners.map(({ apiVersion, kind, metadata }) => ({
      apiVersion,
      kind,
      name: metadata.name ?? "",
      uid: metadata.uid ?? "",
      blockOwnerDeletion: true,
    })),
  },
});
const ref = (name: string) => ({ apiVersion: "v1", kind: "ConfigMap", namespace: "default", name });
const exists = async (name: string): Promise<boolean> => (await client.find(ref(name))) !== undefined;

it("deletes what is owned by what is gone, down the line", async () => {
  const owner = await client.create(configMap("owner"));
  const child = await client.create(configMap("child", owner));
  await client.create(configMap("grandchild", child));
  await client.delete(ref("owner"));
  await expect.poll(async () => await exists("grandchild")).toBe(false);
  expect(await exists("child")).toBe(false);
});

it("keeps what has another owner left, without the one that is gone", async () => {
  const [one, two] = [await client.create(configMap("one")), await client.create(configMap("two"))];
  await client.create(configMap("child", one, two));
  await client.delete(ref("one"));
  await expect.poll(async () => (await client.get(ref("child"))).metadata.ownerReferences?.length).toBe(1);
  expect((await client.get(ref("child"))).metadata.ownerReferences?.[0]?.name).toBe("two");
});

it("leaves dependents alone when asked to orphan them", async () => {
  const owner = await client.create(configMap("owner"));
  await client.create(configMap("child", owner));
  await client.delete(ref("owner"), { propagation: "Orphan" });
  await expect.poll(async () => await exists("owner")).toBe(false);
  expect((await client.get(ref("child"))).metadata.ownerReferences).toBeUndefined();
});

it("lets an owner that is deleted in the foreground go last", async () => {
  const owner = await client.create(configMap("owner"));
  await client.create({
    ...configMap("child", owner),
    metadata: { ...configMap("child", owner).metadata, finalizers: ["example.org/hold"] },
  });
  await client.delete(ref("owner"), { propagation: "Foreground" });
  await expect.poll(async () => (await client.get(ref("child"))).metadata.deletionTimestamp).toBeDefined();
  expect(await exists("owner")).toBe(true);
  await client.patch(ref("child"), "merge", { metadata: { finalizers: null } });
  await expect.poll(async () => await exists("owner")).toBe(false);
});

// Found by asking a real API server the same: an owner whose kind nobody serves may come back with its definition.
it("waits with what is owned by a kind that nobody serves", async () => {
  const owner: KubeObject = {
    apiVersion: "example.org/v1",
    kind: "Boat",
    metadata: { name: "ketch", uid: "4a7f8f5e-0000-4000-8000-000000000000" },
  };
  await client.create(configMap("cargo", owner));
  const gone = await client.create(configMap("gone"));
  await client.create(configMap("later", gone));
  await client.delete(ref("gone"));
  await expect.poll(async () => await exists("later")).toBe(false);
  expect(await exists("cargo")).toBe(true);
});
