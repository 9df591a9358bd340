import { request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { WebSocket } from "ws";
import {
  deployment,
  eventually,
  js,
  listen,
  service,
  startTestSandbox,
  template,
  type TestSandbox,
} from "./TestSandbox.ts";

let test: TestSandbox;
const http = (line: string, extra: object = {}) =>
  js(line, { ports: [{ name: "http", containerPort: 8080, protocol: "TCP" }], ...extra });
const ingress = (name: string) => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: { name, labels: { "app.kubernetes.io/name": name } },
  spec: {
    rules: [
      {
        host: `${name}.example.org`,
        http: {
          paths: [{ path: "/", pathType: "Prefix", backend: { service: { name, port: { name: "http" } } } }],
        },
      },
    ],
  },
});

interface Answer {
  readonly status: number | undefined;
  readonly type: string;
  readonly text: string;
}
/** What a browser gets from the door at a host. */
const visit = (host: string, path = "/"): Promise<Answer> =>
  new Promise((resolve, reject) => {
    request(
      {
        host: "127.0.0.1",
        port: test.sandbox.door.port,
        path,
        headers: { host: `${host}:${test.sandbox.door.port}`, accept: "text/html" },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => {
          text += part;
          // A stream of events goes on; what came first was passed on at once, or we would wait here for ever.
          if (text.includes("event: last")) response.destroy();
        });
        response.once("close", () =>
          resolve({ status: response.statusCode, type: String(response.headers["content-type"]), text }),
        );
      },
    )
      .once("error", reject)
      .end();
  });

beforeAll(async () => {
  test = await startTestSandbox();
});
afterAll(() => test.close());

it("passes requests, events and websockets to a pod", async () => {
  const ws = JSON.stringify(join(import.meta.dirname, "../../node_modules/ws/index.js"));
  const program = `
    const { WebSocketServer } = require(${ws});
    const server = require("node:http").createServer((q, r) => {
      if (q.url === "/events") {
        r.writeHead(200, { "content-type": "text/event-stream" });
        r.write("event: first\\ndata: 1\\n\\n");
        setTimeout(() => r.write("event: last\\ndata: 2\\n\\n"), 50);
      } else r.end("hello " + q.url + " of " + q.headers["x-forwarded-host"]);
    });
    new WebSocketServer({ server }).on("connection", (socket) => socket.on("message", (text) => socket.send("echo " + text)));
    server.listen(process.env.PORT, "127.0.0.1");`;
  await test.apply(
    deployment("web", template("web", test.folder, { containers: [http(program)] })),
    service("web"),
    ingress("web"),
  );
  await test.kubectl("rollout status deployment/web --timeout=90s");
  expect(await visit("web.lab.localhost", "/a?b")).toMatchObject({
    status: 200,
    text: expect.stringMatching(/^hello \/a\?b of web\.lab\.localhost/) as string,
  });
  const events = await visit("web.lab.localhost", "/events");
  expect([events.type, events.text]).toEqual(["text/event-stream", expect.stringContaining("event: first")]);

  const { port } = test.sandbox.door;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { headers: { host: `web.lab.localhost:${port}` } });
  const answer = await new Promise((resolve, reject) => {
    socket.once("open", () => socket.send("hi"));
    socket.once("message", (data: Buffer) => resolve(data.toString("utf8")));
    socket.once("error", reject);
  });
  socket.terminate();
  expect(answer).toBe("echo hi");
  expect(await test.kubectl("get ingress web -o jsonpath={.status.loadBalancer.ingress}")).not.toBe("");
});

it("says that there is no such host", async () => {
  const answer = await visit("nobody.lab.localhost");
  expect([answer.status, answer.text]).toEqual([404, expect.stringMatching(/nobody\.lab\.localhost/)]);
});

it("shows the last lines of a program that crashes, and that one starts", async () => {
  await test.apply(
    deployment(
      "crash",
      template("crash", test.folder, {
        containers: [http(`console.error("cannot find <the> database"); process.exit(1)`)],
      }),
    ),
    service("crash"),
    ingress("crash"),
    deployment("slow", template("slow", test.folder, { containers: [http("setInterval(() => {}, 1000)")] })),
    service("slow"),
    ingress("slow"),
  );
  const crashed = await eventually("the page", async () => {
    const answer = await visit("crash.lab.localhost");
    return answer.text.includes("database") ? answer : undefined;
  });
  expect(crashed.status).toBe(502);
  expect(crashed.text).toContain("cannot find &lt;the&gt; database");
  const slow = await visit("slow.lab.localhost");
  expect([slow.status, slow.text]).toEqual([503, expect.stringMatching(/start/i)]);
});

it("reaches services of type LoadBalancer and HTTPRoutes", async () => {
  const answer = (text: string) => http(listen(`r.end(${JSON.stringify(text)} + q.url)`));
  await test.apply(
    deployment("balanced", template("balanced", test.folder, { containers: [answer("balanced ")] })),
    service("balanced", { type: "LoadBalancer" }),
    deployment("routed", template("routed", test.folder, { containers: [answer("routed ")] })),
    service("routed"),
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata: { name: "routed", labels: { "app.kubernetes.io/name": "routed" } },
      spec: {
        parentRefs: [{ name: "public" }],
        hostnames: ["routed.example.org"],
        rules: [
          {
            matches: [{ path: { type: "PathPrefix", value: "/api" } }],
            filters: [
              {
                type: "URLRewrite",
                urlRewrite: { path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/" } },
              },
            ],
            backendRefs: [{ name: "routed", port: 80 }],
          },
        ],
      },
    },
  );
  await test.kubectl("rollout status deployment/balanced --timeout=90s");
  await test.kubectl("rollout status deployment/routed --timeout=90s");
  expect(await visit("routed.lab.localhost", "/api/things")).toMatchObject({
    status: 200,
    text: "routed /things",
  });
  expect(
    await test.kubectl("get httproute routed -o jsonpath={.status.parents[0].conditions[*].type}"),
  ).toContain("Accepted");
  expect(await visit("balanced.lab.localhost", "/x")).toMatchObject({ status: 200, text: "balanced /x" });
  expect(await test.kubectl("get svc balanced")).not.toContain("<pending>");
});
