import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { programsOf } from "../tools/programsOf.ts";
import { eventually, js, pod, startTestSandbox, stay, template, type TestSandbox } from "./TestSandbox.ts";

let test: TestSandbox;
/** Its own: the front door's port goes by the name, and while a sandbox is stopped another one of that name may take it. */
const platform = `restarts-${process.pid}`;
beforeEach(async () => {
  test = await startTestSandbox({ platform });
});
afterEach(() => test.close());

/** Process ids of programs that run for the sandbox of this test. Where there is no /proc these tests are left out. */
const programs = (): number[] => programsOf(test.stateDir).map(({ pid }) => pid);

const store = () => ({
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: { name: "store" },
  spec: {
    serviceName: "store",
    replicas: 1,
    selector: { matchLabels: { app: "store" } },
    volumeClaimTemplates: [
      {
        metadata: { name: "data" },
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
      },
    ],
    template: template("store", test.folder, {
      containers: [
        js(
          `const fs = require("node:fs"), file = process.argv[1] + "/starts";
           fs.appendFileSync(file, "x"); console.log("starts: " + fs.readFileSync(file, "utf8")); ${stay}`,
          { args: ["/data"], volumeMounts: [{ name: "data", mountPath: "/data" }] },
        ),
      ],
    }),
  },
});

const oneProgram = (): Promise<number> =>
  eventually("one program", async () => {
    const found = programs();
    return found.length === 1 ? found[0] : undefined;
  });

describe.skipIf(process.platform !== "linux")("a sandbox that stops", () => {
  it("comes back with objects, data and running pods, and a new token", async () => {
    await test.apply(store(), {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "kept" },
      data: { a: "1" },
    });
    await test.kubectl("rollout status statefulset/store --timeout=90s");
    await eventually("the first start", async () =>
      (await test.kubectl("logs store-0")).includes("starts: x"),
    );
    const before = await test.get("cm kept");
    const { uid } = (await test.get("pod store-0")).metadata;
    const token = (): string =>
      parse(readFileSync(test.sandbox.kubeconfig, "utf8")).users[0].user.token as string;
    const tokenBefore = token();
    const pid = await oneProgram();
    const { port } = test.sandbox.door;
    await test.sandbox.stop();
    expect(programs()).toEqual([]);

    await test.start();
    expect(await test.get("cm kept")).toEqual(before);
    expect(token() === tokenBefore).toBe(false);
    expect(test.sandbox.door.port).toBe(port);
    await eventually("the second start", async () =>
      (await test.kubectl("logs store-0")).includes("starts: xx"),
    );
    await test.kubectl("wait pod/store-0 --for=condition=Ready --timeout=90s");
    expect((await test.get("pod store-0")).metadata.uid).toBe(uid);
    expect(await oneProgram()).not.toBe(pid);
    expect(test.logged).toEqual([]);
  });

  it("ends what a killed sandbox left behind, so that nothing runs twice", async () => {
    await test.sandbox.stop();
    const script = `
    const { startSandbox } = await import(${JSON.stringify(join(import.meta.dirname, "../../src/sandbox/startSandbox.ts"))});
    await startSandbox({ stateDir: ${JSON.stringify(test.stateDir)}, platform: ${JSON.stringify(platform)}, environment: process.env });
    console.log("up");`;
    const other = spawn(process.execPath, ["--input-type=module", "-e", script], {
      env: { PATH: process.env["PATH"], HOME: test.folder },
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      await new Promise((resolve) => other.stdout.once("data", resolve));
      await test.apply(store());
      await test.kubectl("rollout status statefulset/store --timeout=90s");
      // A container runs a moment before its program does anything.
      await eventually("the first start", async () =>
        (await test.kubectl("logs store-0")).includes("starts: x"),
      );
      const left = await oneProgram();
      const gone = new Promise((resolve) => other.once("exit", resolve));
      other.kill("SIGKILL");
      await gone;
      expect(programs()).toEqual([left]);
      await test.start();
      await eventually("the second start", async () =>
        (await test.kubectl("logs store-0")).includes("starts: xx"),
      );
      expect(await oneProgram()).not.toBe(left);
    } finally {
      other.kill("SIGKILL");
    }
  });

  it("stops, with nothing left, though a program and its child ignore the signal", async () => {
    const deaf = `process.on("SIGTERM", () => {}); ${stay}`;
    await test.apply(
      pod(
        "deaf",
        template("deaf", test.folder, {
          containers: [
            js(
              `require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(deaf)}], { stdio: "ignore" }); ${deaf}`,
            ),
          ],
          terminationGracePeriodSeconds: 3600,
        }),
      ),
    );
    await eventually("both programs", async () => programs().length === 2);
    await test.sandbox.stop();
    expect(programs()).toEqual([]);
  });
});
