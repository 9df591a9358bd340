import { afterEach, expect, test } from "vitest";
import { podTemplate } from "./testing/podTemplate.ts";
import { testCluster, type TestCluster } from "./testing/testCluster.ts";

let cluster: TestCluster;
afterEach(() => cluster.stop());

test("forgets events an hour after they last happened", async () => {
  cluster = await testCluster();
  const { spec } = podTemplate({});
  await cluster.client.create({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", namespace: "default" },
    spec,
  });
  await cluster.pass(59 * 60);
  expect(await cluster.events("web")).toEqual(["Scheduled x1 Successfully assigned default/web to node"]);
  await cluster.pass(2 * 60);
  expect(await cluster.events("web")).toEqual([]);
});
