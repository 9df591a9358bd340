import { expect, it } from "vitest";
import { systemClock } from "../../kube/Clock.ts";
import { createKubeClient } from "../../kube/createKubeClient.ts";
import { contextOf } from "../DeployContext.ts";
import { configMap, testCluster } from "../testing/testCluster.ts";
import { LiveView } from "./LiveView.ts";

it("One timer serves all who wait: a thousand that waited with one each made a deploy lose its lock", async () => {
  const cluster = await testCluster();
  const end = new AbortController();
  let timers = 0;
  let ring = (): void => {};
  const clock = {
    ...systemClock,
    sleep: async (): Promise<void> => {
      timers += 1;
      await new Promise<void>((done) => (ring = done));
    },
  };
  const view = new LiveView(contextOf({ client: createKubeClient(cluster.transport), clock }), end.signal);
  await view.follow({ apiVersion: "v1", kind: "ConfigMap" }, "epi");
  const all = Array.from({ length: 1000 }, async () => await view.change(1000, view.version));
  expect(timers).toBe(1);
  ring();
  await Promise.all(all);

  const before = view.version;
  const next = view.change(1000, before);
  await cluster.client.create({ ...configMap("a", { b: "1" }), metadata: { name: "a", namespace: "epi" } });
  await next;
  expect(view.version).toBeGreaterThan(before);
  expect(view.ofKind("/ConfigMap", "epi").map(({ metadata }) => metadata.name)).toEqual(["a"]);
  // A change that came before it was waited for is not waited for.
  await view.change(1000, before);
  expect(timers).toBe(2);
  end.abort();
  await cluster.close();
});
