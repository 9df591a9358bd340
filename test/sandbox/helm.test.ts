import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { stringify } from "yaml";
import {
  deployment,
  js,
  listen,
  pod,
  service,
  startTestSandbox,
  template,
  type TestSandbox,
} from "./TestSandbox.ts";

let test: TestSandbox;
let chart: string;

const withAnnotations = (object: object, annotations: object): object => {
  const { metadata, ...rest } = object as { metadata: { annotations?: object } };
  return { ...rest, metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } } };
};

beforeAll(async () => {
  test = await startTestSandbox();
  chart = join(test.folder, "greeter");
  const once = (name: string, line: string) =>
    template(name, test.folder, { restartPolicy: "Never", containers: [js(line)] });
  const web = js(listen(`r.end(process.env.GREETING)`), {
    ports: [{ name: "http", containerPort: 8080, protocol: "TCP" }],
    env: [{ name: "GREETING", value: "{{ .Values.greeting }}" }],
  });
  const files: Record<string, unknown> = {
    "Chart.yaml": { apiVersion: "v2", name: "greeter", version: "1.0.0", appVersion: "9" },
    "values.yaml": { greeting: "hello" },
    "crds/greetings.yaml": {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "greetings.example.org" },
      spec: {
        group: "example.org",
        scope: "Namespaced",
        names: { plural: "greetings", singular: "greeting", kind: "Greeting", shortNames: ["gr"] },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            additionalPrinterColumns: [{ name: "Text", type: "string", jsonPath: ".spec.text" }],
            schema: {
              openAPIV3Schema: {
                type: "object",
                properties: {
                  spec: {
                    type: "object",
                    required: ["text"],
                    properties: { text: { type: "string" }, times: { type: "integer", default: 1 } },
                  },
                },
              },
            },
          },
        ],
      },
    },
    "templates/greeting.yaml": {
      apiVersion: "example.org/v1",
      kind: "Greeting",
      metadata: { name: "{{ .Release.Name }}" },
      spec: { text: "{{ .Values.greeting }}" },
    },
    "templates/deployment.yaml": deployment(
      "greeter",
      template("greeter", test.folder, { containers: [web] }),
    ),
    "templates/service.yaml": service("greeter"),
    "templates/before.yaml": withAnnotations(
      {
        apiVersion: "batch/v1",
        kind: "Job",
        metadata: { name: "before" },
        spec: {
          backoffLimit: 0,
          template: once(
            "before",
            `console.log("before"); process.exit("{{ .Values.greeting }}" === "broken" ? 1 : 0)`,
          ),
        },
      },
      { "helm.sh/hook": "pre-install,pre-upgrade", "helm.sh/hook-delete-policy": "before-hook-creation" },
    ),
    "templates/tests/greets.yaml": withAnnotations(
      pod(
        "greets",
        once(
          "greets",
          `fetch("http://127.0.0.1:" + process.env.GREETER_SERVICE_PORT).then((r) => r.text()).then((text) => { console.log("greeted: " + text); process.exit(text === "{{ .Values.greeting }}" ? 0 : 1); })`,
        ),
      ),
      { "helm.sh/hook": "test", "helm.sh/hook-delete-policy": "before-hook-creation" },
    ),
  };
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(chart, name)), { recursive: true });
    writeFileSync(join(chart, name), stringify(content, { lineWidth: 0 }));
  }
});
afterAll(() => test.close());

const greeting = () =>
  test.kubectl("get deployment greeter -o jsonpath={.spec.template.spec.containers[0].env[0].value}");

it("installs a chart with a definition, a hook and a wait, and tests it", async () => {
  const text = await test.helm(["install", "g", chart, "--wait", "--timeout", "90s"]);
  expect(text).toMatch(/STATUS: deployed\n.*REVISION: 1/);
  expect(await test.kubectl("get deployment greeter")).toMatch(/greeter +1\/1 /);
  expect(await test.kubectl("get gr")).toMatch(/NAME +TEXT\ng +hello\n/);
  expect((await test.get("greeting g")).spec.times).toBe(1);
  expect(await test.kubectl("logs job/before")).toBe("before\n");
  expect(await test.helm("test g --logs --timeout 90s")).toMatch(/Phase: +Succeeded[^]*greeted: hello/);
});

it("upgrades, refuses what fails, rolls back and lists", async () => {
  await test.helm(["upgrade", "g", chart, "--set", "greeting=good-day", "--wait", "--timeout", "90s"]);
  expect((await test.get("greeting g")).spec.text).toBe("good-day");
  const broken = await test.run("helm", [
    "upgrade",
    "g",
    chart,
    "--set",
    "greeting=broken",
    "--timeout",
    "90s",
  ]);
  expect([broken.code, broken.stderr]).toEqual([1, expect.stringMatching(/pre-upgrade hooks failed/)]);
  expect(await test.helm("list -o json")).toContain('"status":"failed"');
  expect(await test.helm("rollback g 1 --wait --timeout 90s")).toContain("Rollback was a success");
  expect((await test.get("greeting g")).spec.text).toBe("hello");
  expect(await greeting()).toBe("hello");
  const history = JSON.parse(await test.helm("history g -o json")) as { revision: number; status: string }[];
  expect(history.map(({ revision, status }) => `${revision} ${status}`)).toEqual([
    "1 superseded",
    "2 superseded",
    "3 failed",
    "4 deployed",
  ]);
  expect(await test.helm("list")).toMatch(/g\s+default\s+4\s+.*deployed\s+greeter-1\.0\.0\s+9/);
});

it("uninstalls with all that belongs to the release, but the definition", async () => {
  expect(await test.helm("uninstall g --wait --timeout 90s")).toContain('release "g" uninstalled');
  expect(
    (await test.get("deployments,services,greetings -l app.kubernetes.io/managed-by=Helm")).items,
  ).toEqual([]);
  await test.kubectl("wait --for=delete pod -l app=greeter --timeout=90s");
  expect(await test.helm("list -o json")).toBe("[]\n");
  expect(await test.kubectl("get crd greetings.example.org -o name")).toContain("greetings");
});
