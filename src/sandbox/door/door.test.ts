import {
  createServer,
  request as send,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from "node:http";
import { connect } from "node:net";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { devAnnotations, type KubeObject } from "../../contract/index.ts";
import { createKubeClient } from "../../kube/createKubeClient.ts";
import type { KubeClient } from "../../kube/KubeClient.ts";
import { createApiServer, type ApiServer } from "../api/index.ts";
import { startDoor, type Door } from "./startDoor.ts";

let api: ApiServer;
let client: KubeClient;
let door: Door;
let stateDir: string;
const programs: Server[] = [];
const logged: string[] = [];

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "moorage-door-"));
  api = createApiServer();
  client = createKubeClient(api.transport());
});
afterEach(async () => {
  await door.close();
  await api.close();
  for (const program of programs.splice(0)) {
    program.closeAllConnections();
    program.close();
  }
  await rm(stateDir, { recursive: true, force: true });
});

const open = async (patience = 5000): Promise<void> => {
  door = await startDoor(client, {
    stateDir,
    platformName: "epi",
    patience,
    log: (message) => void logged.push(message),
  });
};

/** A program on a loopback port. */
function startProgram(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  programs.push(server);
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
  });
}

async function expose(
  name: string,
  paths: unknown[] = [
    { path: "/", pathType: "Prefix", backend: { service: { name, port: { number: 80 } } } },
  ],
): Promise<void> {
  const labels = { "app.kubernetes.io/name": name, "app.kubernetes.io/instance": "epi-dev" };
  const metadata = { name: `${name}-dev`, namespace: "default", labels };
  await client.create({
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata,
    spec: { rules: [{ host: `${name}.example.org`, http: { paths } }] },
  });
}

async function service(name: string): Promise<void> {
  const spec = {
    selector: { app: name },
    ports: [{ name: "http", port: 80, targetPort: 8080, protocol: "TCP" }],
  };
  await client.create({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "default" },
    spec,
  });
}

async function pod(
  app: string,
  name: string,
  port: number,
  status: Record<string, unknown> = {},
): Promise<void> {
  const annotations = { [devAnnotations.ports]: JSON.stringify({ 8080: port }) };
  const made = await client.create({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", labels: { app }, annotations },
    spec: { nodeName: "node", containers: [{ name: "main", image: "i" }] },
  });
  await client.replace(
    { ...made, status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }], ...status } },
    { subresource: "status" },
  );
}

async function endpoints(app: string, ready: string[]): Promise<void> {
  const slice: KubeObject = {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: app, namespace: "default", labels: { "kubernetes.io/service-name": app } },
    addressType: "IPv4",
    ports: [{ name: "http", port: 8080, protocol: "TCP" }],
    endpoints: ready.map((name) => ({
      addresses: ["10.88.0.2"],
      conditions: { ready: true },
      targetRef: { kind: "Pod", name, namespace: "default" },
    })),
  };
  await client.apply(slice, { fieldManager: "test", force: true });
}

interface Answer {
  status: number;
  headers: IncomingMessage["headers"];
  body: string;
}
function ask(
  host: string,
  path = "/",
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method = "GET", headers = {}, body } = options;
    const asking = send(
      {
        host: "127.0.0.1",
        port: door.port,
        path,
        method,
        headers: { host: `${host}:${door.port}`, ...headers },
        agent: false,
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.once("error", reject);
        answer.once("end", () =>
          resolve({
            status: answer.statusCode!,
            headers: answer.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    asking.once("error", reject);
    asking.end(body);
  });
}
/** Polls: the door learns by a watch. */
async function until(what: string, look: () => Promise<boolean> | boolean): Promise<void> {
  for (const end = Date.now() + 60_000; !(await look());) {
    if (Date.now() > end) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test("answers on the host of the rule and on the hosts of the platform, and on no other", async () => {
  const port = await startProgram((request, response) =>
    response.end(`${request.headers.host} ${request.url}`),
  );
  await service("curator");
  await pod("curator", "c-1", port);
  await endpoints("curator", ["c-1"]);
  await expose("curator");
  await open();
  for (const host of [
    "curator.example.org",
    "curator.epi.localhost",
    "curator-dev.epi.localhost",
    "Curator.epi.localhost",
  ])
    expect(await ask(host, "/a//b?x=1")).toMatchObject({
      status: 200,
      body: `${host}:${door.port} /a/b?x=1`,
    });
  expect(door.urls()).toEqual([{ component: "curator", url: `http://curator.epi.localhost:${door.port}` }]);
  const stranger = await ask("evil.example.com");
  expect(stranger.status).toBe(404);
  expect(stranger.body).toContain(`http://curator.epi.localhost:${door.port}/`);
  expect((await ask("localhost", "/a")).status).toBe(404);
  expect((await ask("curator.epi.localhost", "/%2e%2e/x")).status).toBe(400);
});

test("tells the program who asked, and lets no header for one hop or of a forger through", async () => {
  let seen: IncomingMessage["headers"] = {};
  const port = await startProgram((request, response) => {
    seen = request.headers;
    response.setHeader("x-answer", "1").end();
  });
  await service("web");
  await pod("web", "w", port);
  await endpoints("web", ["w"]);
  await expose("web");
  await open();
  const headers = {
    "x-forwarded-for": "6.6.6.6",
    forwarded: "for=6.6.6.6",
    connection: "close, x-private",
    "x-private": "1",
    te: "trailers",
  };
  const answer = await ask("web.epi.localhost", "/", { headers });
  expect(answer.headers["x-answer"]).toBe("1");
  expect(seen).toMatchObject({
    "x-forwarded-for": "127.0.0.1",
    "x-forwarded-proto": "http",
    "x-forwarded-host": `web.epi.localhost:${door.port}`,
  });
  for (const name of ["forwarded", "x-private", "te"]) expect(seen).not.toHaveProperty(name);
});

test("streams uploads and event streams without waiting for their end", async () => {
  let finish = (): void => undefined;
  const port = await startProgram((request, response) => {
    if (request.url === "/events") {
      response.writeHead(200, { "content-type": "text/event-stream" }).write("data: 1\n\n");
      finish = () => response.end("data: 2\n\n");
    } else request.pipe(response);
  });
  await service("web");
  await pod("web", "w", port);
  await endpoints("web", ["w"]);
  await expose("web");
  await open();
  const body = "x".repeat(3_000_000);
  expect((await ask("web.epi.localhost", "/echo", { method: "POST", body })).body).toBe(body);
  const events: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const asking = send(
      { host: "127.0.0.1", port: door.port, path: "/events", headers: { host: "web.epi.localhost" } },
      (answer) => {
        answer.on("data", (chunk: Buffer) => {
          events.push(chunk.toString());
          // The second is only sent once the first has come through.
          if (events.length === 1) finish();
        });
        answer.once("end", resolve);
      },
    );
    asking.once("error", reject).end();
  });
  expect(events).toEqual(["data: 1\n\n", "data: 2\n\n"]);
});

test("passes websockets both ways", async () => {
  const port = await startProgram((_, response) => response.end());
  const sockets = new WebSocketServer({ server: programs.at(-1)! });
  sockets.on("connection", (socket) =>
    socket.on("message", (text: Buffer) => socket.send(`echo ${text.toString()}`)),
  );
  await service("web");
  await pod("web", "w", port);
  await endpoints("web", ["w"]);
  await expose("web");
  await open();
  const socket = new WebSocket(`ws://127.0.0.1:${door.port}/ws`, {
    headers: { host: `web.epi.localhost:${door.port}` },
  });
  const reply = await new Promise<string>((resolve, reject) => {
    socket.once("open", () => socket.send("hello"));
    socket.once("message", (text: Buffer) => resolve(text.toString()));
    socket.once("error", reject);
  });
  expect(reply).toBe("echo hello");
  socket.terminate();
  const refused = new WebSocket(`ws://127.0.0.1:${door.port}/ws`, { headers: { host: "evil.example.com" } });
  expect(
    await new Promise<string>((resolve) => refused.once("error", (error) => resolve(error.message))),
  ).toContain("404");
});

test("loses no request while a redeploy replaces the program", async () => {
  await service("web");
  await expose("web");
  const first = await startProgram((_, response) => response.end("1"));
  await pod("web", "w-1", first);
  await endpoints("web", ["w-1"]);
  await open();
  const answers: Answer[] = [];
  const asks = { on: true };
  const asking = (async () => {
    while (asks.on) answers.push(await ask("web.epi.localhost"));
  })();
  await until("answers of the first", () => answers.length > 5);
  // The worst order: the old program is gone before anybody says so, and the new one comes late.
  const old = programs.shift()!;
  old.close();
  old.closeAllConnections();
  const second = await startProgram((_, response) => response.end("2"));
  await client.delete(
    { apiVersion: "v1", kind: "Pod", name: "w-1", namespace: "default" },
    { gracePeriodSeconds: 0 },
  );
  await endpoints("web", []);
  await pod("web", "w-2", second);
  await endpoints("web", ["w-2"]);
  await until("an answer of the second", () => answers.at(-1)?.body === "2");
  asks.on = false;
  await asking;
  expect(answers.filter((answer) => answer.status !== 200)).toEqual([]);
});

test("asks all ready programs in turn, and skips one that refuses", async () => {
  await service("web");
  await expose("web");
  const ports = [
    await startProgram((_, response) => response.end("a")),
    await startProgram((_, response) => response.end("b")),
  ];
  await pod("web", "a", ports[0]!);
  await pod("web", "b", ports[1]!);
  await endpoints("web", ["a", "b"]);
  await open();
  const round = async (): Promise<string[]> =>
    [(await ask("web.epi.localhost")).body, (await ask("web.epi.localhost")).body].toSorted();
  expect(await round()).toEqual(["a", "b"]);
  programs[0]!.close();
  programs[0]!.closeAllConnections();
  expect(await round()).toEqual(["b", "b"]);
  expect((await ask("web.epi.localhost", "/", { method: "POST", body: "kept" })).body).toBe("b");
});

test("says what is waited for, that nothing is there, and that it crashed", async () => {
  await service("web");
  await expose("web");
  await open();
  const starting = await ask("web.epi.localhost", "/", { headers: { accept: "text/html" } });
  expect(starting).toMatchObject({
    status: 503,
    headers: { "retry-after": "1", "content-type": "text/html; charset=utf-8" },
  });
  expect(starting.body).toContain('http-equiv="refresh"');
  expect(
    JSON.parse((await ask("web.epi.localhost", "/", { headers: { accept: "application/json" } })).body),
  ).toMatchObject({ error: "starting" });
  expect((await ask("nothing.epi.localhost", "/", { headers: { accept: "text/html" } })).body).toContain(
    "Nothing is exposed as nothing.epi.localhost",
  );
  // The address that is printed when the door opens, and each component once, though it has a host by its object's name too.
  for (const host of ["localhost", "127.0.0.1"]) {
    const front = await ask(host, "/", { headers: { accept: "application/json" } });
    expect(front.status).toBe(200);
    expect(JSON.parse(front.body)).toMatchObject({
      page: "front-door",
      message: "The front door of epi",
      links: [`http://web.epi.localhost:${door.port}/`],
    });
  }
  const waiting = { reason: "CrashLoopBackOff", message: "back-off <b>10s</b>" };
  await pod("web", "w", 1, {
    conditions: [{ type: "Ready", status: "False" }],
    containerStatuses: [
      {
        name: "main",
        ready: false,
        restartCount: 3,
        image: "i",
        imageID: "",
        state: { waiting },
        lastState: { terminated: { exitCode: 7 } },
      },
    ],
  });
  await until("crashed", async () => (await ask("web.epi.localhost")).status === 502);
  const crashed = await ask("web.epi.localhost", "/", { headers: { accept: "text/html" } });
  expect(crashed.body).toContain("web crashed.");
  expect(crashed.body).toContain("exit code 7: back-off &lt;b&gt;10s&lt;/b&gt;");
  expect(crashed.body).not.toContain('http-equiv="refresh"');
});

test("gives the plain name to the older of two environments", async () => {
  const of = (name: string, instance: string): KubeObject => ({
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: {
      name,
      namespace: "default",
      labels: { "app.kubernetes.io/name": "web", "app.kubernetes.io/instance": instance },
    },
    spec: {
      rules: [
        {
          http: {
            paths: [{ path: "/", pathType: "Prefix", backend: { service: { name, port: { number: 80 } } } }],
          },
        },
      ],
    },
  });
  await client.create(of("web-a", "epi-a"));
  await client.create(of("web-b", "epi-b"));
  for (const [name, app] of [
    ["web-a", "a"],
    ["web-b", "b"],
  ] as const) {
    await service(name);
    await pod(name, app, await startProgram((_, response) => response.end(app)));
    await endpoints(name, [app]);
  }
  await open();
  expect((await ask("web.epi.localhost")).body).toBe("a");
  expect((await ask("web-b.epi.localhost")).body).toBe("b");
});

test("keeps its port, and says so when a port that is asked for is taken", async () => {
  await open();
  const { port } = door;
  await door.close();
  await open();
  expect(door.port).toBe(port);
  const second = startDoor(client, { stateDir, platformName: "epi", port });
  await expect(second).rejects.toMatchObject({
    code: "PortInUse",
    message: expect.stringContaining(String(port)) as string,
  });
});

test("closes at once, whatever is open", async () => {
  await open();
  const idle = connect(door.port, "127.0.0.1");
  await new Promise((resolve) => idle.once("connect", resolve));
  const closed = new Promise((resolve) => idle.once("close", resolve));
  idle.on("error", () => undefined);
  await door.close();
  await closed;
  expect(idle.destroyed).toBe(true);
});

/** Opens the door before one program. */
async function openBefore(listener: RequestListener): Promise<void> {
  const port = await startProgram(listener);
  await service("web");
  await pod("web", "w", port);
  await endpoints("web", ["w"]);
  await expose("web");
  await open();
}

/** Everything that a raw connection to the door answers until it ends. */
function say(bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let heard = "";
    const socket = connect(door.port, "127.0.0.1", () => socket.write(bytes));
    socket.on("data", (chunk: Buffer) => (heard += chunk.toString()));
    socket.on("error", () => undefined).once("close", () => resolve(heard));
  });
}

// Once sent without framing: a program could read the body as the next request (request smuggling).
test.each(["DELETE", "GET", "POST"])("keeps a chunked body of %s a body", async (method) => {
  const seen: string[] = [];
  await openBefore((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.once("end", () => {
      seen.push(`${request.method} ${request.url} ${body}`);
      response.end();
    });
  });
  const body = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
  for (const connection of ["close", "close, content-length, host"]) {
    const headers = `Host: web.epi.localhost\r\nConnection: ${connection}`;
    await say(
      `${method} /a HTTP/1.1\r\n${headers}\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    );
    await say(`${method} /b HTTP/1.1\r\n${headers}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  }
  expect(seen).toEqual([
    `${method} /a ${body}`,
    `${method} /b ${body}`,
    `${method} /a ${body}`,
    `${method} /b ${body}`,
  ]);
});

test("lets no request past the routing on a connection that was to be upgraded", async () => {
  const seen: string[] = [];
  await openBefore((request, response) => {
    seen.push(`${request.headers.host} ${request.headers.upgrade}`);
    response.end();
  });
  const second = "GET /secret HTTP/1.1\r\nHost: evil.example.com\r\nConnection: close\r\n\r\n";
  for (const upgrade of ["h2c", "websocket"]) {
    const first = `GET / HTTP/1.1\r\nHost: web.epi.localhost\r\nConnection: Upgrade\r\nUpgrade: ${upgrade}\r\n\r\n`;
    const heard = await say(first + second);
    expect(heard).toMatch(/^HTTP\/1\.1 200 OK/);
  }
  expect(seen).toEqual(["web.epi.localhost undefined", "web.epi.localhost websocket"]);
});

test("leaves the choice of a subprotocol to the program", async () => {
  await openBefore((_, response) => response.end());
  const sockets = new WebSocketServer({ server: programs.at(-1)!, handleProtocols: () => "second" });
  const socket = new WebSocket(`ws://127.0.0.1:${door.port}/`, ["first", "second"], {
    headers: { host: "web.epi.localhost" },
  });
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  expect(socket.protocol).toBe("second");
  socket.terminate();
  sockets.close();
});

test("tells the program when the client has gone, and the client when the program has", async () => {
  const gone: string[] = [];
  await openBefore((request, response) => {
    response.once("close", () => gone.push(request.url!));
    response.write("begun");
    if (request.url === "/break") setImmediate(() => response.destroy());
  });
  const asking = send(
    { host: "127.0.0.1", port: door.port, path: "/leave", headers: { host: "web.epi.localhost" } },
    (answer) => {
      answer.on("error", () => undefined);
      asking.destroy();
    },
  );
  asking.on("error", () => undefined).end();
  await until("the program knows", () => gone.includes("/leave"));
  await expect(ask("web.epi.localhost", "/break")).rejects.toMatchObject({ code: "ECONNRESET" });
});

test("waits a moment for the first ready pod", async () => {
  await service("web");
  await expose("web");
  await pod("web", "w", await startProgram((_, response) => response.end("there")));
  await open();
  const early = ask("web.epi.localhost");
  await endpoints("web", ["w"]);
  expect(await early).toMatchObject({ status: 200, body: "there" });
});

test("says why a pod can't run here", async () => {
  await service("web");
  await expose("web");
  const waiting = { reason: "CannotRunHere", message: "no entry for the container main" };
  const status = { name: "main", ready: false, restartCount: 0, image: "i", imageID: "", state: { waiting } };
  await pod("web", "w", 1, { phase: "Pending", conditions: [], containerStatuses: [status] });
  await open();
  expect(await ask("web.epi.localhost")).toMatchObject({
    status: 502,
    body: expect.stringContaining("CannotRunHere: no entry for the container main") as string,
  });
});

test("takes another port, and says so, when the one of last time is taken", async () => {
  await open();
  const { port } = door;
  expect(port).toBeGreaterThanOrEqual(20_000);
  await door.close();
  const other = createServer();
  programs.push(other);
  await new Promise<void>((resolve) => other.listen(port, "127.0.0.1", resolve));
  await open();
  expect(door.port).not.toBe(port);
  expect(logged.at(-1)).toContain(`port ${port} is taken`);
});

test("lets a request in flight finish when it closes", async () => {
  let finish = (): void => undefined;
  await openBefore((_, response) => void (finish = () => response.end("whole")));
  const asking = ask("web.epi.localhost");
  const started = finish;
  await until("the program is asked", () => finish !== started);
  const closed = door.close();
  finish();
  expect(await asking).toMatchObject({ status: 200, body: "whole" });
  await closed;
});

test("lists the paths of a host where none is the one that was asked for", async () => {
  await service("web");
  await expose("web", [
    { path: "/api", pathType: "Prefix", backend: { service: { name: "web", port: { number: 80 } } } },
  ]);
  await open();
  const answer = await ask("web.epi.localhost", "/apis");
  expect(answer.status).toBe(404);
  expect(answer.body).toContain(`http://web.epi.localhost:${door.port}/api\n`);
});
