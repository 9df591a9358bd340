import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { devAnnotations } from "../../src/contract/index.ts";
import { startSandbox, type Sandbox, type SandboxOptions } from "../../src/sandbox/startSandbox.ts";
import { runTool, type ToolResult } from "../tools/kubectl.ts";

/** A sandbox on a temporary folder, and the tools to use it. */
export interface TestSandbox {
  sandbox: Sandbox;
  /** Temporary; removed by `close`. Programs run in it. */
  readonly folder: string;
  readonly stateDir: string;
  /** What the sandbox logged: what should not happen. */
  readonly logged: string[];
  /** kubectl's or helm's output and exit code, whatever it is. */
  run(tool: "kubectl" | "helm", args: string | readonly string[], input?: unknown): Promise<ToolResult>;
  /** Output of a kubectl that has to succeed. A string of arguments is split at white space. */
  kubectl(args: string | readonly string[], input?: unknown): Promise<string>;
  helm(args: string | readonly string[]): Promise<string>;
  /** `kubectl get` as JSON. */
  get(args: string): Promise<Obj>;
  /** Applies objects, server-side. */
  apply(...objects: readonly object[]): Promise<string>;
  /** Starts a second one on the same state; the first has to be stopped. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** An object as kubectl prints it: untyped, because each test reads other fields of other kinds, and a wrong path fails the test. */
export type Obj = ReturnType<typeof JSON.parse>;

export async function startTestSandbox(
  more: Partial<Pick<SandboxOptions, "time" | "platform">> = {},
): Promise<TestSandbox> {
  const folder = mkdtempSync(join(tmpdir(), "moorage-sandbox-"));
  chmodSync(folder, 0o711);
  const stateDir = join(folder, ".moorage");
  const logged: string[] = [];
  const start = (): Promise<Sandbox> =>
    startSandbox({
      stateDir,
      platform: "lab",
      environment: { PATH: process.env["PATH"], HOME: folder, LANG: "C.UTF-8" },
      log: (text) => void logged.push(text),
      ...more,
    });
  const split = (args: string | readonly string[]): readonly string[] =>
    typeof args === "string" ? args.trim().split(/\s+/) : args;
  const succeed = (tool: string, args: readonly string[], { code, stdout, stderr }: ToolResult): string => {
    if (code === 0) return stdout;
    throw new Error(`${tool} ${args.join(" ")} ended with ${code}\n${stdout}\n${stderr}`);
  };
  const test: TestSandbox = {
    sandbox: await start(),
    folder,
    stateDir,
    logged,
    run: (tool, args, input) =>
      runTool(tool, split(args), {
        kubeconfig: test.sandbox.kubeconfig,
        home: folder,
        ...(input === undefined ? {} : { input: typeof input === "string" ? input : JSON.stringify(input) }),
      }),
    kubectl: async (args, input) => succeed("kubectl", split(args), await test.run("kubectl", args, input)),
    helm: async (args) => succeed("helm", split(args), await test.run("helm", args)),
    get: async (args) => JSON.parse(await test.kubectl(`get -o json ${args}`)),
    apply: (...items) => test.kubectl("apply --server-side -f -", { apiVersion: "v1", kind: "List", items }),
    async start() {
      test.sandbox = await start();
    },
    async close() {
      await test.sandbox.stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
  return test;
}

/** Polls until `look` gives something; fails after nearly two minutes and says what it saw last. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  const until = Date.now() + 110_000;
  let last: unknown;
  while (Date.now() < until) {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${what}: not in time`, { cause: last });
}

const node = process.execPath;

/** A container that runs lines of JavaScript. */
export const js = (line: string, extra: object = {}): object => ({
  name: "main",
  image: "example.org/program:1",
  command: [node, "-e", line],
  ...extra,
});

/** Lines for `js`. */
export const stay = "setInterval(() => {}, 1000);";
export const listen = (handler: string): string =>
  `require("node:http").createServer((q, r) => { ${handler} }).listen(process.env.PORT, "127.0.0.1");`;

/** A pod template whose named containers all run in `cwd`. */
export const template = (
  app: string,
  cwd: string,
  spec: { containers: object[]; initContainers?: object[]; [field: string]: unknown },
): object => ({
  metadata: {
    labels: { app },
    annotations: {
      [devAnnotations.containers]: JSON.stringify(
        Object.fromEntries(
          [...(spec.initContainers ?? []), ...spec.containers].map((container) => [
            (container as { name: string }).name,
            { cwd },
          ]),
        ),
      ),
    },
  },
  spec: { terminationGracePeriodSeconds: 20, ...spec },
});

export const deployment = (name: string, podTemplate: object, spec: object = {}): object => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name, labels: { app: name } },
  spec: { replicas: 1, selector: { matchLabels: { app: name } }, template: podTemplate, ...spec },
});

export const job = (name: string, podTemplate: object, spec: object = {}): object => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name },
  spec: { ...spec, template: podTemplate },
});

/** `spec` is that of its jobs. */
export const cronJob = (name: string, schedule: string, podTemplate: object, spec: object = {}): object => ({
  apiVersion: "batch/v1",
  kind: "CronJob",
  metadata: { name },
  spec: { schedule, jobTemplate: { spec: { ...spec, template: podTemplate } } },
});

/** A bare pod out of a template. */
export const pod = (name: string, from: object, spec: object = {}): object => {
  const { metadata, spec: inner } = from as { metadata: object; spec: object };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, ...metadata },
    spec: { ...inner, ...spec },
  };
};

export const service = (name: string, spec: object = {}): object => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, labels: { app: name } },
  spec: {
    selector: { app: name },
    ports: [{ name: "http", port: 80, targetPort: "http", protocol: "TCP" }],
    ...spec,
  },
});
