import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { devAnnotations } from "../../../contract/index.ts";
import type { Pod } from "../Pod.ts";
import { isReady, testNode, type TestNode } from "../testing/testNode.ts";
import { findPostgres, findProgram } from "./findProgram.ts";
import { redisOptions } from "./redis.ts";

let cluster: TestNode;
beforeAll(async () => {
  cluster = await testNode();
});
afterAll(() => cluster.stop());

const ready = (name: string): Promise<Pod> =>
  cluster.eventually(`${name} to be ready`, async () => {
    const pod = await cluster.getPod(name);
    return isReady(pod) ? pod : undefined;
  });
const portOf = (pod: Pod, port: number): number =>
  (JSON.parse(pod.metadata.annotations?.[devAnnotations.ports] ?? "{}") as Record<string, number>)[
    String(port)
  ] ?? 0;

it.each([
  [["redis-server"], ["--port", "6379", "--dir", "/x", "--appendonly", "yes"], ["--appendonly", "yes"]],
  [
    ["sh", "-c", "exec redis-server -", "redis"],
    ["--port", "6379", "--maxmemory", "100mb"],
    ["--maxmemory", "100mb"],
  ],
  [[], ["--save", "60", "1"], ["--save", "60", "1"]],
])("reads the options of redis-server in %j %j", (command, args, expected) => {
  expect(redisOptions(command, args)).toEqual(expected);
});

it("serves the pages of a folder, with a fallback, and nothing beside them", async () => {
  const cwd = cluster.program({ "index.html": "<h1>home</h1>", "app.js": "1" });
  mkdirSync(join(cwd, "docs"));
  writeFileSync(join(cwd, "docs", "index.html"), "docs");
  writeFileSync(join(cwd, "..", "private.txt"), "private");
  const container = {
    name: "main",
    image: "nginx",
    ports: [{ name: "http", containerPort: 8080 }],
    env: [{ name: "STATIC_FALLBACK", value: "/index.html" }],
  };
  await cluster.pod("pages", { containers: [container] }, { main: { builtin: "static", cwd } });
  const root = `http://127.0.0.1:${portOf(await ready("pages"), 8080)}`;
  const home = await fetch(`${root}/`);
  expect([await home.text(), home.headers.get("content-type")]).toEqual([
    "<h1>home</h1>",
    "text/html; charset=utf-8",
  ]);
  expect((await fetch(`${root}/app.js`)).headers.get("content-type")).toBe("text/javascript; charset=utf-8");
  expect(await (await fetch(`${root}/docs`)).text()).toBe("docs");
  expect(await (await fetch(`${root}/some/route`)).text()).toBe("<h1>home</h1>");
  expect(await (await fetch(`${root}/..%2fprivate.txt`)).text()).toBe("<h1>home</h1>");
  expect((await fetch(`${root}/`, { method: "POST" })).status).toBe(405);
  const again = await fetch(`${root}/`, { headers: { "if-none-match": home.headers.get("etag") ?? "" } });
  expect(again.status).toBe(304);
});

it("serves pages that are mounted from a ConfigMap", async () => {
  await cluster.client.create({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "pages", namespace: "default" },
    data: { "index.html": "mounted" },
  });
  const root = "/usr/share/nginx/html";
  const container = {
    name: "main",
    image: "nginx",
    ports: [{ containerPort: 8080 }],
    volumeMounts: [{ name: "pages", mountPath: root }],
  };
  await cluster.pod(
    "mounted",
    { containers: [container], volumes: [{ name: "pages", configMap: { name: "pages" } }] },
    { main: { builtin: "static", cwd: root } },
  );
  const port = portOf(await ready("mounted"), 8080);
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("mounted");
});

const path = process.env["PATH"];

it.skipIf(findPostgres(path) === undefined)(
  "runs PostgreSQL with the database that is asked for, and keeps it",
  async () => {
    const container = {
      name: "main",
      image: "postgres:17",
      ports: [{ name: "postgres", containerPort: 5432 }],
      args: ["-c", "max_connections=20"],
      readinessProbe: { tcpSocket: { port: "postgres" } },
      env: [
        { name: "POSTGRES_USER", value: "app" },
        { name: "POSTGRES_DB", value: "cases" },
        { name: "POSTGRES_PASSWORD", value: "s3cret" },
        { name: "PGDATA", value: "/var/lib/postgresql/data/pgdata" },
      ],
      volumeMounts: [{ name: "data", mountPath: "/var/lib/postgresql/data" }],
    };
    const volumes = [{ name: "data", hostPath: { path: join(cluster.stateDir, "volumes", "db") } }];
    for (const name of ["db-first", "db-second"]) {
      await cluster.pod(
        name,
        { containers: [container], volumes, terminationGracePeriodSeconds: 20 },
        { main: { builtin: "postgres" } },
      );
      const port = portOf(await ready(name), 5432);
      // On a busy machine it listens a moment before it is up, and says so.
      const answer = await cluster.eventually("an answer", async () => {
        const said = await startupAnswer(port, "app", "cases");
        return said.includes("starting up") ? undefined : said;
      });
      expect(answer).toBe("SASL");
      await cluster.client.delete({ apiVersion: "v1", kind: "Pod", name, namespace: "default" });
      await cluster.eventually("its end", async () => (await cluster.getPod(name)) === undefined);
    }
  },
);

/** What PostgreSQL answers to the first message: that it wants a password (`SASL`), or its error. See its protocol, "Start-up". */
const startupAnswer = (port: number, user: string, database: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const body = Buffer.from(`user\0${user}\0database\0${database}\0\0`);
    const head = Buffer.alloc(8);
    head.writeInt32BE(body.length + 8, 0);
    head.writeInt32BE(196_608, 4);
    const socket = connect(port, "127.0.0.1", () => socket.write(Buffer.concat([head, body])));
    socket.once("error", reject);
    socket.once("data", (answer: Buffer) => {
      socket.destroy();
      resolve(
        answer.toString("latin1", 0, 1) === "R" && answer.readInt32BE(5) === 10
          ? "SASL"
          : answer.toString("latin1"),
      );
    });
  });

it.skipIf(findProgram("redis-server", path) !== undefined)(
  "says how to get a Redis server where there is none",
  async () => {
    await cluster.pod(
      "broker",
      { containers: [{ name: "main", image: "redis:8", command: ["redis-server"] }] },
      { main: { builtin: "redis" } },
    );
    const message = await cluster.eventually(
      "a message",
      async () => (await cluster.getPod("broker"))?.status?.containerStatuses?.[0]?.state.waiting?.message,
    );
    expect(message).toContain("redis-server is not on the PATH: install it");
  },
);
