import { chmodSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { request, type IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { componentKinds } from "../../src/components/index.ts";
import type { KubeObject } from "../../src/contract/index.ts";
import { deploy, prepareDeploy, type DeployResult, type Plan } from "../../src/deploy/index.ts";
import * as moorage from "../../src/index.ts";
import { openKubeClient, type KubeClient, type Transport } from "../../src/kube/index.ts";
import { evaluateEnvironment, loadPlatform, type LoadedPlatform } from "../../src/platform/index.ts";
import { startSandbox, type Sandbox } from "../../src/sandbox/startSandbox.ts";

export interface Deployed extends DeployResult {
  readonly plan: Plan;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Loads the platform file of a folder, as every command does. */
export const load = (folder: string): Promise<LoadedPlatform> =>
  loadPlatform({ cwd: folder, kinds: componentKinds, moorage: async () => await Promise.resolve(moorage) });

/** A copy of a platform in a folder of its own, a sandbox in this process, and a client that counts what it writes. */
export class TestPlatform {
  readonly folder: string;
  /** Variables of the command's environment. */
  readonly environment: Record<string, string | undefined> = { PATH: process.env["PATH"], LANG: "C.UTF-8" };
  /** `METHOD path` of each request that is no GET and no dry-run. (An atomic list with defaults in it can be compared by a dry-run only.) */
  readonly writes: string[] = [];
  readonly logged: string[] = [];
  #sandbox: Sandbox | undefined;
  #client: KubeClient | undefined;

  private constructor(folder: string) {
    this.folder = folder;
    this.environment["HOME"] = folder;
  }

  /** With no `from`, an empty folder. */
  static make(from?: string): TestPlatform {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "moorage-components-")));
    // PostgreSQL becomes another user when this one is root, and has to pass through.
    chmodSync(folder, 0o711);
    if (from !== undefined) cpSync(join(import.meta.dirname, from), folder, { recursive: true });
    return new TestPlatform(folder);
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), text);
  }

  remove(path: string): void {
    rmSync(join(this.folder, path));
  }

  async start(): Promise<void> {
    this.#sandbox = await startSandbox({
      stateDir: join(this.folder, ".moorage"),
      platform: (await load(this.folder)).name,
      environment: this.environment,
      log: (text) => void this.logged.push(text),
    });
    this.#client = openKubeClient({
      env: {},
      home: this.folder,
      kubeconfig: this.#sandbox.kubeconfig,
      wrap: (inner) => this.#counting(inner),
    }).client;
  }

  #counting(inner: Transport): Transport {
    return {
      send: async (asked) => {
        if (asked.method !== "GET" && asked.query?.["dryRun"] === undefined)
          this.writes.push(`${asked.method} ${asked.path}`);
        return await inner.send(asked);
      },
      close: async () => await inner.close(),
    };
  }

  get client(): KubeClient {
    if (this.#client === undefined) throw new Error("the sandbox is not started");
    return this.#client;
  }

  async stop(): Promise<void> {
    await this.#client?.close();
    await this.#sandbox?.stop();
    this.#client = undefined;
    this.#sandbox = undefined;
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  /** Load, evaluate, resolve, render, plan, apply, wait: any environment, into the sandbox. */
  async deploy(environment: string): Promise<Deployed> {
    const evaluated = evaluateEnvironment(await load(this.folder), environment, { target: "sandbox" });
    const context = { client: this.client, who: "test" };
    const prepared = await prepareDeploy({ evaluated, processEnvironment: this.environment }, context);
    const { plan, rendering, redact } = prepared;
    // Less than a test's own limit, so that it says what it waited for.
    const options = { timeoutSeconds: 100, jobTimeoutSeconds: 100 };
    return { plan, ...(await deploy(rendering, plan, { ...context, redact }, options)) };
  }

  /** A request to a host of the front door, `COMPONENT.PLATFORM.localhost`. */
  async ask(host: string, path: string, body?: string): Promise<Answer> {
    const port = this.#sandbox?.door.port;
    return await new Promise((done, fail) => {
      const method = body === undefined ? "GET" : "POST";
      request({ host: "127.0.0.1", port, path, method, headers: { host: `${host}:${port}` } }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => (text += part));
        response.once("end", () =>
          done({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
        );
        response.once("error", fail);
      })
        .once("error", fail)
        .end(body);
    });
  }

  async list(apiVersion: string, kind: string, namespace: string): Promise<KubeObject[]> {
    return [...(await this.client.list({ apiVersion, kind }, { namespace })).items];
  }

  /** Names of the pods that are not about to go, by component. */
  async pods(namespace: string, instance: string): Promise<Record<string, string[]>> {
    const pods: Record<string, string[]> = {};
    for (const { metadata } of await this.list("v1", "Pod", namespace)) {
      const { "app.kubernetes.io/name": name = "", "app.kubernetes.io/instance": of } = metadata.labels ?? {};
      if (of === instance && metadata.deletionTimestamp === undefined)
        (pods[name] ??= []).push(metadata.name ?? "");
    }
    return pods;
  }
}

/** Polls until `look` gives something other than undefined and false; fails after two minutes. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  let last: unknown;
  for (let tries = 0; tries < 1200; tries += 1) {
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
