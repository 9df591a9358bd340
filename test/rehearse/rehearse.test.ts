import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { componentKinds } from "../../src/components/index.ts";
import { deploy, prepareDeploy, type DeploySource } from "../../src/deploy/index.ts";
import * as moorage from "../../src/index.ts";
import { createKubeClient, type KubeClient } from "../../src/kube/index.ts";
import type { KubeObject } from "../../src/contract/index.ts";
import { evaluateEnvironment, loadPlatform } from "../../src/platform/index.ts";
import {
  formatRehearsal,
  fromLive,
  fromRevision,
  kindsOf,
  parseScenario,
  rehearse,
  type Rehearsal,
} from "../../src/rehearse/index.ts";
import { startSimulatedSandbox, type SimulatedSandbox } from "../../src/sandbox/index.ts";
import { CliFolder } from "../cli/CliFolder.ts";

const platformFile = (extra = ""): string => `
name: mice
images:
  api: { ref: registry.example.org/mice/api, tag: "1.0.0" }
secrets:
  db: { keys: { PASSWORD: { from: dotenv, file: secrets.env } } }
environments:
  prod: { target: { context: okd }, namespace: mice }
components:
  migrate:
    kind: job
    image: api
    command: [node, migrate.js]
    on: deploy
    runAs: 1000
  api:
    kind: service
    image: api
    command: [node, api.js]
    replicas: 2
    runAs: 1000
    after: [migrate]
    env: { PASSWORD: "\${secret.db.PASSWORD}" }
    probes: { readiness: { http: /healthz } }
  single:
    kind: service
    image: api
    command: [node, single.js]
    runAs: 1000
    strategy: recreate
${extra}`;

const canary = "rehearsed-canary-8d1f";

describe("moorage rehearse", () => {
  let folder: CliFolder;
  beforeAll(() => {
    folder = new CliFolder();
    folder.write("moorage.yaml", platformFile());
    folder.write("secrets.env", `PASSWORD=${canary}\n`);
  });
  afterAll(() => {
    expect(folder.everything).not.toContain(canary);
    folder.remove();
  });

  const json = async (...flags: string[]): Promise<{ code: number | null; rehearsal: Rehearsal }> => {
    const { code, stdout, stderr } = await folder.run(["rehearse", "prod", ...flags, "-o", "json"]);
    expect(stderr).toBe("");
    return { code, rehearsal: JSON.parse(stdout) as Rehearsal };
  };
  const phase = ({ phases }: Rehearsal, name: string): Rehearsal["phases"][number] | undefined =>
    phases.find((one) => one.name === name);
  const seconds = (milliseconds: number | undefined): number => (milliseconds ?? Number.NaN) / 1000;

  test("deploys production without a cluster, in the order of its graph", async () => {
    const { code, rehearsal } = await json();
    expect(code).toBe(0);
    expect(rehearsal.phases.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual(["deploy done"]);
    const [only] = rehearsal.phases;
    const readyAt = (component: string): number | undefined =>
      only?.events.find((event) => event.type === "component-ready" && event.component === component)?.at;
    const appliedAt = only?.events.find(
      (event) => event.type === "applied" && event.object === "Deployment api",
    )?.at;
    expect(appliedAt).toBeGreaterThanOrEqual(readyAt("migrate") ?? Infinity);
    expect(readyAt("api")).toBeGreaterThan(appliedAt ?? Infinity);
    expect(rehearsal.outages).toEqual([]);
  });

  test("tells the timeline on a terminal", async () => {
    const { code, stdout } = await folder.run(["rehearse", "prod"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Rehearsal of prod from nothing/);
    expect(stdout).toMatch(/\+ .*Deployment api/);
    expect(stdout).toContain("✓ api is ready");
    expect(stdout).toMatch(/The deploy would work, in \d+ s\.\n$/);
  });

  test.each([
    { fail: "image:api", reason: "ErrImagePull" },
    { fail: "crash:api", reason: "CrashLoopBackOff" },
    { fail: "ready:api", reason: "Timeout" },
    { fail: "crash:migrate", reason: "BackoffLimitExceeded" },
  ])("stops a rollout with $fail, and goes back without anybody noticing", async ({ fail, reason }) => {
    const { code, rehearsal } = await json("--fail", fail);
    expect(rehearsal.phases.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
      "before done",
      "deploy failed",
      "rollback done",
    ]);
    expect(phase(rehearsal, "deploy")?.failure?.components[0]?.failure.reason).toBe(reason);
    expect(rehearsal.outages).toEqual([]);
    expect(code).toBe(0);
  });

  test("tells of a rehearsed failure what happens, not what to do where it really runs", async () => {
    const { stdout } = await folder.run(["rehearse", "prod", "--fail", "crash:api"]);
    expect(stdout).toContain("✗ api: CrashLoopBackOff");
    expect(stdout).toMatch(/pod's container api is restarted: it ended with exit code 1/);
    expect(stdout).not.toContain("moorage rollback");
  });

  test("says for how long users would notice a bad version that replaces all pods at once", async () => {
    const { code, rehearsal } = await json("--fail", "image:single");
    expect(code).toBe(0);
    expect(rehearsal.outages).toMatchObject([{ service: "single", removed: false }]);
    const [outage] = rehearsal.outages;
    // Down until the rollout has failed and its predecessor has started again.
    const down = seconds(outage?.to) - seconds(outage?.from);
    const whole =
      seconds(phase(rehearsal, "deploy")?.milliseconds) + seconds(phase(rehearsal, "rollback")?.milliseconds);
    expect(down).toBeGreaterThan(seconds(phase(rehearsal, "deploy")?.milliseconds));
    expect(down).toBeLessThanOrEqual(whole);
    const strict = await json("--fail", "image:single", "--max-outage", "1s");
    expect(strict.code).toBe(1);
    expect(strict.rehearsal.verdict).toContain("Service single would have no ready pod for");
  });

  test("waits for a slow component for hours of its time, or until its patience ends", async () => {
    const patient = await json("--slow", "api=9m");
    expect(patient.code).toBe(0);
    expect(seconds(phase(patient.rehearsal, "deploy")?.milliseconds)).toBeGreaterThan(540);
    const impatient = await json("--slow", "api=9m", "--timeout", "60");
    expect(impatient.code).toBe(1);
    expect(impatient.rehearsal.verdict).toMatch(/^The deploy would fail: api cannot become ready: .*Timeout/);
  });

  test.each([
    { flags: ["--fail", "image"], says: "--fail takes KIND:COMPONENT" },
    { flags: ["--fail", "fire:api"], says: "--fail takes KIND:COMPONENT" },
    { flags: ["--fail", "image:nobody"], says: "There is no component nobody in prod." },
    { flags: ["--slow", "api"], says: "--slow takes COMPONENT=DURATION" },
    { flags: ["--slow", "api=soon"], says: "--slow takes COMPONENT=DURATION" },
    { flags: ["--max-outage", "little"], says: "--max-outage takes a duration" },
    { flags: ["--timeout", "0"], says: "--timeout takes a duration of more than 0 seconds" },
    { flags: ["--from", "latest"], says: '"latest" is no number of a revision' },
    { flags: ["--from", "1", "--live"], says: "not with both" },
  ])("refuses $flags with what it takes", async ({ flags, says }) => {
    const { code, stderr } = await folder.run(["rehearse", "prod", ...flags]);
    expect(stderr).toContain(says);
    expect(code).toBe(2);
  });

  // Without the values, the deploy that it rehearses ended before it asked for anything, and the Role had no right to write.
  test("tells the rights of a platform whose secrets have no values here", async () => {
    const other = new CliFolder();
    const text = (secrets: string): string => `
name: tides
images: { api: { ref: registry.example.org/tides/api, tag: "1" } }
secrets: { db: { keys: ${secrets} } }
environments: { prod: { target: { context: lab } } }
components:
  api: { kind: service, image: api, runAs: 1000, env: { PASSWORD: "\${secret.db.A}" } }
`;
    const rights = async (secrets: string): Promise<string> => {
      other.write("moorage.yaml", text(secrets));
      const { code, stdout } = await other.run(["rbac", "prod"]);
      expect(code).toBe(0);
      return stdout;
    };
    const known = await rights("{ A: { from: generated }, B: { from: generated } }");
    expect(known).toMatch(/deployments\n +verbs:\n +- create/);
    expect(await rights("{ A: { from: dotenv }, B: { from: environment } }")).toBe(known);
    expect(known).toContain("# Required: without any of these a deploy");
    // It spoke of deploys here, too.
    const { stdout } = await other.run(["rbac", "prod", "--read-only"]);
    expect(stdout).toContain("# Required: without any of these a plan, a status");
    expect(stdout).not.toContain("a deploy, a rollback");
  });

  test("finds a secret without a value before anything is deployed", async () => {
    const other = new CliFolder();
    other.write("moorage.yaml", platformFile());
    const { code, stdout } = await other.run(["rehearse", "prod"]);
    expect(code).toBe(1);
    expect(stdout).toContain('secret "db": PASSWORD should come from secrets.env');
    other.remove();
  });

  test("finds an object that the API server refuses", async () => {
    const other = new CliFolder();
    other.write("moorage.yaml", platformFile("  odd:\n    kind: manifests\n    files: [odd.yaml]\n"));
    other.write("secrets.env", "PASSWORD=x-y-z-1\n");
    other.write(
      "odd.yaml",
      "apiVersion: v1\nkind: Service\nmetadata: { name: odd }\nspec: { ports: [{ port: 99999 }] }\n",
    );
    const { code, stdout } = await other.run(["rehearse", "prod"]);
    expect(code).toBe(1);
    expect(stdout).toContain("between 1 and 65535");
    other.remove();
  });

  test("takes kinds that only the cluster knows as they are, and says so", async () => {
    const other = new CliFolder();
    other.write("moorage.yaml", platformFile("  tls:\n    kind: manifests\n    files: [tls.yaml]\n"));
    other.write("secrets.env", "PASSWORD=x-y-z-1\n");
    other.write(
      "tls.yaml",
      "apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: { name: mice }\nspec: { secretName: mice-tls }\n",
    );
    const { code, stdout } = await other.run(["rehearse", "prod"]);
    expect(stdout).toContain("The kind Certificate (cert-manager.io/v1) is not known here");
    expect(code).toBe(0);
    other.remove();
  });
});

describe("a rehearsal that begins with what is there", () => {
  let folder: CliFolder;
  let cluster: SimulatedSandbox;
  let client: KubeClient;
  let source: DeploySource;
  const environment = { platform: "mice", environment: "prod", namespace: "mice" };
  const asked: string[] = [];

  const load = async (file: string): Promise<DeploySource> => {
    folder.write("moorage.yaml", file);
    const loaded = await loadPlatform({
      cwd: folder.path,
      kinds: componentKinds,
      moorage: async () => moorage,
    });
    return { evaluated: evaluateEnvironment(loaded, "prod"), processEnvironment: {} };
  };

  beforeAll(async () => {
    folder = new CliFolder();
    folder.write("secrets.env", `PASSWORD=${canary}\n`);
    source = await load(platformFile());
    cluster = await startSimulatedSandbox();
    await cluster.client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "mice" } });
    const context = { client: cluster.client, clock: cluster.clock, who: "ada" };
    await cluster.run(
      (async () => {
        const prepared = await prepareDeploy(source, context);
        await deploy(prepared.rendering, prepared.plan, { ...context, redact: prepared.redact });
      })(),
    );
    // From now on the cluster may only be read.
    client = createKubeClient({
      ...cluster.client.transport,
      send: async (request) => {
        asked.push(`${request.method} ${request.path}`);
        return cluster.client.transport.send(request);
      },
    });
  });
  afterAll(async () => {
    expect(asked.filter((request) => !request.startsWith("GET "))).toEqual([]);
    await cluster.stop();
    folder.remove();
  });

  test("has nothing to do when the live objects are as the platform file wants them", async () => {
    const from = await fromLive(environment, [], { client });
    const rehearsal = await rehearse(source, { from });
    expect(formatRehearsal(rehearsal).join("\n")).toContain("There is nothing to deploy.");
    expect(rehearsal.ok).toBe(true);
  });

  test("has nothing to do when the platform file is what the revision recorded", async () => {
    const from = await fromRevision(environment, 1, { client });
    const rehearsal = await rehearse(source, { from });
    expect(rehearsal.phases.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
      "before done",
      "deploy nothing to do",
    ]);
  });

  test("rolls live pods over to a new version, and back when it fails", async () => {
    const changed = await load(platformFile().replace('tag: "1.0.0"', 'tag: "1.1.0"'));
    const from = await fromLive(environment, [], { client });
    const good = await rehearse(changed, { from });
    expect(good.verdict).toMatch(/^The deploy would work/);
    expect(good.phases[0]?.summary).toMatchObject({ update: 2 });

    const bad = await rehearse(changed, { from, scenario: parseScenario(["crash:api"], []) });
    expect(bad.phases.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
      "deploy failed",
      "rollback done",
    ]);
    expect(bad.ok).toBe(true);
    expect(JSON.stringify(bad)).not.toContain(canary);
  });

  // An object came before its definition, as in the file: the rehearsal ended with "does not serve Gauge".
  test("puts live definitions there before what they define", async () => {
    const definition: KubeObject = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "gauges.mice.example.org" },
      spec: {
        group: "mice.example.org",
        names: { kind: "Gauge", plural: "gauges" },
        scope: "Namespaced",
        versions: [
          { name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } },
        ],
      },
    };
    const gauge = { apiVersion: "mice.example.org/v1", kind: "Gauge", metadata: { name: "north" } };
    await cluster.client.create(definition);
    const at = { ...gauge, metadata: { ...gauge.metadata, namespace: "mice" } };
    await expect
      .poll(() =>
        cluster.client.create(at).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    const from = await fromLive(environment, kindsOf([{ object: gauge }, { object: definition }]), {
      client,
    });
    const rehearsal = await rehearse(source, { from });
    expect(rehearsal.verdict).toBe("There is nothing to deploy.");
    await cluster.client.delete({ ...definition, name: definition.metadata.name ?? "" });
  });

  test("stops at an object that somebody else made", async () => {
    const extra = "  notes:\n    kind: manifests\n    files: [notes.yaml]\n";
    folder.write(
      "notes.yaml",
      "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: notes }\ndata: { a: '1' }\n",
    );
    const foreign = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "notes", namespace: "mice" } };
    await cluster.client.create(foreign, { fieldManager: "kubectl-create" });
    const wanted = await load(platformFile(extra));
    const rehearsal = await rehearse(wanted, { from: await fromLive(environment, [], { client }) });
    expect(rehearsal.ok).toBe(false);
    expect(rehearsal.verdict).toContain("ConfigMap notes");
    expect(
      formatRehearsal(rehearsal)
        .join("\n")
        .match(/exists already/g),
    ).toHaveLength(2);
    // It was "the bad rollout stops after 0 s, and there is nothing to go back to".
    const scenario = parseScenario(["crash:api"], []);
    const bad = await rehearse(wanted, { from: await fromLive(environment, [], { client }), scenario });
    expect(bad.verdict).toMatch(/^The new version is refused before anything is written: ConfigMap notes/);
    await cluster.client.delete({ apiVersion: "v1", kind: "ConfigMap", name: "notes", namespace: "mice" });
  });

  test("names a revision that is not there", async () => {
    await expect(fromRevision(environment, 7, { client })).rejects.toMatchObject({
      code: "RevisionNotFound",
      hint: "These are kept: 1.",
    });
  });

  test("lists the kinds of the platform", () => {
    expect(kindsOf([{ object: { apiVersion: "v1", kind: "Pod", metadata: {} } }])).toEqual([
      { apiVersion: "v1", kind: "Pod" },
    ]);
  });
});
