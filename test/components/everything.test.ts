import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { KubeObject } from "../../src/contract/index.ts";
import { eventually, TestPlatform, type Deployed } from "./TestPlatform.ts";

const namespace = "everything";
const dev = "everything-dev";
const prod = "everything-prod";
const host = (component: string): string => `${component}.everything.localhost`;

let lab: TestPlatform;
let first: Deployed;

interface Given {
  readonly env: Record<string, string>;
  readonly files: Record<string, string>;
}
const given = async (): Promise<Given> => JSON.parse((await lab.ask(host("api"), "/given")).body) as Given;
/** What the programs of dev wrote to the claim that they share, line by line. */
const ledger = async (): Promise<string[]> =>
  (await lab.ask(host("api"), "/ledger")).body.split("\n").filter((line) => line !== "");
const find = async (apiVersion: string, kind: string, name: string): Promise<KubeObject> =>
  await lab.client.get({ apiVersion, kind, name, namespace });
/** Components whose pods are others than before. */
async function rolled(instance: string, change: () => Promise<unknown>): Promise<string[]> {
  const before = await lab.pods(namespace, instance);
  await change();
  const after = await lab.pods(namespace, instance);
  return Object.keys(after)
    .filter((name) => after[name]?.some((pod) => !(before[name] ?? []).includes(pod)))
    .toSorted();
}
/** Changes the platform file. */
function edit(from: string, to: string): void {
  const text = readFileSync(join(lab.folder, "moorage.config.ts"), "utf8");
  if (!text.includes(from)) throw new Error(`the platform file has no ${from}`);
  lab.write("moorage.config.ts", text.replace(from, to));
}

beforeAll(async () => {
  lab = TestPlatform.make("everything");
  lab.environment["LAB_MAIL_PASSWORD"] = "p@ss/word-of-mail";
  lab.write(".env", "TOKEN=token-number-one\nQUEUE_KEY=queue-number-one\n");
  await lab.start();
  first = await lab.deploy("dev");
}, 300_000);
afterAll(async () => await lab.close());

describe("the first deploy", () => {
  it("ends when every component is ready", async () => {
    expect(first.status).toBe("deployed");
    expect(first.failures).toEqual([]);
    const pods = await lab.list("v1", "Pod", namespace);
    const phases = pods.map(({ metadata, status }) => [
      metadata.labels?.["app.kubernetes.io/name"],
      (status as { phase: string }).phase,
    ]);
    expect(Object.fromEntries(phases)).toEqual({
      api: "Running",
      back: "Running",
      etl: "Running",
      migrate: "Succeeded",
      notes: "Running",
      pages: "Running",
      web: "Running",
    });
  });

  it("gives programs addresses that work here: as a URL, and as host and port apart", async () => {
    expect((await lab.ask(host("api"), "/fetch")).body).toBe("back");
    expect((await lab.ask(host("api"), "/fetch?by=pair")).body).toBe("back");
    expect((await given()).env["APP_MAIL"]).toBe("smtp://mail.example.org:25");
  });

  it("gives secrets as whole values, inside longer strings, and composed", async () => {
    const { env } = await given();
    expect(env).toMatchObject({
      APP_TOKEN: "token-number-one",
      APP_LONG: "token:token-number-one@api",
      APP_DSN: "smtp://lab:p%40ss%2Fword-of-mail@mail.example.org",
      APP_COOKIE: expect.stringMatching(/^[0-9a-f]{64}$/u) as string,
      APP_EVERYWHERE: "yes",
      APP_LEVEL: "debug",
      APP_POD: expect.stringMatching(/^api-dev-/u) as string,
    });
  });

  it("puts files where the program looks for them, each as it was meant", async () => {
    const { files } = await given();
    expect(files).toMatchObject({
      PLAIN: "plain",
      SETTINGS: "[upstream]\nmode = plain\n",
      UPSTREAM: expect.stringMatching(/^url = http:\/\/127\.0\.0\.1:\d+\/name$/u) as string,
      TOKEN: "token-number-one",
      MIXED: "token = token-number-one\n",
    });
  });

  it("runs the step before, and the sidecar beside, on a volume that they share", async () => {
    expect((await given()).files).toMatchObject({ INIT: "prepared by prepare", SIDE: "beside" });
  });

  it("runs the job on deploy, and no other", async () => {
    expect((await ledger()).filter((line) => line.startsWith("once"))).toEqual(["once migrate"]);
    const jobs = await lab.list("batch/v1", "CronJob", namespace);
    expect(
      jobs.map(({ metadata, spec }) => [metadata.name, (spec as { suspend?: boolean }).suspend ?? false]),
    ).toEqual([
      ["nightly-dev", false],
      ["reindex-dev", true],
    ]);
  });

  it("keeps no secret's value in an object that is no Secret", async () => {
    const kinds = [
      ["apps/v1", "Deployment"],
      ["v1", "ConfigMap"],
      ["v1", "Pod"],
      ["v1", "Event"],
      ["batch/v1", "CronJob"],
    ] as const;
    const objects = await Promise.all(
      kinds.map(([apiVersion, kind]) => lab.list(apiVersion, kind, namespace)),
    );
    const text = JSON.stringify(objects);
    const cookie = (await given()).env["APP_COOKIE"] ?? "";
    expect(cookie).not.toBe("");
    for (const secret of ["token-number-one", "queue-number-one", "p@ss/word", "p%40ss", cookie])
      expect(text).not.toContain(secret);
  });

  it("writes nothing the second time", async () => {
    lab.writes.length = 0;
    const second = await lab.deploy("dev");
    expect(second.status).toBe("unchanged");
    expect(lab.writes).toEqual([]);
  });
});

describe("at the front door", () => {
  it("an Ingress routes by path to ports", async () => {
    expect((await lab.ask(host("api"), "/x")).body).toBe("api at /x");
    expect((await lab.ask(host("api"), "/metrics")).body).toBe("up 1\n");
  });

  it("an HTTPRoute rewrites and redirects", async () => {
    expect((await lab.ask(host("web"), "/v1/things")).body).toBe("web at /api/things");
    const moved = await lab.ask(host("web"), "/old");
    expect([moved.status, moved.headers.location]).toEqual([301, expect.stringMatching(/\/new$/u)]);
  });

  it("static pages come from the image's folder, or from the platform file with a fallback", async () => {
    expect((await lab.ask(host("pages"), "/")).body).toContain("pages of the image");
    expect((await lab.ask(host("notes"), "/a/b.txt")).body).toBe("below");
    expect((await lab.ask(host("notes"), "/no/such/page")).body).toBe("<h1>notes</h1>");
  });
});

describe("objects", () => {
  it("scale by an autoscaler, without replicas of their own, and have a disruption budget", async () => {
    const deployment = first.plan.objects.find(
      ({ ref }) => ref.kind === "Deployment" && ref.name === "back-dev",
    );
    expect(deployment?.wanted?.["spec"]).not.toHaveProperty("replicas");
    const scaler = await find("autoscaling/v2", "HorizontalPodAutoscaler", "back-dev");
    expect(scaler["spec"]).toMatchObject({ minReplicas: 1, maxReplicas: 3 });
    expect((await find("policy/v1", "PodDisruptionBudget", "back-dev"))["spec"]).toMatchObject({
      maxUnavailable: 1,
    });
  });

  it("obey override", async () => {
    expect((await find("apps/v1", "Deployment", "back-dev"))["spec"]).toMatchObject({
      revisionHistoryLimit: 3,
    });
  });

  it("of plain YAML and of a list are the platform's as well", async () => {
    const plain = await find("v1", "ConfigMap", "plain-dev");
    expect(plain.metadata.labels).toMatchObject({ "app.kubernetes.io/instance": dev });
    const claim = await find("v1", "PersistentVolumeClaim", "archive-dev");
    expect(claim["status"]).toMatchObject({ phase: "Bound" });
  });
});

describe("a later deploy", () => {
  it("rolls exactly the pods whose secret changed, and keeps what was generated", async () => {
    const cookie = (await given()).env["APP_COOKIE"];
    lab.write(".env", "TOKEN=token-number-two\nQUEUE_KEY=queue-number-one\n");
    expect(await rolled(dev, () => lab.deploy("dev"))).toEqual(["api"]);
    const { env, files } = await given();
    expect(env).toMatchObject({ APP_TOKEN: "token-number-two", APP_COOKIE: cookie });
    expect(files).toMatchObject({ TOKEN: "token-number-two", MIXED: "token = token-number-two\n" });
  });

  it("drains a worker before it is stopped", async () => {
    lab.write(".env", "TOKEN=token-number-two\nQUEUE_KEY=queue-number-two\n");
    expect(await rolled(dev, () => lab.deploy("dev"))).toEqual(["etl"]);
    const lines = await eventually("the old worker's end", async () => {
      const found = await ledger();
      return found.includes("SIGTERM") && found;
    });
    const order = lines.filter((line) => !line.startsWith("once") && !line.startsWith("start"));
    expect(order).toEqual(["stop", "busy", "idle", "SIGTERM"]);
  });

  it("rolls exactly the pods whose configuration changed", async () => {
    edit("env.values.level }", "`${env.values.level}-2` }");
    expect(await rolled(dev, () => lab.deploy("dev"))).toEqual(["api"]);
    expect((await given()).env["APP_LEVEL"]).toBe("debug-2");
  });

  it("rolls exactly the pods whose file changed", async () => {
    lab.write("settings.ini", "[upstream]\nmode = other\n");
    expect(await rolled(dev, () => lab.deploy("dev"))).toEqual(["api"]);
    expect((await given()).files["SETTINGS"]).toContain("other");
  });

  it("runs a job again only when the job changed", async () => {
    const ran = async (): Promise<number> =>
      (await ledger()).filter((line) => line === "once migrate").length;
    expect(await ran()).toBe(1);
    edit('run("once", "migrate"),', 'run("once", "migrate"), inputs: "2",');
    await lab.deploy("dev");
    expect(await ran()).toBe(2);
  });

  it("runs a job by hand as kubectl would, from its CronJob", async () => {
    const { spec } = await find("batch/v1", "CronJob", "reindex-dev");
    const { jobTemplate } = spec as { jobTemplate: { metadata?: object; spec: object } };
    await lab.client.create({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: "reindex-by-hand", namespace },
      spec: jobTemplate.spec,
    });
    await eventually("the job", async () => (await ledger()).includes("once reindex"));
    expect((await ledger()).filter((line) => line === "once reindex")).toHaveLength(1);
  });

  it("removes what is no longer in the platform file, and only that", async () => {
    edit("      notes,\n", "");
    const { plan } = await lab.deploy("dev");
    const deleted = plan.objects.filter(({ action }) => action === "delete").map(({ ref }) => ref.kind);
    expect(deleted.toSorted()).toEqual(["ConfigMap", "ConfigMap", "Deployment", "Ingress", "Service"]);
    expect((await lab.ask(host("notes"), "/")).status).toBe(404);
    expect((await lab.ask(host("pages"), "/")).status).toBe(200);
  });
});

describe("a second environment in the same namespace", () => {
  it("neither touches the first nor is touched by it", async () => {
    const written = (): string[] => lab.writes.filter((line) => line.includes("-dev"));
    lab.writes.length = 0;
    let result: Deployed | undefined;
    expect(await rolled(dev, async () => (result = await lab.deploy("prod")))).toEqual([]);
    expect(result?.status).toBe("deployed");
    expect(written()).toEqual([]);
    expect(Object.keys(await lab.pods(namespace, prod)).toSorted()).toEqual(
      ["api", "back", "etl", "migrate", "pages", "web"].toSorted(),
    );
    lab.writes.length = 0;
    expect((await lab.deploy("dev")).status).toBe("unchanged");
    expect((await lab.deploy("prod")).status).toBe("unchanged");
    expect(lab.writes).toEqual([]);
  });

  it("has secrets of its own", async () => {
    const data = async (name: string): Promise<Record<string, string>> =>
      (await find("v1", "Secret", name))["data"] as Record<string, string>;
    expect((await data("app-prod"))["COOKIE"]).not.toBe((await data("app-dev"))["COOKIE"]);
    expect((await data("app-prod"))["TOKEN"]).toBe((await data("app-dev"))["TOKEN"]);
  });
});
