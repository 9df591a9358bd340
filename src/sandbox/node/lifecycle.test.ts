import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { isReady, testNode, type TestNode } from "./testing/testNode.ts";

let cluster: TestNode;
afterEach(() => cluster.stop());

const node = process.execPath;
const js = (line: string, extra: object = {}) => ({
  name: "main",
  image: "example.org/x:1",
  command: [node, "-e", line],
  ...extra,
});
const stay = "console.log(process.pid); setInterval(() => {}, 1000);";
const deaf = `process.on('SIGTERM', () => console.log('no')); ${stay}`;
const ref = (name: string) => ({ apiVersion: "v1", kind: "Pod", name, namespace: "default" });
const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
/** Starts a pod and tells its process' number. */
async function started(name: string, line: string, extra: object = {}): Promise<number> {
  await cluster.pod(name, { containers: [js(line)], ...extra }, { main: { cwd: cluster.program({}) } });
  return cluster.eventually(
    "a number",
    async () => Number((await cluster.logs(name)).split("\n")[0]) || undefined,
  );
}

it("kills after the grace period, and takes the pod's folder away", async () => {
  cluster = await testNode();
  const pid = await started("deaf", deaf, { terminationGracePeriodSeconds: 1 });
  const pod = await cluster.getPod("deaf");
  await cluster.client.delete(ref("deaf"));
  await cluster.eventually("its end", async () => (await cluster.getPod("deaf")) === undefined);
  expect(alive(pid)).toBe(false);
  await cluster.eventually(
    "its folder's end",
    async () => !existsSync(join(cluster.stateDir, "pods", pod?.metadata.uid ?? "")),
  );
});

it("does not wait for a grace period when deleted by force", async () => {
  cluster = await testNode();
  const pid = await started("forced", deaf, { terminationGracePeriodSeconds: 600 });
  await cluster.client.delete(ref("forced"));
  await cluster.client.delete(ref("forced"), { gracePeriodSeconds: 0 });
  expect(await cluster.eventually("its end", async () => !alive(pid))).toBe(true);
});

it("leaves no process behind when it stops, also not one that ignores signals or left its group", async () => {
  cluster = await testNode();
  const pid = await started("deaf", deaf, { terminationGracePeriodSeconds: 600 });
  const spawner = `const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' }); console.log(child.pid); setInterval(() => {}, 1000);`;
  const stray = await started("spawner", spawner);
  await cluster.node.stop();
  await cluster.eventually("their end", async () => !alive(pid) && !alive(stray));
  expect(readdirSync(join(cluster.stateDir, "processes"))).toEqual([]);
});

it("starts what ran again after a restart, as a restart of its containers, and cleans what was deleted meanwhile", async () => {
  cluster = await testNode();
  const pid = await started("kept", stay);
  await started("dropped", stay);
  await started("done", "console.log(1)", { restartPolicy: "Never" });
  await cluster.eventually("done", async () => (await cluster.getPod("done"))?.status?.phase === "Succeeded");
  await cluster.node.stop();
  await cluster.client.delete(ref("dropped"), { gracePeriodSeconds: 0 });
  await cluster.restart();
  const pod = await cluster.eventually("ready again", async () => {
    const found = await cluster.getPod("kept");
    return isReady(found) && found.status?.containerStatuses?.[0]?.restartCount === 1 ? found : undefined;
  });
  expect(pod.status?.containerStatuses?.[0]?.lastState.terminated?.reason).toBe("ContainerStatusUnknown");
  expect(Number(await cluster.logs("kept"))).not.toBe(pid);
  expect(await cluster.logs("kept", { previous: true })).toBe(`${pid}\n`);
  expect((await cluster.getPod("done"))?.status?.phase).toBe("Succeeded");
  expect(await cluster.logs("done")).toBe("1\n");
  expect(readdirSync(join(cluster.stateDir, "pods"))).toHaveLength(2);
});

it("registers itself with a Lease", async () => {
  cluster = await testNode();
  const found = await cluster.client.get({ apiVersion: "v1", kind: "Node", name: cluster.node.name });
  expect(found["status"]).toMatchObject({
    conditions: expect.arrayContaining([
      expect.objectContaining({ type: "Ready", status: "True" }),
    ]) as unknown,
  });
  await cluster.eventually("a lease", () =>
    cluster.client.find({
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      name: cluster.node.name,
      namespace: "kube-node-lease",
    }),
  );
});

it("pretends only, when told to: pods are ready, jobs complete, the deleted go", async () => {
  cluster = await testNode({ simulate: true });
  const names = Array.from({ length: 60 }, (_nothing, at) => `many-${at}`);
  await Promise.all(names.map((name) => cluster.pod(name, { containers: [js(stay)] }, {})));
  await cluster.pod("job", { restartPolicy: "Never", containers: [js("")] }, {});
  await cluster.eventually("all ready", async () =>
    (await Promise.all(names.map((name) => cluster.getPod(name)))).every(isReady),
  );
  await cluster.eventually(
    "complete",
    async () => (await cluster.getPod("job"))?.status?.phase === "Succeeded",
  );
  await cluster.client.delete(ref("many-0"));
  await cluster.eventually("gone", async () => (await cluster.getPod("many-0")) === undefined);
  expect(await cluster.logs("many-1")).toContain("only pretends");
});

it("fails a pod that is to run once when the sandbox stopped meanwhile, so that its job makes another", async () => {
  cluster = await testNode();
  await started("once", stay, { restartPolicy: "Never" });
  await cluster.restart();
  const pod = await cluster.eventually("its failure", async () => {
    const found = await cluster.getPod("once");
    return found?.status?.phase === "Failed" ? found : undefined;
  });
  expect(pod.status?.containerStatuses?.[0]).toMatchObject({
    restartCount: 0,
    state: { terminated: { exitCode: 137, reason: "ContainerStatusUnknown" } },
  });
});
