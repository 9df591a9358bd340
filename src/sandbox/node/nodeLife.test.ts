import { afterAll, beforeAll, expect, it } from "vitest";
import type { KubeObject } from "../../contract/index.ts";
import { startSimulatedSandbox, type SimulatedSandbox } from "../startSimulatedSandbox.ts";
import type { Pod } from "./Pod.ts";

interface Node extends KubeObject {
  status: { conditions: { type: string; lastHeartbeatTime: string; lastTransitionTime: string }[] };
}
interface Lease extends KubeObject {
  spec: { renewTime: string };
}

const start = Date.parse("2026-03-02T08:00:00Z");
let sandbox: SimulatedSandbox;
beforeAll(async () => {
  sandbox = await startSimulatedSandbox({ start });
});
afterAll(() => sandbox.stop());

it("renews its Lease every ten seconds, and says every five minutes that its conditions hold", async () => {
  const read = <T extends KubeObject>(apiVersion: string, kind: string, namespace?: string): Promise<T> =>
    sandbox.run(sandbox.client.get<T>({ apiVersion, kind, name: "sandbox", namespace }));
  await sandbox.pass(9 * 60_000);
  const { spec } = await read<Lease>("coordination.k8s.io/v1", "Lease", "kube-node-lease");
  expect(sandbox.clock.now() - Date.parse(spec.renewTime)).toBeLessThanOrEqual(10_000);
  const { status } = await read<Node>("v1", "Node");
  for (const { lastHeartbeatTime, lastTransitionTime } of status.conditions) {
    expect(Date.parse(lastHeartbeatTime) - start).toBeGreaterThanOrEqual(5 * 60_000);
    expect(Date.parse(lastTransitionTime) - start).toBeLessThan(60_000);
  }
});

it.each([
  ["that nobody follows, at once", {}, 0],
  ["of a StatefulSet, after a second", { "statefulset.kubernetes.io/pod-name": "ring-0" }, 1000],
])("lets a pod go %s", async (_what, labels, after) => {
  const ref = { apiVersion: "v1", kind: "Pod", name: "ring-0", namespace: "default" };
  const { client, clock } = sandbox;
  const metadata = { name: ref.name, namespace: ref.namespace, labels };
  await sandbox.run(
    client.create<Pod>({
      apiVersion: "v1",
      kind: "Pod",
      metadata,
      spec: { nodeName: "sandbox", containers: [{ name: "main", image: "x" }] },
    }),
  );
  await sandbox.pass(1000);
  const asked = clock.now();
  await sandbox.run(client.delete(ref));
  while ((await sandbox.run(client.find(ref))) !== undefined) await sandbox.pass(50);
  const took = clock.now() - asked;
  expect(took).toBeGreaterThanOrEqual(after);
  expect(took).toBeLessThan(after + 200);
});
