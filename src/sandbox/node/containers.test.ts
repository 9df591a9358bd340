import { createServer } from "node:net";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { isReady, testNode, type TestNode } from "./testing/testNode.ts";
import type { ContainerStatus, Pod } from "./Pod.ts";

let cluster: TestNode;
beforeAll(async () => {
  cluster = await testNode({ backoff: { base: 50, max: 200 } });
});
afterAll(() => cluster.stop());

const node = process.execPath;
/** A container that runs a line of JavaScript. */
const js = (line: string, extra: object = {}) => ({
  name: "main",
  image: "example.org/x:1",
  command: [node, "-e", line],
  ...extra,
});
const stay = "setInterval(() => {}, 1000);";
const listen =
  "require('node:http').createServer((q, r) => r.end('hello')).listen(Number(process.env.PORT), '127.0.0.1');";
const here = () => ({ main: { cwd: cluster.program({}) } });

const main = (pod: Pod | undefined): ContainerStatus | undefined => pod?.status?.containerStatuses?.[0];
const phase = (name: string, wanted: string) =>
  cluster.eventually(`${name} to be ${wanted}`, async () => {
    const pod = await cluster.getPod(name);
    return pod?.status?.phase === wanted ? pod : undefined;
  });
const waiting = (name: string, reason: string) =>
  cluster.eventually(`${name} to wait: ${reason}`, async () => {
    const pod = await cluster.getPod(name);
    return main(pod)?.state.waiting?.reason === reason ? main(pod)?.state.waiting?.message : undefined;
  });
const events = async (name: string): Promise<string[]> => {
  const list = await cluster.client.list({ apiVersion: "v1", kind: "Event" }, { namespace: "default" });
  return list.items
    .filter((event) => (event["involvedObject"] as { name?: string }).name === name)
    .map((event) => `${String(event["reason"])}: ${String(event["message"])}`);
};

it("says in words what a container without a way to run needs, and runs the others", async () => {
  await cluster.pod(
    "foreign",
    { containers: [{ ...js(""), name: "other", image: "example.org/closed:3" }, js(stay)] },
    here(),
  );
  const pod = await cluster.eventually("the status", async () => {
    const found = await cluster.getPod("foreign");
    return found?.status?.containerStatuses?.[1]?.state.running ? found : undefined;
  });
  expect(main(pod)?.state.waiting).toEqual({
    reason: "CannotRunHere",
    message: expect.stringMatching(/example\.org\/closed:3 can't run here.*dev: \{ cwd:/) as string,
  });
  expect(isReady(pod)).toBe(false);
});

it("tells a missing folder, a missing program and a failing preparation apart", async () => {
  const cwd = cluster.program({});
  const missing = join(cwd, "missing");
  await cluster.pod("no-folder", { containers: [js(stay)] }, { main: { cwd: missing } });
  await cluster.pod(
    "no-program",
    { containers: [{ ...js(""), command: ["no-such-program-here"] }] },
    { main: { cwd } },
  );
  await cluster.pod(
    "no-command",
    { containers: [{ name: "main", image: "example.org/x:1" }] },
    { main: { cwd } },
  );
  await cluster.pod(
    "unprepared",
    { containers: [js(stay)] },
    { main: { cwd, prepare: "echo building; echo it is broken >&2; exit 3" } },
  );
  expect(await waiting("no-folder", "CreateContainerConfigError")).toContain(missing);
  expect(await waiting("no-program", "RunContainerError")).toContain(
    'exec: "no-such-program-here": executable file not found in $PATH',
  );
  expect(await waiting("no-command", "CreateContainerConfigError")).toContain("dev: { run: [...] }");
  const message = await waiting("unprepared", "CreateContainerConfigError");
  expect(message).toMatch(/ended with exit code 3[^]*it is broken/);
  expect(await cluster.logs("unprepared")).toContain("it is broken\n");
});

it("prepares a folder once for all pods that share it", async () => {
  const cwd = cluster.program({});
  const dev = { main: { cwd, prepare: "echo once >> prepared; sleep 0.2" } };
  const container = js("console.log(require('node:fs').readFileSync('prepared', 'utf8').trim());" + stay);
  await Promise.all(
    ["one", "two", "three"].map((name) => cluster.pod(`prepared-${name}`, { containers: [container] }, dev)),
  );
  for (const name of ["one", "two", "three"])
    await cluster.eventually("a ready pod", async () => isReady(await cluster.getPod(`prepared-${name}`)));
  expect(readFileSync(join(cwd, "prepared"), "utf8")).toBe("once\n");
});

it("restarts what crashes, with a growing pause, and keeps the log of the run before", async () => {
  await cluster.pod(
    "crashing",
    { containers: [js("console.log('run ' + process.env.HOSTNAME); process.exit(7)")] },
    here(),
  );
  const pod = await cluster.eventually("back-off", async () => {
    const found = await cluster.getPod("crashing");
    return (main(found)?.restartCount ?? 0) >= 2 && main(found)?.state.waiting?.reason === "CrashLoopBackOff"
      ? found
      : undefined;
  });
  expect(main(pod)).toMatchObject({
    ready: false,
    lastState: { terminated: { exitCode: 7, reason: "Error" } },
  });
  expect(pod.status?.phase).toBe("Running");
  expect(await cluster.logs("crashing", { previous: true })).toBe("run crashing\n");
  await cluster.eventually("events", async () =>
    (await events("crashing")).some((text) =>
      text.startsWith("BackOff: Back-off restarting failed container=main"),
    ),
  );
});

it.each([
  ["OnFailure", 0, "Succeeded"],
  ["Never", 0, "Succeeded"],
  ["Never", 4, "Failed"],
])("with restartPolicy %s, exit code %i means %s", async (restartPolicy, code, expected) => {
  const name = `once-${restartPolicy.toLowerCase()}-${code}`;
  await cluster.pod(
    name,
    {
      restartPolicy,
      containers: [
        js(`console.error('bye'); process.exit(${code})`, {
          terminationMessagePolicy: "FallbackToLogsOnError",
        }),
      ],
    },
    here(),
  );
  const pod = await phase(name, expected);
  expect(main(pod)?.state.terminated).toMatchObject({
    exitCode: code,
    ...(code === 0 ? { reason: "Completed" } : { message: "bye\n" }),
  });
  expect(main(pod)?.restartCount).toBe(0);
});

it("runs init containers in order, sidecars beside, and ends the sidecars when the rest is done", async () => {
  const cwd = cluster.program({});
  const step = (name: string, line: string, extra: object = {}) => ({ ...js(line, extra), name });
  const note = (text: string) => `require('node:fs').appendFileSync('order', '${text} ');`;
  await cluster.pod(
    "ordered",
    {
      restartPolicy: "Never",
      initContainers: [
        step("first", note("first")),
        step(
          "beside",
          `process.on('SIGTERM', () => { ${note("ended")} process.exit(0); });` + note("beside") + stay,
          {
            restartPolicy: "Always",
            startupProbe: {
              // Node alone may need longer than the second that a probe has by default, and ten until the next one.
              timeoutSeconds: 30,
              periodSeconds: 1,
              failureThreshold: 100,
              exec: {
                command: [
                  node,
                  "-e",
                  "process.exit(require('node:fs').readFileSync('order', 'utf8').includes('beside') ? 0 : 1)",
                ],
              },
            },
          },
        ),
        step("second", note("second")),
      ],
      containers: [js(note("main"))],
    },
    Object.fromEntries(["first", "beside", "second", "main"].map((name) => [name, { cwd }])),
  );
  const pod = await phase("ordered", "Succeeded");
  expect(readFileSync(join(cwd, "order"), "utf8")).toBe("first beside second main ended ");
  expect(pod.status?.conditions?.find(({ type }) => type === "Initialized")?.status).toBe("True");
});

it("stays initializing when an init container fails, and says so", async () => {
  await cluster.pod(
    "uninitialized",
    { initContainers: [{ ...js("process.exit(1)"), name: "setup" }], containers: [js(stay)] },
    { ...here(), setup: { cwd: cluster.program({}) } },
  );
  const pod = await cluster.eventually("a restart", async () => {
    const found = await cluster.getPod("uninitialized");
    return (found?.status?.initContainerStatuses?.[0]?.restartCount ?? 0) > 0 ? found : undefined;
  });
  expect(pod.status).toMatchObject({
    phase: "Pending",
    containerStatuses: [{ state: { waiting: { reason: "PodInitializing" } } }],
  });
  await expect(cluster.logs("uninitialized", { container: "main" })).rejects.toThrow(
    'container "main" in pod "uninitialized" is waiting to start: PodInitializing',
  );
});

it("is ready only while its readiness probe says so", async () => {
  const cwd = cluster.program({});
  const line = `require('node:http').createServer((q, r) => { r.statusCode = require('node:fs').existsSync('off') ? 503 : 200; r.end(); }).listen(Number(process.env.PORT), '127.0.0.1');`;
  await cluster.pod(
    "probed",
    {
      containers: [
        js(line, {
          ports: [{ name: "http", containerPort: 8080 }],
          readinessProbe: { httpGet: { path: "/", port: "http" }, periodSeconds: 1, failureThreshold: 1 },
        }),
      ],
    },
    { main: { cwd } },
  );
  expect(await cluster.eventually("ready", async () => isReady(await cluster.getPod("probed")))).toBe(true);
  writeFileSync(join(cwd, "off"), "");
  await cluster.eventually("not ready", async () => !isReady(await cluster.getPod("probed")));
  await cluster.eventually("events", async () =>
    (await events("probed")).includes(
      "Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503",
    ),
  );
});

it("waits for the first port of a container without a readiness probe", async () => {
  const cwd = cluster.program({});
  await cluster.pod(
    "late",
    {
      containers: [
        js(
          `const timer = setInterval(() => { if (require('node:fs').existsSync('go')) { clearInterval(timer); ${listen} } }, 20)`,
          { ports: [{ containerPort: 8080 }] },
        ),
      ],
    },
    { main: { cwd } },
  );
  const running = await cluster.eventually("running", async () =>
    main(await cluster.getPod("late"))?.state.running ? cluster.getPod("late") : undefined,
  );
  expect(isReady(running)).toBe(false);
  writeFileSync(join(cwd, "go"), "");
  await cluster.eventually("ready", async () => isReady(await cluster.getPod("late")));
});

it("restarts a container whose liveness probe fails", async () => {
  await cluster.pod(
    "stuck",
    {
      containers: [
        js(stay, {
          livenessProbe: {
            exec: { command: [node, "-e", "process.exit(1)"] },
            periodSeconds: 1,
            failureThreshold: 1,
            timeoutSeconds: 30,
          },
        }),
      ],
    },
    here(),
  );
  await cluster.eventually(
    "a restart",
    async () => (main(await cluster.getPod("stuck"))?.restartCount ?? 0) > 0,
  );
  const told = await cluster.eventually("events", async () => {
    const texts = await events("stuck");
    return texts.some((text) => text.startsWith("Killing")) ? texts : undefined;
  });
  expect(told).toContain("Killing: Container main failed liveness probe, will be restarted");
});

it("fails a pod that is active for too long", async () => {
  await cluster.pod(
    "endless",
    { restartPolicy: "Never", activeDeadlineSeconds: 1, containers: [js(stay)] },
    here(),
  );
  expect((await phase("endless", "Failed")).status?.reason).toBe("DeadlineExceeded");
});

it("substitutes the container's own ports in its environment and arguments", async () => {
  const cwd = cluster.program({});
  await cluster.pod(
    "ports",
    {
      containers: [
        js(
          "console.log(JSON.stringify([process.env.PORT, process.env.PORT_METRICS, process.env.URL, process.argv.slice(1)]));" +
            stay,
          {
            args: ["--", "--port", "8080", "--bind=0.0.0.0:8080"],
            env: [{ name: "URL", value: "http://localhost:9090/" }],
            ports: [
              { name: "http", containerPort: 8080 },
              { name: "metrics", containerPort: 9090 },
            ],
          },
        ),
      ],
    },
    { main: { cwd } },
  );
  const text = await cluster.eventually("output", async () => (await cluster.logs("ports")) || undefined);
  const [port, metrics, url, args] = JSON.parse(text) as [string, string, string, string[]];
  expect(url).toBe(`http://localhost:${metrics}/`);
  expect(args).toEqual(["--port", port, `--bind=0.0.0.0:${port}`]);
});

it("gives hooks their turn: after the start, and before the end", async () => {
  const cwd = cluster.program({});
  const touch = (name: string) => ({
    exec: { command: [node, "-e", `require('node:fs').writeFileSync('${name}', '')`] },
  });
  await cluster.pod(
    "hooked",
    { containers: [js(stay, { lifecycle: { postStart: touch("started"), preStop: touch("stopped") } })] },
    { main: { cwd } },
  );
  await cluster.eventually("ready", async () => isReady(await cluster.getPod("hooked")));
  expect(existsSync(join(cwd, "started"))).toBe(true);
  await cluster.client.delete({ apiVersion: "v1", kind: "Pod", name: "hooked", namespace: "default" });
  await cluster.eventually("its end", async () => (await cluster.getPod("hooked")) === undefined);
  expect(existsSync(join(cwd, "stopped"))).toBe(true);
});

it("waits for a fixed port that something else has, and leaves it as it is", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as { port: number };
  const line = `require('node:http').createServer((q, r) => r.end()).listen(${port}, '127.0.0.1');`;
  const dev = { main: { cwd: cluster.program({}), fixedPort: true } };
  await cluster.pod("fixed", { containers: [js(line, { ports: [{ containerPort: port }] })] }, dev);
  const message = await cluster.eventually(
    "a message",
    async () => main(await cluster.getPod("fixed"))?.state.waiting?.message,
  );
  expect(message).toContain(`waits until port ${port}`);
  await new Promise((resolve) => other.close(resolve));
  const pod = await cluster.eventually("ready", async () => {
    const found = await cluster.getPod("fixed");
    return isReady(found) ? found : undefined;
  });
  expect(pod.metadata.annotations?.["dev.moorage.dev/ports"]).toBe(`{"${port}":${port}}`);
});
