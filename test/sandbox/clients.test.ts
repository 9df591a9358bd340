import { readFileSync } from "node:fs";
import {
  AppsV1Api,
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  makeInformer,
  Watch,
  type V1ConfigMap,
} from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually, startTestSandbox, type TestSandbox } from "./TestSandbox.ts";

let test: TestSandbox;
let config: KubeConfig;
beforeAll(async () => {
  test = await startTestSandbox();
  config = new KubeConfig();
  config.loadFromString(readFileSync(test.sandbox.kubeconfig, "utf8"));
});
afterAll(() => test.close());

it("serves the official JavaScript client: create, list, replace, delete, and an informer that sees it", async () => {
  const core = config.makeApiClient(CoreV1Api);
  const namespace = "default";
  const seen: string[] = [];
  const informer = makeInformer<V1ConfigMap>(
    config,
    `/api/v1/namespaces/${namespace}/configmaps`,
    () => core.listNamespacedConfigMap({ namespace, labelSelector: "team=a" }),
    "team=a",
  );
  for (const event of ["add", "update", "delete"] as const)
    informer.on(event, (object) => void seen.push(`${event} ${object.metadata?.name} ${object.data?.["a"]}`));
  const body = (name: string, team: string) => ({ metadata: { name, labels: { team } }, data: { a: "1" } });
  await core.createNamespacedConfigMap({ namespace, body: body("early", "a") });
  await informer.start();
  try {
    const made = await core.createNamespacedConfigMap({ namespace, body: body("late", "a") });
    await core.createNamespacedConfigMap({ namespace, body: body("other", "b") });
    await core.replaceNamespacedConfigMap({
      namespace,
      name: "late",
      body: Object.assign({}, made, { data: { a: "2" } }),
    });
    await core.deleteNamespacedConfigMap({ namespace, name: "early" });
    await eventually("all events", async () => seen.length >= 4);
    expect(seen).toEqual(["add early 1", "add late 1", "update late 2", "delete early 1"]);
    const { items } = await core.listNamespacedConfigMap({ namespace, labelSelector: "team in (a, b)" });
    expect(items.map(({ metadata }) => metadata?.name)).toEqual(["late", "other"]);
    const stale = core.replaceNamespacedConfigMap({ namespace, name: "late", body: made });
    await expect(stale).rejects.toMatchObject({ code: 409 });
  } finally {
    await informer.stop();
  }
});

it("serves its watches, scale and custom objects", async () => {
  const apps = config.makeApiClient(AppsV1Api);
  const labels = { app: "idle" };
  await apps.createNamespacedDeployment({
    namespace: "default",
    body: {
      metadata: { name: "idle" },
      spec: {
        replicas: 0,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: "main", image: "x:1" }] } },
      },
    },
  });
  const scale = await apps.readNamespacedDeploymentScale({ namespace: "default", name: "idle" });
  expect(scale.spec?.replicas ?? 0).toBe(0);
  const types: string[] = [];
  const request = await new Watch(config).watch(
    "/apis/apps/v1/namespaces/default/deployments",
    {},
    (type) => void types.push(type),
    () => {},
  );
  await eventually("an event", async () => types.includes("ADDED"));
  request.abort();
  const custom = config.makeApiClient(CustomObjectsApi);
  const body = {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name: "r" },
    spec: { hostnames: ["r.example.org"] },
  };
  const at = {
    group: "gateway.networking.k8s.io",
    version: "v1",
    namespace: "default",
    plural: "httproutes",
  };
  await custom.createNamespacedCustomObject({ ...at, body });
  expect(await custom.listNamespacedCustomObject(at)).toMatchObject({
    kind: "HTTPRouteList",
    items: [{ metadata: { name: "r", generation: 1 } }],
  });
});
