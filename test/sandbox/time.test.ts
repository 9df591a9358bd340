import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  cronJob,
  deployment,
  eventually,
  js,
  listen,
  startTestSandbox,
  template,
  type TestSandbox,
} from "./TestSandbox.ts";

const evening = Date.parse("2099-03-02T20:00:00Z");
let test: TestSandbox;
beforeAll(async () => {
  test = await startTestSandbox({ time: evening });
});
afterAll(() => test.close());

describe("driven time with real programs", () => {
  it("lets a night pass: schedules have fired, and what serves goes on as if nothing had been", async () => {
    const file = join(test.folder, "nights");
    const probe = {
      httpGet: { port: "http", path: "/" },
      periodSeconds: 1,
      timeoutSeconds: 30,
      failureThreshold: 1,
    };
    await test.apply(
      deployment(
        "web",
        template("web", test.folder, {
          containers: [
            js(listen("r.end('ok')"), {
              ports: [{ name: "http", containerPort: 8080 }],
              startupProbe: { ...probe, failureThreshold: 100 },
              livenessProbe: probe,
              readinessProbe: probe,
            }),
          ],
        }),
      ),
      cronJob(
        "night",
        "@daily",
        template("night", test.folder, {
          restartPolicy: "Never",
          containers: [js(`require("node:fs").appendFileSync(${JSON.stringify(file)}, "x")`)],
        }),
        { ttlSecondsAfterFinished: 3600 },
      ),
    );
    await test.kubectl("rollout status deployment/web --timeout=90s");
    await test.sandbox.advance(48 * 3_600_000);
    const nights = await eventually("both nights", async () => {
      const text = readFileSync(file, "utf8");
      return text.length >= 2 && text;
    });
    expect(nights).toBe("xx");
    const { lastScheduleTime } = (await test.get("cronjob night")).status;
    expect(lastScheduleTime).toBe("2099-03-04T00:00:00Z");
    const [pod] = (await test.get("pods -l app=web")).items;
    expect(pod.status.containerStatuses[0]).toMatchObject({ ready: true, restartCount: 0 });
    expect(test.logged).toEqual([]);
  });

  it("is told to the administrator, and to nobody else", async () => {
    const { now, driven } = JSON.parse(await test.kubectl("get --raw /sandbox/clock")) as {
      now: string;
      driven: boolean;
    };
    expect(now.startsWith("2099-03-0")).toBe(true);
    expect(driven).toBe(true);
    const token = (await test.kubectl("create token default")).trim();
    const refused = await test.run("kubectl", ["get", "--raw", "/sandbox/clock", "--token", token]);
    expect(refused.stderr).toContain("only the administrator");
  });
});
