import { afterAll, beforeAll, expect, it } from "vitest";
import { devAnnotations, type KubeObject } from "../../contract/index.ts";
import { testNode, type TestNode } from "./testing/testNode.ts";

let cluster: TestNode;
beforeAll(async () => {
  cluster = await testNode();
  const metadata = (name: string, annotations?: Record<string, string>) => ({
    name,
    namespace: "default",
    annotations,
  });
  const objects: KubeObject[] = [
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: metadata("settings", { [devAnnotations.templates]: "app.json" }),
      data: { "app.json": '{"data":"http://data:8080","store":"/store/x"}', plain: "http://data:8080" },
    },
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: metadata("keys"),
      data: { token: Buffer.from("s3cret").toString("base64") },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: metadata("data"),
      spec: { ports: [{ port: 8080, protocol: "TCP" }] },
    },
  ];
  for (const object of objects) await cluster.client.create(object);
});
afterAll(() => cluster.stop());

/** Prints the files named by its arguments, and their modes; again when they change. */
const show = `
const fs = require("node:fs");
let last = "";
setInterval(() => {
  const text = process.argv.slice(1).map((path) => path.split("/").pop() + "=" + fs.readFileSync(path, "utf8") + "|" + (fs.statSync(path).mode & 0o777).toString(8)).join("\\n");
  if (text !== last) console.log((last = text) + "\\n--");
}, 20);`;

async function run(
  name: string,
  files: string[],
  volumes: object[],
  volumeMounts: object[],
  extra: object = {},
): Promise<void> {
  const container = {
    name: "main",
    image: "example.org/x:1",
    command: [process.execPath, "-e", show, "--", ...files],
    volumeMounts,
    ...extra,
  };
  await cluster.pod(name, { containers: [container], volumes }, { main: { cwd: cluster.program({}) } });
}
const output = (name: string, wanted: string | RegExp) =>
  cluster.eventually(`${name} to print ${String(wanted)}`, async () => {
    const text = await cluster.logs(name);
    return (typeof wanted === "string" ? text.includes(wanted) : wanted.test(text)) ? text : undefined;
  });

it("mounts the keys of a ConfigMap as files, substitutes what is marked as a template, and follows changes", async () => {
  await run(
    "configured",
    ["/etc/app/app.json", "/etc/app/plain"],
    [
      { name: "config", configMap: { name: "settings" } },
      { name: "store", emptyDir: {} },
    ],
    [
      { name: "config", mountPath: "/etc/app" },
      { name: "store", mountPath: "/store" },
    ],
  );
  const text = await output("configured", "--\n");
  expect(text).toMatch(
    /app\.json=\{"data":"http:\/\/127\.0\.0\.1:\d+","store":"\/.*\/volumes\/store\/x"\}\|644\nplain=http:\/\/data:8080\|644/,
  );
  await cluster.client.patch(
    { apiVersion: "v1", kind: "ConfigMap", name: "settings", namespace: "default" },
    "merge",
    { data: { plain: "changed" } },
  );
  await output("configured", "plain=changed|644");
});

it("mounts chosen keys under paths and modes of their own, single files, and several sources as one", async () => {
  await run(
    "mixed",
    ["/keys/deep/token", "/opt/app/conf.d/one.txt", "/all/labels", "/all/token"],
    [
      {
        name: "keys",
        secret: { secretName: "keys", items: [{ key: "token", path: "deep/token", mode: 0o400 }] },
      },
      { name: "one", configMap: { name: "settings" } },
      {
        name: "all",
        projected: {
          sources: [
            { downwardAPI: { items: [{ path: "labels", fieldRef: { fieldPath: "metadata.name" } }] } },
            { secret: { name: "keys" } },
          ],
        },
      },
    ],
    [
      { name: "keys", mountPath: "/keys" },
      { name: "one", mountPath: "/opt/app/conf.d/one.txt", subPath: "app.json" },
      { name: "all", mountPath: "/all" },
    ],
    { env: [{ name: "FOLDER", value: "/opt/app/conf.d" }] },
  );
  const text = await output("mixed", "--\n");
  expect(text).toContain("token=s3cret|400");
  expect(text).toMatch(/one\.txt=\{"data":"http:\/\/127/);
  expect(text).toContain("labels=mixed|644\ntoken=s3cret|644");
});

it("waits for what is not there yet, and says what", async () => {
  await run(
    "early",
    ["/etc/app/a"],
    [{ name: "config", configMap: { name: "later" } }],
    [{ name: "config", mountPath: "/etc/app" }],
  );
  const message = await cluster.eventually(
    "a message",
    async () => (await cluster.getPod("early"))?.status?.containerStatuses?.[0]?.state.waiting?.message,
  );
  expect(message).toBe('MountVolume.SetUp failed for volume "config" : configmap "later" not found');
  await cluster.client.create({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "later", namespace: "default" },
    data: { a: "there" },
  });
  await output("early", "a=there");
});

it("refuses folders outside of its state", async () => {
  await run(
    "outside",
    ["/host/passwd"],
    [{ name: "host", hostPath: { path: "/etc" } }],
    [{ name: "host", mountPath: "/host" }],
  );
  const message = await cluster.eventually(
    "a message",
    async () => (await cluster.getPod("outside"))?.status?.containerStatuses?.[0]?.state.waiting?.message,
  );
  expect(message).toContain("hostPath /etc lies outside of the sandbox's state");
});
