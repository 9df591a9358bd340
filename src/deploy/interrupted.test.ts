import { expect, it } from "vitest";
import type { KubeObject } from "../contract/index.ts";
import { createKubeClient, type Transport } from "../kube/index.ts";
import { deploy, planDeploy } from "./index.ts";
import { configMap, renderingOf, testCluster } from "./testing/testCluster.ts";

it("A deploy that is interrupted while it notes what it begins is known as interrupted, however late that note takes effect", async () => {
  const cluster = await testCluster();
  const ctrlC = new AbortController();
  let late: (() => Promise<unknown>) | undefined;
  const transport: Transport = {
    ...cluster.transport,
    async send(request) {
      const { signal, ...rest } = request;
      if (!ctrlC.signal.aborted && request.method === "PATCH" && request.path.endsWith("-inventory")) {
        ctrlC.abort();
        // As a connection that is given up while its request is on the way.
        if (signal?.aborted === true) {
          late = () => cluster.transport.send(rest);
          throw signal.reason;
        }
      }
      return await cluster.transport.send(request);
    },
  };
  const client = createKubeClient(transport);
  const rendering = renderingOf([configMap("settings", { mode: "one" })]);
  const plan = await planDeploy(rendering, { client });
  await expect(deploy(rendering, plan, { client, signal: ctrlC.signal })).rejects.toMatchObject({
    message: expect.stringContaining("Interrupted: 0 of 1 changes were written") as string,
  });
  await late?.();
  const inventory = await cluster.client.get<KubeObject & { data: { attempt: string } }>({
    apiVersion: "v1",
    kind: "ConfigMap",
    name: "moorage-epidemiology-dev-inventory",
    namespace: "epi",
  });
  expect(JSON.parse(inventory.data.attempt)).toMatchObject({ status: "interrupted" });
  await cluster.close();
});
