import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MoorageError } from "../contract/index.ts";
import { clusterConnection, inClusterConnection } from "./clusterConnection.ts";
import type { Clock } from "./Clock.ts";
import { loadKubeconfig } from "./kubeconfig.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kubeconfig-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string): string => {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
  return path;
};
const one = (name: string, user = "{}"): string => `
current-context: ${name}
contexts: [{ name: ${name}, context: { cluster: ${name}, user: ${name}, namespace: ns-${name} } }]
clusters: [{ name: ${name}, cluster: { server: "https://${name}:6443/" } }]
users: [{ name: ${name}, user: ${user} }]
`;
const load = (...paths: string[]): ReturnType<typeof loadKubeconfig> =>
  loadKubeconfig({ env: { KUBECONFIG: paths.join(delimiter) }, home: folder });
const connect = (text: string, context?: string): ReturnType<typeof clusterConnection> =>
  clusterConnection(load(write("config", text)), { env: process.env, context });
const problemOf = async (run: () => unknown): Promise<MoorageError> => {
  try {
    await run();
  } catch (error) {
    if (error instanceof MoorageError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
};

describe("loadKubeconfig", () => {
  it("reads ~/.kube/config when KUBECONFIG is not set", () => {
    write(".kube/config", one("home"));
    expect(loadKubeconfig({ env: {}, home: folder }).currentContext).toBe("home");
  });

  it("merges the files of KUBECONFIG: the first to name a thing wins, and missing files are passed over", () => {
    const config = load(
      join(folder, "missing"),
      write("a", one("a")),
      write("b", one("b")),
      write("c", one("a").replace("ns-a", "other")),
    );
    expect(config.currentContext).toBe("a");
    expect([...config.contexts.keys()]).toEqual(["a", "b"]);
    expect(config.contexts.get("a")?.namespace).toBe("ns-a");
    expect(config.files).toHaveLength(3);
  });

  it.each(["", "# nothing yet\n", "---\n"])("takes %j as a file without contexts", (text) => {
    expect(load(write("empty", text), write("a", one("a"))).currentContext).toBe("a");
  });

  it("takes file names relative to the file they stand in", () => {
    write("sub/ca.pem", "CA");
    const path = write("sub/config", one("a").replace('6443/"', '6443/", certificate-authority: ca.pem'));
    expect(clusterConnection(load(path), { env: {} }).ca).toBe("CA");
  });

  it("says that an explicit file does not exist", async () => {
    const problem = await problemOf(() =>
      loadKubeconfig({ env: {}, home: folder, path: join(folder, "nowhere") }),
    );
    expect(problem).toMatchObject({
      code: "KubeconfigInvalid",
      hint: "Check --kubeconfig and the variable KUBECONFIG.",
    });
    expect(problem.message).toMatch(/nowhere does not exist/);
  });

  it("quotes nothing of a file that is not YAML, as it may hold secrets", async () => {
    const problem = await problemOf(() => load(write("config", 'users:\n  - token: "hunter2\n')));
    expect(problem.message).toContain("is not valid YAML");
    expect(problem.location.line).toBeGreaterThan(1);
    expect(JSON.stringify([problem.message, problem.hint])).not.toContain("hunter2");
  });
});

const plugin = (body: string): string => {
  const path = write("plugin.sh", `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o700);
  return one(
    "a",
    "{ exec: { apiVersion: client.authentication.k8s.io/v1, command: ./plugin.sh, provideClusterInfo: true, env: [{ name: COUNT, value: x }] } }",
  );
};

const through = (server: string): unknown => {
  const config = load(write("config", one("a").replace("https://a:6443/", server)));
  return clusterConnection(config, { env: { HTTPS_PROXY: "http://proxy:3128" } }).environmentProxy;
};

const answer = `{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"from-plugin"}}`;

describe("clusterConnection", () => {
  it("lists the contexts that are there when the one asked for is not", async () => {
    const config = load(write("a", one("b")), write("b", one("a")));
    const problem = await problemOf(() => clusterConnection(config, { context: "okd", env: {} }));
    expect(problem.code).toBe("KubeconfigInvalid");
    expect(problem.message).toContain('has no context "okd"');
    expect(problem.hint).toBe("It has a, b.");
  });

  it("says so when there is no kubeconfig at all", async () => {
    const problem = await problemOf(() => clusterConnection(load(), { context: "okd", env: {} }));
    expect(problem.message).toBe('There is no kubeconfig, and so no context "okd".');
  });

  it("goes through the environment's proxy, but never to this machine", () => {
    expect(through("https://kube.example.org")).toEqual({
      httpsProxy: "http://proxy:3128",
      httpProxy: "",
      noProxy: "",
    });
    expect(through("https://127.0.0.1:6443")).toBeUndefined();
  });

  it.each<[string, string, Record<string, string | string[]>]>([
    ["a token", "{ token: abc }", { authorization: "Bearer abc" }],
    ["a name and password", "{ username: u, password: p }", { authorization: "Basic dTpw" }],
    [
      "impersonation",
      "{ token: abc, as: jane }",
      { authorization: "Bearer abc", "impersonate-user": "jane" },
    ],
    ["groups", "{ as: j, as-groups: [a, b] }", { "impersonate-user": "j", "impersonate-group": ["a", "b"] }],
    ["nothing", "{}", {}],
  ])("signs in with %s", async (_, user, headers) => {
    const connection = connect(one("a", user));
    expect((await connection.credentials()).headers).toEqual(headers);
    expect(connection).toMatchObject({ server: "https://a:6443", namespace: "ns-a" });
  });

  it("signs in with a client certificate given as data", async () => {
    const data = Buffer.from("CERT").toString("base64");
    const connection = connect(one("a", `{ client-certificate-data: ${data}, client-key-data: ${data} }`));
    expect(await connection.credentials()).toEqual({ headers: {}, cert: "CERT", key: "CERT" });
  });

  it("reads a token's file again after a minute, or when it was refused", async () => {
    const file = write("token", "one\n");
    let now = 0;
    const clock: Clock = { now: () => now, sleep: async () => {} };
    const connection = clusterConnection(load(write("config", one("a", "{ tokenFile: token }"))), {
      env: {},
      clock,
    });
    const token = async (): Promise<string | string[] | undefined> =>
      (await connection.credentials()).headers["authorization"];
    expect(await token()).toBe("Bearer one");
    writeFileSync(file, "two\n");
    expect(await token()).toBe("Bearer one");
    now = 61_000;
    expect(await token()).toBe("Bearer two");
    expect(connection.forgetCredentials()).toBe(false);
    writeFileSync(file, "three");
    await token();
    writeFileSync(file, "four");
    expect(connection.forgetCredentials()).toBe(true);
    expect(await token()).toBe("Bearer four");
  });

  it("runs an exec plugin, once while its credentials last", async () => {
    const connection = connect(
      plugin(
        `echo "$COUNT" >> "${folder}/runs"; echo "$KUBERNETES_EXEC_INFO" > "${folder}/info"; echo '${answer}'`,
      ),
    );
    const [first] = await Promise.all([connection.credentials(), connection.credentials()]);
    expect(first.headers).toEqual({ authorization: "Bearer from-plugin" });
    const { readFileSync } = await import("node:fs");
    expect(readFileSync(join(folder, "runs"), "utf8")).toBe("x\n");
    expect(JSON.parse(readFileSync(join(folder, "info"), "utf8"))).toMatchObject({
      kind: "ExecCredential",
      spec: { cluster: { server: "https://a:6443/" } },
    });
    expect(connection.forgetCredentials()).toBe(true);
  });

  it.each([
    ["exit 3", "failed with exit code 3"],
    ["echo s3cret", "printed something that is not JSON"],
    ["echo '{}'", "printed no ExecCredential"],
  ])("says what is wrong with a plugin that does `%s`, and nothing it printed", async (body, message) => {
    const problem = await problemOf(() => connect(plugin(body)).credentials());
    expect(problem.code).toBe("KubeconfigInvalid");
    expect(problem.message).toContain(message);
    expect(problem.message).not.toContain("s3cret");
  });

  it("says that a plugin is not installed", async () => {
    const connection = connect(one("a", "{ exec: { command: no-such-plugin, installHint: Install it. } }"));
    const problem = await problemOf(() => connection.credentials());
    expect(problem).toMatchObject({ hint: "Install it." });
    expect(problem.message).toBe("The credential plugin no-such-plugin is not installed.");
  });
});

it("connects as a pod's service account inside a cluster", async () => {
  write("token", "t");
  write("ca.crt", "CA");
  write("namespace", "quality");
  const env = { KUBERNETES_SERVICE_HOST: "10.0.0.1", KUBERNETES_SERVICE_PORT: "443" };
  const connection = inClusterConnection({ env, folder })!;
  expect(connection).toMatchObject({ server: "https://10.0.0.1:443", ca: "CA", namespace: "quality" });
  expect((await connection.credentials()).headers).toEqual({ authorization: "Bearer t" });
  expect(inClusterConnection({ env: {}, folder })).toBeUndefined();
});
