import { afterAll, beforeAll, expect, it } from "vitest";
import type { Pod } from "./Pod.ts";
import { isReady, testNode, type TestNode } from "./testing/testNode.ts";

let cluster: TestNode;
beforeAll(async () => {
  cluster = await testNode({ simulate: "rest" });
});
afterAll(() => cluster.stop());

it("runs the pods that say how, lets the others pretend, and each has an address of its own", async () => {
  const cwd = cluster.program({ "main.js": `console.log("for real"); setInterval(() => {}, 1000);` });
  const container = { name: "main", image: "x", command: [process.execPath, "main.js"] };
  await cluster.pod("real", { containers: [container] }, { main: { cwd } });
  await cluster.client.create<Pod>({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "pretends", namespace: "default" },
    spec: { nodeName: "sandbox", containers: [container] },
  });
  const addresses: (string | undefined)[] = [];
  for (const [name, says] of [
    ["real", "for real\n"],
    ["pretends", "This pod only pretends to run.\n"],
  ] as const) {
    const pod = await cluster.eventually(`${name} is ready`, async () => {
      const found = await cluster.getPod(name);
      return isReady(found) && found;
    });
    addresses.push(pod.status?.podIP);
    await cluster.eventually(`the log of ${name}`, async () => (await cluster.logs(name)) === says);
  }
  expect(new Set(addresses).size).toBe(2);
  for (const name of ["real", "pretends"]) {
    await cluster.client.delete({ apiVersion: "v1", kind: "Pod", name, namespace: "default" });
    await cluster.eventually(`${name} is gone`, async () => (await cluster.getPod(name)) === undefined);
  }
});
