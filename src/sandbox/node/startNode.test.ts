import { afterEach, beforeEach, expect, it } from "vitest";
import { devAnnotations, type KubeObject } from "../../contract/index.ts";
import type { Pod } from "./Pod.ts";
import { isReady, testNode, type TestNode } from "./testing/testNode.ts";

let cluster: TestNode;
beforeEach(async () => {
  cluster = await testNode({ controllers: true });
});
afterEach(() => cluster.stop());

/** Answers with its environment; asked to end, it ends what it has begun, as servers do that lose no request. */
const echo = `
const http = require("node:http");
console.log("starting as " + process.env.ROLE);
const server = http.createServer((request, response) => response.end(JSON.stringify({ env: process.env, argv: process.argv.slice(2) })));
server.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("listening"));
process.on("SIGTERM", () => server.close());
`;

const deployment = (name: string, container: object, dev: object, extra: object = {}): KubeObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name, namespace: "default" },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: {
        labels: { app: name },
        annotations: { [devAnnotations.containers]: JSON.stringify({ main: dev }) },
      },
      spec: {
        containers: [{ name: "main", image: `example.org/${name}:1`, ...container }],
        terminationGracePeriodSeconds: 5,
        ...extra,
      },
    },
  },
});

const service = (name: string, port: number, targetPort: number | string): KubeObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace: "default" },
  spec: { selector: { app: name }, ports: [{ port, targetPort, protocol: "TCP" }] },
});

it("runs a Deployment's pod as a process that is reached through its Service, with its data on a claim", async () => {
  const { client } = cluster;
  const cwd = cluster.program({ "server.cjs": echo });
  await client.create({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "data", namespace: "default" },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
  });
  await client.create(service("web", 80, "http"));
  await client.create(
    deployment(
      "web",
      {
        command: [process.execPath, "server.cjs"],
        args: ["--store=/data/x.db"],
        ports: [{ name: "http", containerPort: 8080, protocol: "TCP" }],
        env: [
          { name: "ROLE", value: "web" },
          { name: "SELF_URL", value: "http://web/" },
        ],
        readinessProbe: { httpGet: { path: "/", port: "http" } },
        volumeMounts: [{ name: "data", mountPath: "/data" }],
      },
      { cwd },
      { volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }] },
    ),
  );
  const pod = await cluster.eventually("a ready pod", async () =>
    (await client.list<Pod>({ apiVersion: "v1", kind: "Pod" }, { namespace: "default" })).items.find(isReady),
  );
  const port = await cluster.eventually("the service's port", async () => {
    const live = await client.get({ apiVersion: "v1", kind: "Service", name: "web", namespace: "default" });
    const text = live.metadata.annotations?.[devAnnotations.servicePorts];
    return text === undefined ? undefined : (JSON.parse(text) as Record<string, number>)["80"];
  });
  const answer = (await (await fetch(`http://127.0.0.1:${port}/`)).json()) as {
    env: Record<string, string>;
    argv: string[];
  };
  expect(answer.env).toMatchObject({ ROLE: "web", SELF_URL: `http://127.0.0.1:${port}/` });
  expect(answer.env["PORT_HTTP"]).toBe(answer.env["PORT"]);
  expect(answer.env["SECRET_OF_THE_USER"]).toBeUndefined();
  expect(JSON.parse(pod.metadata.annotations?.[devAnnotations.ports] ?? "{}")).toEqual({
    8080: Number(answer.env["PORT"]),
  });
  expect(answer.argv[0]).toMatch(new RegExp(`^--store=${cluster.stateDir}/volumes/.*/x\\.db$`));
  expect(await cluster.logs(pod.metadata.name ?? "")).toBe("starting as web\nlistening\n");
  expect(pod.status).toMatchObject({ phase: "Running", qosClass: "BestEffort" });
  expect(pod.status?.podIP).toMatch(/^10\.244\./);

  await client.patch(
    { apiVersion: "apps/v1", kind: "Deployment", name: "web", namespace: "default" },
    "merge",
    { spec: { replicas: 0 } },
  );
  await cluster.eventually(
    "the pod's end",
    async () =>
      (await client.list({ apiVersion: "v1", kind: "Pod" }, { namespace: "default" })).items.length === 0,
  );
  await expect(fetch(`http://127.0.0.1:${answer.env["PORT"]}/`)).rejects.toThrow("fetch failed");
});

it("replaces a program by its next version without a failed request", async () => {
  const { client } = cluster;
  const cwd = cluster.program({ "server.cjs": echo });
  await client.create(service("web", 80, 8080));
  const version = (role: string): KubeObject =>
    deployment(
      "web",
      {
        command: [process.execPath, "server.cjs"],
        ports: [{ containerPort: 8080, protocol: "TCP" }],
        env: [{ name: "ROLE", value: role }],
        lifecycle: { preStop: { sleep: { seconds: 3 } } },
      },
      { cwd },
    );
  await client.create(version("old"));
  const port = await cluster.eventually("the service's port", async () => {
    const live = await client.get({ apiVersion: "v1", kind: "Service", name: "web", namespace: "default" });
    const text = live.metadata.annotations?.[devAnnotations.servicePorts];
    return text === undefined ? undefined : (JSON.parse(text) as Record<string, number>)["80"];
  });
  const ask = async (): Promise<string | undefined> => {
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } });
    return ((await response.json()) as { env: Record<string, string> }).env["ROLE"];
  };
  expect(await cluster.eventually("the old version", ask)).toBe("old");
  await client.apply(version("new"), { fieldManager: "test", force: true });
  const failures: unknown[] = [];
  await cluster.eventually("the new version alone", async () => {
    const roles = await Promise.all(
      Array.from({ length: 8 }, () =>
        ask().catch((error: unknown) => {
          failures.push(error);
          return "failed";
        }),
      ),
    );
    const pods = await client.list<Pod>({ apiVersion: "v1", kind: "Pod" }, { namespace: "default" });
    return roles.every((role) => role === "new") && pods.items.length === 1;
  });
  expect(failures).toEqual([]);
});
