import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  cronJob,
  deployment,
  eventually,
  job,
  js,
  listen,
  pod,
  startTestSandbox,
  stay,
  template,
  type Obj,
  type TestSandbox,
} from "./TestSandbox.ts";

let test: TestSandbox;
beforeAll(async () => {
  test = await startTestSandbox();
});
afterAll(() => test.close());

const logs = (args: string, wanted: string | RegExp): Promise<string> =>
  eventually(`${String(wanted)} in the log of ${args}`, async () => {
    const text = await test.kubectl(`logs ${args}`);
    return (typeof wanted === "string" ? text.includes(wanted) : wanted.test(text)) ? text : undefined;
  });
const file = (name: string): string => join(test.folder, name);

it("gives each pod of a StatefulSet a name, an order and a volume that outlives it", async () => {
  const program = `
    const fs = require("node:fs"), file = process.argv[1] + "/who";
    if (!fs.existsSync(file)) fs.writeFileSync(file, process.env.HOSTNAME + " " + process.pid);
    console.log(fs.readFileSync(file, "utf8")); ${stay}`;
  await test.apply({
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "ring" },
    spec: {
      serviceName: "ring",
      replicas: 2,
      selector: { matchLabels: { app: "ring" } },
      volumeClaimTemplates: [
        {
          metadata: { name: "data" },
          spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
        },
      ],
      template: template("ring", test.folder, {
        containers: [js(program, { args: ["/data"], volumeMounts: [{ name: "data", mountPath: "/data" }] })],
      }),
    },
  });
  await test.kubectl("rollout status statefulset/ring --timeout=90s");
  expect(await test.kubectl("get pvc -o name")).toBe(
    "persistentvolumeclaim/data-ring-0\npersistentvolumeclaim/data-ring-1\n",
  );
  const first = await logs("ring-1", "ring-1 ");
  // More than once: whether kubectl heard of the end of a pod whose successor has the same name was a matter of luck.
  for (let time = 0; time < 3; time++) {
    await test.kubectl("delete pod ring-1 --wait --timeout=90s");
    await test.kubectl("rollout status statefulset/ring --timeout=90s");
    expect(await logs("ring-1", "ring-1 ")).toBe(first);
  }
  await test.kubectl("scale statefulset/ring --replicas=1");
  await test.kubectl("wait --for=delete pod/ring-1 --timeout=90s");
  expect(await test.kubectl("get pvc data-ring-1 -o jsonpath={.status.phase}")).toBe("Bound");
  const found = await test.get("pods -l app=ring");
  expect(found.items.map(({ metadata }: Obj) => metadata.labels["apps.kubernetes.io/pod-index"])).toEqual([
    "0",
  ]);
});

it("tries a Job again until it succeeds, and gives up after its limit", async () => {
  const runs = (name: string, line: string, restartPolicy = "OnFailure"): object =>
    template(name, test.folder, { restartPolicy, containers: [js(line)] });
  await test.apply(
    job(
      "second-try",
      runs(
        "second-try",
        `const fs = require("node:fs"); if (fs.existsSync("tried")) console.log("done"); else { fs.writeFileSync("tried", ""); process.exit(1); }`,
      ),
      { backoffLimit: 3 },
    ),
    job("hopeless", runs("hopeless", `console.error("no"); process.exit(9)`, "Never"), { backoffLimit: 0 }),
    job("in-parallel", runs("in-parallel", `console.log("part")`), { completions: 3, parallelism: 3 }),
  );
  await test.kubectl("wait --for=condition=complete job/second-try job/in-parallel --timeout=90s");
  await test.kubectl("wait --for=condition=failed job/hopeless --timeout=90s");
  expect(await test.kubectl("logs job/second-try")).toBe("done\n");
  expect((await test.get("job in-parallel")).status.succeeded).toBe(3);
  expect(await test.kubectl("describe job hopeless")).toContain("BackoffLimitExceeded");
  expect(await test.kubectl("get job hopeless")).toMatch(/hopeless +Failed +0\/1 /);
});

it("runs a CronJob when somebody asks", async () => {
  const tidies = template("tidy", test.folder, {
    restartPolicy: "Never",
    containers: [js(`console.log("tidied")`)],
  });
  await test.apply(cronJob("tidy", "* * * * *", tidies));
  await test.kubectl("create job tidy-now --from=cronjob/tidy");
  await test.kubectl("wait --for=condition=complete job/tidy-now --timeout=90s");
  expect(await test.kubectl("logs job/tidy-now")).toBe("tidied\n");
  expect((await test.get("job tidy-now")).metadata.ownerReferences).toMatchObject([
    { kind: "CronJob", name: "tidy" },
  ]);
  await test.kubectl("delete cronjob tidy --wait --timeout=90s");
  await test.kubectl("wait --for=delete job/tidy-now --timeout=90s");
});

it("runs init containers in order, sidecars before the program, and ends them after it", async () => {
  const say = (text: string) => `console.log(${JSON.stringify(text)} + " " + Date.now());`;
  const write = (text: string) =>
    `require("node:fs").appendFileSync(process.argv[1] + "/order", ${JSON.stringify(text)} + "\\n");`;
  const shared = { args: ["/shared"], volumeMounts: [{ name: "shared", mountPath: "/shared" }] };
  await test.apply({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "ordered" },
    spec: {
      template: template("ordered", test.folder, {
        restartPolicy: "Never",
        volumes: [{ name: "shared", emptyDir: {} }],
        initContainers: [
          js(write("init"), { name: "init", ...shared }),
          js(`${write("sidecar")}${say("beside")}${stay}`, {
            name: "beside",
            restartPolicy: "Always",
            ...shared,
            startupProbe: {
              exec: { command: ["/bin/sh", "-c", 'grep -q sidecar "/shared/order"'] },
              // Node may take longer to start than the three times that it is asked by default.
              timeoutSeconds: 30,
              periodSeconds: 1,
              failureThreshold: 100,
            },
          }),
        ],
        containers: [
          js(
            `${write("main")}console.log(require("node:fs").readFileSync(process.argv[1] + "/order", "utf8"))`,
            shared,
          ),
        ],
      }),
    },
  });
  await test.kubectl("wait --for=condition=complete job/ordered --timeout=90s");
  expect((await test.kubectl("logs job/ordered -c main")).trim().split("\n")).toEqual([
    "init",
    "sidecar",
    "main",
  ]);
  expect(await test.kubectl("logs job/ordered -c beside")).toContain("beside");
});

it("gives configuration, secrets and the pod's own facts, and follows changes of mounted configuration", async () => {
  const program = `
    const fs = require("node:fs"), folder = process.argv[1];
    console.log(["MODE", "PASSWORD", "MY_NAME", "MY_IP", "LIMIT", "URL"].map((key) => key + "=" + process.env[key]).join(" "));
    console.log("labels " + fs.readFileSync(process.argv[2] + "/labels", "utf8").trim());
    let last; setInterval(() => { const now = fs.readFileSync(folder + "/mode", "utf8"); if (now !== last) console.log("mode " + (last = now)); }, 50);`;
  await test.apply(
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "settings" },
      data: { MODE: "calm", mode: "calm" },
    },
    { apiVersion: "v1", kind: "Secret", metadata: { name: "key" }, stringData: { PASSWORD: "hunter2" } },
    pod(
      "reader",
      template("reader", test.folder, {
        volumes: [
          { name: "settings", configMap: { name: "settings" } },
          {
            name: "facts",
            downwardAPI: { items: [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }] },
          },
        ],
        containers: [
          js(program, {
            args: ["/etc/settings", "/etc/facts"],
            envFrom: [{ configMapRef: { name: "settings" } }, { secretRef: { name: "key" } }],
            env: [
              { name: "MY_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
              { name: "MY_IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
              { name: "LIMIT", valueFrom: { resourceFieldRef: { resource: "limits.memory" } } },
              { name: "URL", value: "db://me:$(PASSWORD)@db" },
            ],
            resources: { limits: { memory: "64Mi" } },
            volumeMounts: [
              { name: "settings", mountPath: "/etc/settings" },
              { name: "facts", mountPath: "/etc/facts" },
            ],
          }),
        ],
      }),
    ),
  );
  const text = await logs("reader", "mode calm");
  expect(text).toMatch(
    /^MODE=calm PASSWORD=hunter2 MY_NAME=reader MY_IP=10\.\S+ LIMIT=67108864 URL=db:\/\/me:hunter2@db\nlabels app="reader"\n/,
  );
  await test.kubectl(["patch", "cm", "settings", "-p", '{"data":{"mode":"wild"}}']);
  await logs("reader", "mode wild");
  expect(await test.kubectl("get pod reader -o jsonpath={.status.containerStatuses[0].restartCount}")).toBe(
    "0",
  );
});

it("says in words which configuration is missing, and goes on when it comes", async () => {
  await test.apply(
    pod(
      "lacking",
      template("lacking", test.folder, {
        containers: [
          js(`console.log("got " + process.env.A);${stay}`, {
            envFrom: [{ configMapRef: { name: "later" } }],
          }),
        ],
      }),
    ),
  );
  await eventually("the reason", async () =>
    /CreateContainerConfigError[^]*configmap "later" not found/.test(
      await test.kubectl("describe pod lacking"),
    ),
  );
  await test.kubectl("create cm later --from-literal=A=it");
  expect(await logs("lacking", "got it")).toBe("got it\n");
});

it("restarts a program that no longer answers, and keeps one out of the way that is not ready", async () => {
  const probe = (path: string) => ({
    httpGet: { path, port: "http" },
    periodSeconds: 1,
    failureThreshold: 1,
    timeoutSeconds: 30,
  });
  // Node may take longer to start than it takes a liveness probe to end it, every time.
  const startupProbe = { ...probe("/"), failureThreshold: 100 };
  const ports = [{ name: "http", containerPort: 8080, protocol: "TCP" }];
  await test.apply(
    deployment(
      "ill",
      template("ill", test.folder, {
        containers: [
          js(
            `const from = Date.now(); ${listen(`r.statusCode = q.url === "/alive" && Date.now() - from > 300 ? 500 : 200; r.end()`)}`,
            { ports, startupProbe, livenessProbe: probe("/alive") },
          ),
        ],
      }),
    ),
    deployment(
      "unready",
      template("unready", test.folder, {
        containers: [
          js(listen(`r.statusCode = require("node:fs").existsSync("ready-now") ? 200 : 503; r.end()`), {
            ports,
            readinessProbe: probe("/"),
          }),
        ],
      }),
    ),
  );
  await eventually(
    "a restart",
    async () =>
      Number(
        await test.kubectl(
          "get pod -l app=ill -o jsonpath={.items[0].status.containerStatuses[0].restartCount}",
        ),
      ) >= 1,
  );
  await eventually("its events", async () => {
    const text = await test.kubectl("describe pod -l app=ill");
    return (
      /Unhealthy .*Liveness probe failed: HTTP probe failed with statuscode: 500/.test(text) &&
      /Killing .*Container main failed liveness probe, will be restarted/.test(text)
    );
  });
  await test.kubectl("delete deployment ill");

  await eventually("its event", async () =>
    /Unhealthy .*Readiness probe failed: HTTP probe failed with statuscode: 503/.test(
      await test.kubectl("describe pod -l app=unready"),
    ),
  );
  expect(await test.kubectl("get deployment unready")).toMatch(/unready +0\/1 +1 +0 /);
  writeFileSync(file("ready-now"), "");
  await test.kubectl("rollout status deployment/unready --timeout=90s");
});

it("asks a program to end: preStop first, then the signal, then the end of its patience", async () => {
  const write = (name: string) => `require("node:fs").writeFileSync(${JSON.stringify(name)}, "")`;
  await test.apply(
    pod(
      "polite",
      template("polite", test.folder, {
        containers: [
          js(
            `process.on("SIGTERM", () => { if (require("node:fs").existsSync("pre-stopped")) ${write("in-order")}; process.exit(0); }); console.log("up"); ${stay}`,
            { lifecycle: { preStop: { exec: { command: ["touch", file("pre-stopped")] } } } },
          ),
        ],
      }),
    ),
    pod(
      "stubborn",
      template("stubborn", test.folder, {
        terminationGracePeriodSeconds: 3,
        containers: [js(`process.on("SIGTERM", () => ${write("asked")}); console.log("up"); ${stay}`)],
      }),
    ),
  );
  await logs("polite", "up");
  await logs("stubborn", "up");
  await test.kubectl("delete pod polite stubborn --wait --timeout=90s");
  expect([file("in-order"), file("asked")].map((path) => existsSync(path))).toEqual([true, true]);
});

it("logs nothing that should not happen", () => {
  expect(test.logged).toEqual([]);
});
