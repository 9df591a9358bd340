import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { KubeObject } from "../../src/contract/index.ts";
import { openKubeClient, type KubeClient } from "../../src/kube/index.ts";
import { toolPath } from "../tools/kubectl.ts";
import { CliFolder, type CliProcess } from "./CliFolder.ts";

const inDefault = (apiVersion: string, kind: string, name: string, spec: object) => ({
  apiVersion,
  kind,
  metadata: { name, namespace: "default" },
  spec,
});
const podTemplate = (app: string, more: object = {}): object => ({
  metadata: { labels: { app } },
  spec: { containers: [{ name: "main", image: "example.org/program:1" }], ...more },
});
const runsOnce = podTemplate("once", { restartPolicy: "Never" });

interface Status extends KubeObject {
  readonly status?: { readonly [field: string]: unknown };
}

// One story: each test goes on where the one before it ended.
describe("several sandboxes beside each other", () => {
  const folder = new CliFolder();
  const moorage = async (...argv: string[]) => await folder.run(argv);
  let nightly: CliProcess;
  let plain: CliProcess;
  let client: KubeClient;
  const start = (...more: string[]): CliProcess =>
    folder.startSource([
      "sandbox",
      "--simulate",
      "--clock",
      "2099-03-02T08:00:00Z",
      "--name",
      "nightly",
      ...more,
    ]);
  const stateOf = (name: string): string => join(folder.path, ".moorage", "sandboxes", name);
  const open = (): KubeClient =>
    openKubeClient({ env: {}, home: folder.path, kubeconfig: join(stateOf("nightly"), "kubeconfig") }).client;
  const advance = async (duration: string): Promise<string> => {
    const { stdout, stderr } = await moorage("sandbox", "clock", "advance", duration, "--name", "nightly");
    expect(stderr).toBe("");
    return stdout.trim();
  };
  const find = (apiVersion: string, kind: string, name: string) =>
    client.find<Status>({ apiVersion, kind, name, namespace: "default" });

  beforeAll(async () => {
    nightly = start();
    plain = folder.startSource(["sandbox", "--simulate"]);
    await Promise.all([nightly.prints(/is ready/), plain.prints(/is ready/)]);
    client = open();
  });
  afterAll(async () => {
    await client.close();
    await Promise.all([nightly.interrupt(), plain.interrupt()]);
    folder.remove();
  });

  it("are told apart by their names, in lists, contexts and exports", async () => {
    const { stdout } = await moorage("sandbox", "list", "-o", "json");
    const found = JSON.parse(stdout) as { name: string; kubeconfig: string; clock: string; pods: string }[];
    const own = basename(folder.path).toLowerCase();
    expect(found.map(({ name, clock, pods }) => ({ name, clock, pods }))).toEqual([
      { name: own, clock: "real", pods: "simulated" },
      { name: "nightly", clock: "driven", pods: "simulated" },
    ]);
    const contexts = found.map(({ kubeconfig }) => {
      const config = parse(readFileSync(kubeconfig, "utf8")) as { "current-context": string };
      return config["current-context"];
    });
    expect(contexts).toEqual([own, "nightly"]);
    expect((await moorage("sandbox", "list")).stdout).toMatch(/^NAME +SERVER .*\n.*\nnightly +https:/);
    for (const [argv, kubeconfig] of [
      [[], join(folder.path, ".moorage", "kubeconfig")],
      [["--name", "nightly"], join(stateOf("nightly"), "kubeconfig")],
      [["--state", stateOf("nightly")], join(stateOf("nightly"), "kubeconfig")],
    ] as const) {
      const line = `${(await moorage("sandbox", "env", ...argv)).stdout}printf %s "$KUBECONFIG"`;
      expect(execFileSync("/bin/sh", ["-c", line], { encoding: "utf8" })).toBe(kubeconfig);
    }
  });

  it("are what kubectl speaks to in a shell that was told so, wherever they lie", async () => {
    const odd = join(folder.path, "it's odd", ".moorage");
    const sandbox = folder.startSource(["sandbox", "--simulate", "--state", odd]);
    await sandbox.prints(/is ready/);
    const { stdout } = await moorage("sandbox", "env", "--state", odd);
    const kubectl = toolPath("kubectl");
    const line = `${stdout}\n'${kubectl}' config current-context && '${kubectl}' get nodes -o name`;
    const said = execFileSync("/bin/sh", ["-c", line], { env: folder.environment, encoding: "utf8" });
    expect(said).toBe("it-s-odd\nnode/sandbox\n");
    expect((await moorage("sandbox", "stop", "--state", odd)).code).toBe(0);
    await sandbox.ended;
  });

  it("go on when nobody reads what they print, until they are asked to stop", async () => {
    const unread = join(folder.path, "unread", ".moorage");
    const sandbox = folder.startSource(["sandbox", "--simulate", "--state", unread]);
    sandbox.child.stdout?.destroy();
    sandbox.child.stderr?.destroy();
    await expect.poll(() => existsSync(join(unread, "sandbox.json")), { timeout: 60_000 }).toBe(true);
    // What is printed at the end meets a closed pipe as well.
    const { stdout } = await moorage("sandbox", "env", "--state", unread);
    expect(stdout).toContain(unread);
    expect((await moorage("sandbox", "stop", "--state", unread)).code).toBe(0);
    expect((await sandbox.ended).code).toBe(130);
    expect(existsSync(join(unread, "sandbox.json"))).toBe(false);
  });

  it("say which ones run when another is asked for, and what a name may be", async () => {
    const other = await moorage("sandbox", "env", "--name", "weekly");
    expect(other.code).toBe(1);
    expect(other.stderr).toContain("--name nightly");
    const wrong = await moorage("sandbox", "--name", "Not/a name");
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain("--name lab-2");
    const again = await moorage("sandbox", "--name", "nightly");
    expect(again.code).toBe(1);
    expect(again.stderr).toContain("sandbox env --name nightly");
  });

  it("refuse to advance the machine's time, and what is no time", async () => {
    const { code, stderr } = await moorage("sandbox", "clock", "advance", "5m");
    expect(code).toBe(1);
    expect(stderr).toContain("moorage sandbox --clock driven");
    expect((await moorage("sandbox", "clock", "-o", "json")).stdout).toContain('"real"');
    for (const argv of [["advance"], ["advance", "soon"], ["advance", "-5m"], ["rewind", "5m"]]) {
      expect((await moorage("sandbox", "clock", ...argv, "--name", "nightly")).code).toBe(2);
    }
    expect((await moorage("sandbox", "--clock", "tomorrow")).code).toBe(2);
  });

  it("stand still until time is let pass, and then everything has happened that happens in it", async () => {
    await client.create(
      inDefault("apps/v1", "Deployment", "web", {
        replicas: 3,
        selector: { matchLabels: { app: "web" } },
        template: podTemplate("web"),
      }),
    );
    await client.create(
      inDefault("batch/v1", "Job", "once", { ttlSecondsAfterFinished: 600, template: runsOnce }),
    );
    await client.create(
      inDefault("batch/v1", "CronJob", "hourly", {
        schedule: "0 * * * *",
        successfulJobsHistoryLimit: 10,
        jobTemplate: { spec: { template: runsOnce } },
      }),
    );
    expect(await advance("5m")).toBe("2099-03-02T08:05:00Z");
    expect((await find("apps/v1", "Deployment", "web"))?.status?.["readyReplicas"]).toBe(3);
    expect((await find("batch/v1", "Job", "once"))?.status?.["succeeded"]).toBe(1);
    const events = await client.list({ apiVersion: "v1", kind: "Event" }, { namespace: "default" });
    expect(events.items.length).toBeGreaterThan(3);
    expect(await advance("10m")).toBe("2099-03-02T08:15:00Z");
    expect(await find("batch/v1", "Job", "once")).toBeUndefined();
    expect(await advance("2h50m")).toBe("2099-03-02T11:05:00Z");
    const jobs = await client.list({ apiVersion: "batch/v1", kind: "Job" }, { namespace: "default" });
    expect(jobs.items.map(({ metadata }) => metadata.creationTimestamp ?? "").toSorted()).toEqual([
      "2099-03-02T09:00:00Z",
      "2099-03-02T10:00:00Z",
      "2099-03-02T11:00:00Z",
    ]);
    const kept = await client.list<KubeObject & { lastTimestamp?: string }>(
      { apiVersion: "v1", kind: "Event" },
      { namespace: "default" },
    );
    const oldest = kept.items.map(({ lastTimestamp }) => lastTimestamp ?? "").toSorted()[0];
    expect(oldest! > "2099-03-02T10:05:00Z").toBe(true);
    const lease = await client.get<KubeObject & { spec: { renewTime: string } }>({
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      name: "sandbox",
      namespace: "kube-node-lease",
    });
    expect(Date.parse("2099-03-02T11:05:00Z") - Date.parse(lease.spec.renewTime)).toBeLessThan(11_000);
  });

  it("keep their time when they are killed, and do not go back to the machine's", async () => {
    nightly.child.kill("SIGKILL");
    await nightly.ended;
    await client.close();
    const real = folder.startSource(["sandbox", "--simulate", "--name", "nightly"]);
    const { code, stderr } = await real.ended;
    expect(code).toBe(1);
    expect(stderr).toContain("--clock driven");
    nightly = start();
    await nightly.prints(/is ready/);
    client = open();
    expect((await moorage("sandbox", "clock", "--name", "nightly")).stdout).toBe("2099-03-02T11:05:00Z\n");
    await advance("10s");
    expect((await find("apps/v1", "Deployment", "web"))?.status?.["readyReplicas"]).toBe(3);
  });

  it("are stopped by name, and the others go on", async () => {
    const { stdout } = await moorage("sandbox", "stop", "--name", "nightly");
    expect(stdout).toBe("The sandbox nightly has stopped.\n");
    expect((await nightly.ended).code).toBe(130);
    await client.close();
    expect((await moorage("sandbox", "clock", "--name", "nightly")).code).toBe(1);
    expect(existsSync(join(stateOf("nightly"), "objects.sqlite"))).toBe(true);
    expect((await moorage("sandbox", "env")).code).toBe(0);
  });

  it("refuse objects that are damaged, and go on with those that can be read when told to", async () => {
    const file = join(stateOf("nightly"), "objects.sqlite");
    const bytes = readFileSync(file);
    // Wherever it stands: pages keep what they once held.
    const schedule = '"schedule":"0 * * * *"';
    for (let at = bytes.indexOf(schedule); at >= 0; at = bytes.indexOf(schedule)) bytes.write("S", at + 1);
    writeFileSync(file, bytes);
    const refused = await start().ended;
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("damaged");
    expect(refused.stderr).toContain(`moorage sandbox --salvage --state ${stateOf("nightly")}`);
    nightly = start("--salvage");
    await nightly.prints(/is ready/);
    expect(nightly.stderr).toMatch(
      /Kept \d+ objects; not as they were written: batch\/cronjobs default\/hourly/,
    );
    client = open();
    expect(await find("batch/v1", "CronJob", "hourly")).toBeUndefined();
    expect((await find("apps/v1", "Deployment", "web"))?.metadata.name).toBe("web");
  });
});
