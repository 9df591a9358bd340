import { connect, createServer, type Server, type Socket } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createKubeClient } from "../../../kube/createKubeClient.ts";
import type { KubeClient } from "../../../kube/KubeClient.ts";
import { createApiServer, type ApiServer } from "../../api/createApiServer.ts";
import { systemClock } from "../../Clock.ts";
import { PortBook } from "../references/PortBook.ts";
import { ServiceProxies } from "./ServiceProxies.ts";
import type { Service } from "./Service.ts";
import type { Slice } from "./targets.ts";

let folder = "";
let api: ApiServer;
let client: KubeClient;
let proxies: ServiceProxies;
const pods = new Map<string, { ports: Map<number, number>; terminating: boolean }>();
const servers: Server[] = [];
const make = (): ServiceProxies =>
  new ServiceProxies({
    client,
    clock: systemClock,
    book: new PortBook({ file: join(folder, "ports.json"), random: Math.random }),
    log: () => {},
    pods: { of: (uid) => pods.get(uid), ofHost: (_namespace, _service, host) => pods.get(host)?.ports },
  });
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "moorage-proxy-"));
  api = createApiServer();
  client = createKubeClient(api.transport());
  proxies = make();
});
afterEach(async () => {
  await proxies.close();
  for (const server of servers.splice(0)) server.close();
  pods.clear();
  await api.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A program that says its name to whoever connects; undefined name: a port where nobody listens. */
async function program(name: string, serve = (socket: Socket): unknown => socket.end(name)): Promise<void> {
  const server = createServer(serve);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  pods.set(name, {
    ports: new Map([[8080, (server.address() as { port: number }).port]]),
    terminating: false,
  });
}
const createService = (spec: Service["spec"]): Promise<Service> =>
  client.create<Service>({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "data", namespace: "default" },
    spec,
  });
const onePort = { selector: { app: "data" }, ports: [{ port: 80, targetPort: 8080, protocol: "TCP" }] };
const slice = (ready: Record<string, boolean>): Slice => ({
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: { name: "data-1", namespace: "default", labels: { "kubernetes.io/service-name": "data" } },
  ports: [{ name: "", port: 8080 }],
  endpoints: Object.entries(ready).map(([uid, isReady]) => ({
    addresses: ["10.244.0.9"],
    conditions: { ready: isReady },
    targetRef: { kind: "Pod", uid },
  })),
});
const portOf = (): number => proxies.find("data", "default")?.ports.get(80) ?? 0;
const ask = (): Promise<string> =>
  new Promise((resolve) => {
    let text = "";
    const socket = connect(portOf(), "127.0.0.1");
    socket.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
    socket.once("error", () => resolve("refused"));
    socket.once("end", () => resolve(text));
  });

it("gives each port of a Service a loopback port, tells it, and finds the same one after a restart", async () => {
  const service = await createService(onePort);
  await proxies.assign(service);
  const port = portOf();
  expect(proxies.find("data.default.svc.cluster.local", "other")?.ports.get(80)).toBe(port);
  expect(proxies.find((service.spec.clusterIPs ?? [])[0] ?? "", "other")?.ports.get(80)).toBe(port);
  const live = await client.get({ apiVersion: "v1", kind: "Service", name: "data", namespace: "default" });
  expect(live.metadata.annotations).toEqual({ "dev.moorage.dev/service-ports": `{"80":${port}}` });
  await proxies.close();
  proxies = make();
  await proxies.known("default");
  expect(portOf()).toBe(port);
});

it("takes the ready pods in turn, the next one when one refuses, and none that ends", async () => {
  await program("a");
  await program("b");
  pods.set("dead", { ports: new Map([[8080, 1]]), terminating: false });
  await proxies.assign(await createService(onePort));
  proxies.setSlice(slice({ a: true, b: true, dead: true }));
  const answers = new Set<string>();
  for (let at = 0; at < 6; at++) answers.add(await ask());
  expect(answers).toEqual(new Set(["a", "b"]));
  // The node knows before any slice does.
  pods.set("a", { ...pods.get("a")!, terminating: true });
  expect([await ask(), await ask(), await ask()]).toEqual(["b", "b", "b"]);
  proxies.setSlice(slice({ a: true }));
  expect(await ask()).toBe("a");
});

it("waits for somebody who is ready, and gives up when nobody comes", async () => {
  await program("a");
  await proxies.assign(await createService(onePort));
  proxies.setSlice(slice({ a: false }));
  const answer = ask();
  await systemClock.sleep(50);
  proxies.setSlice(slice({ a: true }));
  expect(await answer).toBe("a");
  proxies.setSlice(slice({}));
  expect(await ask()).toBe("refused");
});

it("lets connections that are under way go on when their pod stops being ready, and when the Service goes", async () => {
  await program("a", (socket) => socket.pipe(socket));
  const service = await createService(onePort);
  await proxies.assign(service);
  proxies.setSlice(slice({ a: true }));
  const socket = connect(portOf(), "127.0.0.1");
  const say = (text: string): Promise<string> =>
    new Promise((resolve) => {
      socket.once("data", (chunk: Buffer) => resolve(chunk.toString("utf8")));
      socket.write(text);
    });
  expect(await say("one")).toBe("one");
  proxies.setSlice(slice({ a: false }));
  await proxies.remove(service);
  expect(await say("two")).toBe("two");
  expect(proxies.find("data", "default")).toBeUndefined();
  socket.destroy();
});

it("carries large answers whole, also to a client that has said all it wants to", async () => {
  const size = 3_000_000;
  await program("a", (socket) => {
    socket.resume();
    socket.once("end", () => socket.end("x".repeat(size)));
  });
  servers.at(-1)?.on("connection", (socket: Socket) => (socket.allowHalfOpen = true));
  await proxies.assign(await createService(onePort));
  proxies.setSlice(slice({ a: true }));
  const length = await new Promise<number>((resolve) => {
    let count = 0;
    const socket = connect({ port: portOf(), host: "127.0.0.1", allowHalfOpen: true });
    socket.on("data", (chunk: Buffer) => (count += chunk.length));
    socket.once("end", () => resolve(count));
    socket.end("that is all");
  });
  expect(length).toBe(size);
});

it("leads a name behind a headless service to its pod", async () => {
  await program("data-0");
  await proxies.assign(await createService({ ...onePort, clusterIP: "None" }));
  expect(proxies.find("data-0.data", "default")?.ports).toEqual(pods.get("data-0")?.ports);
  expect(proxies.find("data", "default")?.ports.get(8080)).toBe(portOf());
});
