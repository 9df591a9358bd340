import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { describeStreams, runs } from "./describeStreams.ts";
import { KubectlProcess } from "./KubectlProcess.ts";
import { eventually, js, pod, startTestSandbox, stay, template } from "./TestSandbox.ts";

describe("the streams of a sandbox's pods", () => {
  describeStreams(async () => {
    const test = await startTestSandbox();
    return { kubeconfig: test.sandbox.kubeconfig, folder: test.folder, close: () => test.close() };
  });
});

it("ends what was started in pods, and what it left behind, with the sandbox", async () => {
  const test = await startTestSandbox();
  const { folder } = test;
  await test.apply(pod("box", template("box", folder, { containers: [js(stay)] })));
  await test.kubectl("wait --for=condition=Ready pod/box --timeout=90s");
  const line = `sh -c 'trap "" TERM HUP; echo $$ > left; sleep 600' > /dev/null 2>&1 & echo $$ > own; echo begun; exec sleep 600`;
  const side = { kubeconfig: test.sandbox.kubeconfig, folder };
  const client = new KubectlProcess(side, ["exec", "box", "--", "sh", "-c", line]);
  await client.said(/begun/);
  const pidIn = (name: string): Promise<number> =>
    // A shell makes the file before it writes.
    eventually(name, async () => Number(readFileSync(join(folder, name), "utf8")) || undefined);
  const pids = [await pidIn("own"), await pidIn("left")];
  await test.sandbox.stop();
  expect(await client.ended).not.toBe(0);
  // Killed; whoever inherited it has yet to take notice.
  await eventually("they are gone", async () => pids.every((pid) => !runs(pid)));
  await test.close();
});
