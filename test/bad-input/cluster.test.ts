import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createKubeClient } from "../../src/kube/createKubeClient.ts";
import { CliFolder } from "../cli/CliFolder.ts";
import { unclear } from "./unclear.ts";
import { startRefusingCluster, type RefusingCluster } from "./startRefusingCluster.ts";

const platform = (more: { server?: string; service?: string; top?: string } = {}): string => `name: tides
images:
  web: { ref: registry.example.org/web, tag: "1" }
environments:
  prod: { target: { context: okd${more.server ?? ""} }, namespace: tides }
${more.top ?? ""}components:
  web: { kind: service, image: web, runAs: 1000${more.service ?? ""} }
`;

describe("a cluster that can't be used", () => {
  let folder: CliFolder;
  let cluster: RefusingCluster;
  beforeEach(async () => {
    cluster = await startRefusingCluster();
    folder = new CliFolder();
    folder.write("moorage.yaml", platform());
    folder.environment.KUBECONFIG = folder.write("kubeconfig", cluster.kubeconfig);
  });
  afterEach(async () => {
    await cluster.close();
    folder.remove();
  });
  const deploy = async (...more: string[]) =>
    await folder.run(["deploy", "prod", "--yes", "--no-wait", ...more]);

  const createNamespace = async () =>
    await createKubeClient(cluster.api.transport()).create({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "tides" },
    });

  it("no kubeconfig at all: says so, with the line that names the context", async () => {
    folder.environment.KUBECONFIG = undefined;
    expect(
      unclear(await deploy(), 1, [
        'There is no kubeconfig, and so no context "okd".',
        "moorage.yaml:5:21 environments.prod.target.context",
        "KUBECONFIG",
      ]),
    ).toEqual([]);
  });

  it("a context that is not there: names those that are", async () => {
    folder.write("kubeconfig", cluster.kubeconfig.replaceAll('"okd"', '"kind"'));
    expect(
      unclear(await deploy(), 1, [
        `The kubeconfig ${join(folder.path, "kubeconfig")} has no context "okd".`,
        "moorage.yaml:5:21 environments.prod.target.context",
        "It has kind.",
      ]),
    ).toEqual([]);
  });

  it("a kubeconfig that is no YAML: names the file, and quotes nothing of it", async () => {
    folder.write("kubeconfig", "users: [{ token: canary-in-kubeconfig\n");
    const result = await deploy();
    expect(unclear(result, 1, [join(folder.path, "kubeconfig"), "not valid YAML"])).toEqual([]);
    expect(result.stderr).not.toContain("canary");
  });

  it("a kubeconfig that is something else", async () => {
    folder.write("kubeconfig", "contexts: 5\n");
    expect(unclear(await deploy(), 1, [join(folder.path, "kubeconfig"), "is not a kubeconfig"])).toEqual([]);
  });

  it("a context whose cluster is not there", async () => {
    folder.write("kubeconfig", "contexts: [{ name: okd, context: { cluster: away, user: me } }]\n");
    expect(
      unclear(await deploy(), 1, ['Context "okd" uses cluster "away", which is not there', "kubeconfig"]),
    ).toEqual([]);
  });

  it("a server that nothing listens at", async () => {
    const free = createServer();
    const port = await new Promise<number>((done) => {
      free.listen(0, "127.0.0.1", () => done((free.address() as { port: number }).port));
    });
    await new Promise((done) => free.close(done));
    const server = `https://127.0.0.1:${port}`;
    folder.write("kubeconfig", cluster.kubeconfig.replaceAll(cluster.server, server));
    expect(
      unclear(await deploy(), 1, [`The API server ${server} can't be reached: the connection was refused.`]),
    ).toEqual([]);
  });

  it("a server whose certificate another authority signed", async () => {
    const other = await startRefusingCluster();
    folder.write("kubeconfig", cluster.kubeconfig.replaceAll(cluster.server, other.server));
    const result = await deploy();
    await other.close();
    expect(unclear(result, 1, [other.server, "certificate"])).toEqual([]);
  });

  it("credentials that are not accepted", async () => {
    folder.write("kubeconfig", cluster.kubeconfig.replaceAll("a-token-for-a-test", "an-old-token"));
    const result = await deploy();
    expect(unclear(result, 1, ["sign in"])).toEqual([]);
    expect(result.stderr).not.toContain("an-old-token");
  });

  it("another server than the environment is pinned to", async () => {
    folder.write("moorage.yaml", platform({ server: ", server: https://api.example.org:6443" }));
    expect(
      unclear(await deploy(), 1, [
        `The context okd leads to ${cluster.server}`,
        "pinned to https://api.example.org:6443",
        "moorage.yaml:5:35 environments.prod.target.server",
      ]),
    ).toEqual([]);
    expect(cluster.writes).toEqual([]);
  });

  it("a namespace that can't be created: nothing is written", async () => {
    cluster.forbid = ({ method, path }) => method !== "GET" && /\/namespaces(\/tides)?$/.test(path);
    expect(
      unclear(await deploy(), 1, ["Namespace tides", "forbidden", "kubectl create namespace tides"]),
    ).toEqual([]);
    expect(cluster.writes).toEqual([]);
  });

  it("an object that the account may not write: names it, and writes nothing", async () => {
    await createNamespace();
    cluster.forbid = ({ method, path }) => method !== "GET" && path.includes("/deployments");
    expect(unclear(await deploy("--adopt"), 1, ["Deployment web", "forbidden"])).toEqual([]);
    expect(cluster.writes).toEqual([]);
  });

  it("tells as data what stands in the way", async () => {
    await createNamespace();
    cluster.forbid = ({ method, path }) => method !== "GET" && path.includes("/deployments");
    const { code, stdout } = await deploy("--adopt", "-o", "json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: "ApiRefused", problems: [{ object: "Deployment web", cause: "forbidden" }] },
    });
  });

  it("an object that the API refuses: names it and the field, and writes nothing", async () => {
    await createNamespace();
    const override =
      ", override: { Deployment: { spec: { template: { spec: { containers: [{ name: web, imagePullPolicy: Sometimes }] } } } } }";
    folder.write("moorage.yaml", platform({ service: override }));
    expect(unclear(await deploy("--adopt"), 1, ["Deployment web", "imagePullPolicy", "Sometimes"])).toEqual(
      [],
    );
    expect(cluster.writes).toEqual([]);
  });

  it("secrets without a value: all of them at once, and nothing is written", async () => {
    folder.write(
      "moorage.yaml",
      platform({
        top: "secrets:\n  db: { from: dotenv, keys: [PASSWORD, USER] }\n  mail: { from: environment, keys: [MAIL_TOKEN] }\n",
        service:
          ', env: { P: "${secret.db.PASSWORD}", U: "${secret.db.USER}", M: "${secret.mail.MAIL_TOKEN}" }',
      }),
    );
    folder.write(".env", "USER=tides\n");
    expect(unclear(await deploy(), 1, ["PASSWORD", "MAIL_TOKEN", ".env"])).toEqual([]);
    expect(cluster.writes).toEqual([]);
  });

  it("a lock that somebody else holds: names them", async () => {
    const now = new Date().toISOString().replace("Z", "000Z");
    const client = createKubeClient(cluster.api.transport());
    await createNamespace();
    await client.create({
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "moorage-tides-prod", namespace: "tides" },
      spec: {
        holderIdentity: "grace@cluster 0123abcd",
        leaseDurationSeconds: 15,
        acquireTime: now,
        renewTime: now,
      },
    });
    const stop = new AbortController();
    const renewing = setInterval(() => {
      void client
        .patch(
          {
            apiVersion: "coordination.k8s.io/v1",
            kind: "Lease",
            name: "moorage-tides-prod",
            namespace: "tides",
          },
          "merge",
          { spec: { renewTime: new Date().toISOString().replace("Z", "000Z") } },
        )
        .catch(() => undefined);
    }, 200);
    let printed = "";
    const running = folder.run(["deploy", "prod", "--yes", "--adopt"], {
      signal: stop.signal,
      stderr: {
        write: (text) => {
          printed += text;
          // It waits for a while; who does not want to presses Ctrl-C.
          if (printed.includes("grace@cluster")) stop.abort();
        },
      },
    });
    const { code } = await running;
    clearInterval(renewing);
    expect(printed).toContain("grace@cluster is deploying; waiting");
    expect(code).toBe(130);
    const lease = await client.find({
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      name: "moorage-tides-prod",
      namespace: "tides",
    });
    expect(lease?.spec).toMatchObject({ holderIdentity: "grace@cluster 0123abcd" });
  });
});
