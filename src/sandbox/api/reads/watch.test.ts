import { expect, test } from "vitest";
import type { KubeObject, WatchEvent } from "../../../contract/index.ts";
import { createKubeClient } from "../../../kube/createKubeClient.ts";
import { administrator, createApiServer, Store, type ApiServer } from "../index.ts";

const path = "/api/v1/namespaces/default/configmaps";
const configMap = (name: string, labels: Record<string, string> = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default", labels },
});

async function watching(api: ApiServer, query: Record<string, string | number | boolean>) {
  const response = await api.transport().send({ method: "GET", path, query: { watch: true, ...query } });
  const lines = response.lines()[Symbol.asyncIterator]();
  return {
    status: response.status,
    async next(): Promise<WatchEvent<KubeObject & { code?: number; reason?: string }>> {
      const { value, done } = await lines.next();
      if (done === true) throw new Error("the watch ended");
      return JSON.parse(value) as WatchEvent;
    },
    ended: async (): Promise<boolean> => (await lines.next()).done === true,
  };
}

const brief = ({ type, object }: WatchEvent): string => `${type} ${object.metadata.name ?? ""}`;

test("marks the end of the initial events, for clients that ask", async () => {
  const api = createApiServer();
  const client = createKubeClient(api.transport());
  await client.create(configMap("a"));
  const watch = await watching(api, {
    sendInitialEvents: true,
    allowWatchBookmarks: true,
    resourceVersionMatch: "NotOlderThan",
    resourceVersion: "",
  });
  expect(brief(await watch.next())).toBe("ADDED a");
  const mark = await watch.next();
  expect(mark).toMatchObject({
    type: "BOOKMARK",
    object: { metadata: { annotations: { "k8s.io/initial-events-end": "true" } } },
  });
  await client.create(configMap("b"));
  expect(brief(await watch.next())).toBe("ADDED b");
  await api.close();
  expect(await watch.ended()).toBe(true);
});

test("shows an object that comes to match a selector as added, and one that ceases to as deleted", async () => {
  const api = createApiServer();
  const client = createKubeClient(api.transport());
  const { metadata } = await client.create(configMap("a", { tier: "front" }));
  const watch = await watching(api, {
    labelSelector: "tier in (front)",
    resourceVersion: metadata.resourceVersion ?? "",
  });
  await client.create(configMap("other"));
  await client.patch({ ...configMap("a"), name: "a", namespace: "default" }, "merge", {
    metadata: { labels: { tier: "back" } },
  });
  const gone = await watch.next();
  expect(brief(gone)).toBe("DELETED a");
  expect(gone.object.metadata.labels).toEqual({ tier: "front" });
  await client.patch({ ...configMap("a"), name: "a", namespace: "default" }, "merge", {
    metadata: { labels: { tier: "front" } },
  });
  expect(brief(await watch.next())).toBe("ADDED a");
  await api.close();
});

test("says Expired when what a client wants to know is forgotten", async () => {
  const store = new Store({ historyLength: 2 });
  const api = createApiServer({ store });
  const client = createKubeClient(api.transport());
  const first = await client.create(configMap("a"));
  for (const name of ["b", "c", "d", "e", "f"]) await client.create(configMap(name));
  const watch = await watching(api, { resourceVersion: first.metadata.resourceVersion ?? "" });
  expect(await watch.next()).toMatchObject({ type: "ERROR", object: { code: 410, reason: "Expired" } });
  expect(await watch.ended()).toBe(true);
  await api.close();
});

test("gives up a reader that does not read, and nobody else", async () => {
  const store = new Store();
  const api = createApiServer({ store });
  const reading = await watching(api, {});
  const response = await api.handle({
    method: "GET",
    path,
    query: new URLSearchParams({ watch: "true" }),
    headers: {},
    body: new Uint8Array(),
    user: administrator,
  });
  for (let i = 0; i < 10_500; i++) {
    store.put("configmaps", "default/a", configMap("a"));
    if (i % 100 === 99) for (let read = 0; read < 100; read++) await reading.next();
  }
  expect(response.abandoned?.aborted).toBe(true);
  await api.close();
});

test("refuses a list and a watch from the future, so that nobody goes back in time", async () => {
  const api = createApiServer();
  for (const query of [{ resourceVersion: 1_000_000 }, { resourceVersion: 1_000_000, watch: true }]) {
    const response = await api.transport().send({ method: "GET", path, query });
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({
      reason: "Timeout",
      details: { causes: [{ reason: "ResourceVersionTooLarge" }] },
    });
  }
  await api.close();
});

test("shows one moment to a client that reads a list in pages", async () => {
  const api = createApiServer();
  const client = createKubeClient(api.transport());
  for (const name of ["a", "b", "c", "d"]) await client.create(configMap(name));
  const page = async (query: Record<string, string | number>) =>
    (await (await api.transport().send({ method: "GET", path, query })).json()) as {
      items: KubeObject[];
      metadata: { continue?: string; resourceVersion: string; remainingItemCount?: number };
    };
  const first = await page({ limit: 2 });
  expect(first.metadata.remainingItemCount).toBe(2);
  await client.delete({ apiVersion: "v1", kind: "ConfigMap", namespace: "default", name: "d" });
  await client.create(configMap("e"));
  const second = await page({ limit: 2, continue: first.metadata.continue ?? "" });
  expect([...first.items, ...second.items].map(({ metadata }) => metadata.name)).toEqual([
    "a",
    "b",
    "c",
    "d",
  ]);
  expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  await api.close();
});
