import { statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ApiResponse } from "../../src/sandbox/api/ApiRequest.ts";
import { createKubeClient } from "../../src/kube/createKubeClient.ts";
import type { KubeObject } from "../../src/contract/index.ts";
import type { CliFolder } from "../cli/CliFolder.ts";
import { allForms, canaryValues, filesBelow, found } from "./canaryValues.ts";
import { openTides } from "./openTides.ts";
import type { EchoingCluster } from "./startEchoingCluster.ts";

const platform = (version: number): string => `name: tides
images: { web: { ref: registry.example.org/web, tag: "${version}" } }
environments:
  prod: { target: { context: okd }, namespace: tides }
secrets:
  db: { from: environment, keys: [PLAIN, ESCAPED, LINES, BYTES, SHORT] }
components:
  web:
    kind: service
    image: web
    runAs: 1000
    env: { PLAIN: "\${secret.db.PLAIN}", URL: "http://u:\${secret.db.SHORT}@host/" }
`;

/** The server's refusal, with all that it was told. */
const refusing = (code: number, reason: string): ApiResponse => ({
  status: code,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    reason,
    message: `"web" is invalid: metadata.labels: Invalid value: ${allForms.join(" , ")} : must be no secret`,
    details: {
      name: "web",
      causes: allForms.map((form) => ({
        reason: "FieldValueInvalid",
        message: `Invalid value: "${form}"`,
        field: "x",
      })),
    },
    code,
  }),
});

describe("No byte of a secret is printed or written", () => {
  let folder: CliFolder;
  let cluster: EchoingCluster;
  beforeEach(async () => {
    ({ folder, cluster } = await openTides(platform(1)));
  });
  afterEach(async () => {
    await cluster.close();
    folder.remove();
  });

  const files = (): string => filesBelow(folder.path);

  it("by a command that succeeds, nor left in an object that is no Secret of the platform", async () => {
    const commands = [
      "check prod",
      "rehearse prod",
      "rehearse prod -o json",
      "rehearse prod --fail crash:web",
      "rbac prod --read-only",
      "--debug rbac prod --read-only -o json",
      "render prod",
      "render prod -o json",
      "plan prod",
      "plan prod -o json",
      "plan prod --save first.plan",
      "deploy prod --yes --no-wait",
      "history prod",
      "--debug plan prod",
    ];
    for (const command of commands)
      expect([command, (await folder.run(command.split(" "))).code]).toEqual([command, 0]);
    expect(statSync(join(folder.path, "first.plan")).mode & 0o777).toBe(0o600);
    // Nobody makes pods here: it is not ready, and the status says so.
    for (const command of ["status prod", "status prod -o json"])
      expect([command, (await folder.run(command.split(" "))).code]).toEqual([command, 1]);
    folder.environment["PLAIN"] = "canary-changed-5d20";
    folder.write("moorage.yaml", platform(2));
    const changed = await folder.run(["plan", "prod"]);
    // Differences name the keys that changed.
    expect(changed.stdout).toContain("PLAIN");
    expect((await folder.run(["deploy", "prod", "--yes", "--no-wait"])).code).toBe(0);

    const client = createKubeClient(cluster.api.transport());
    let kept = "";
    for (const kind of [
      { apiVersion: "v1", kind: "Secret" },
      { apiVersion: "v1", kind: "ConfigMap" },
      { apiVersion: "v1", kind: "Event" },
      { apiVersion: "apps/v1", kind: "Deployment" },
      { apiVersion: "coordination.k8s.io/v1", kind: "Lease" },
    ]) {
      const { items } = await client.list(kind, { namespace: "tides" });
      for (const { data, ...object } of items as { data?: object; metadata: { name?: string } }[])
        kept += JSON.stringify(object.metadata.name === "db" ? object : { ...object, data });
    }
    const everything = folder.everything + files() + kept;
    expect(found(everything)).toEqual([]);
    expect(everything).not.toContain("canary-changed");
  });

  const failures: readonly [string, (method: string) => ApiResponse | undefined][] = [
    [
      "refuses an apply and quotes it",
      (method) => (method === "PATCH" ? refusing(422, "Invalid") : undefined),
    ],
    [
      "forbids writing and quotes it",
      (method) => (method === "GET" ? undefined : refusing(403, "Forbidden")),
    ],
    [
      "calls it a bad request, with a text that is no Status",
      (method) =>
        method === "PATCH"
          ? { status: 400, headers: { "content-type": "text/plain" }, body: allForms.join("\n") }
          : undefined,
    ],
  ];
  const commands = [
    "plan prod",
    "plan prod -o json",
    "deploy prod --yes --no-wait",
    "--debug deploy prod --yes --no-wait",
    "deploy prod --yes -o json",
  ];
  describe.each(failures)("when the server %s", (_, answer) => {
    it.each(commands)("%s", async (command) => {
      cluster.answer = ({ method }) => answer(method);
      const { stdout, stderr } = await folder.run(command.split(" "));
      expect(stdout + stderr).not.toBe("");
      expect(found(folder.everything + files())).toEqual([]);
    });
  });

  it("when the cluster says why something is not ready, or refuses to delete, and quotes it", async () => {
    expect((await folder.run(["deploy", "prod", "--yes", "--no-wait"])).code).toBe(0);
    // Nobody is in this cluster but the test: it writes what a controller would.
    const client = createKubeClient(cluster.api.transport());
    const web = { apiVersion: "apps/v1", kind: "Deployment", namespace: "tides", name: "web" };
    const said = `pods "web-1" is invalid: ${allForms.join(" , ")}`;
    const conditions = [{ type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: said }];
    await client.patch(
      web,
      "merge",
      { status: { observedGeneration: 1, conditions } },
      { subresource: "status" },
    );
    const status = await folder.run(["status", "prod"]);
    expect(status.stdout).toContain("is invalid");
    await folder.run(["status", "prod", "-o", "json"]);
    cluster.answer = ({ method }) => (method === "GET" ? undefined : refusing(422, "Invalid"));
    for (const command of ["restart prod web", "destroy prod --yes", "--debug destroy prod --yes"])
      expect([command, (await folder.run(command.split(" "))).code]).toEqual([command, 1]);
    expect(found(folder.everything + files())).toEqual([]);
  });

  it("or, where the account may not read Secrets and so can't know them, says so once", async () => {
    expect((await folder.run(["deploy", "prod", "--yes", "--no-wait"])).code).toBe(0);
    cluster.answer = ({ path }) => (path.endsWith("/secrets") ? refusing(403, "Forbidden") : undefined);
    const { stderr } = await folder.run(["status", "prod"]);
    expect(stderr.match(/may not read Secrets/gu)).toHaveLength(1);
  });

  it("when somebody wrote them into a field by hand, or the record of a deploy holds them", async () => {
    folder.environment["USER"] = `ada ${canaryValues.PLAIN}`;
    expect((await folder.run(["deploy", "prod", "--yes", "--no-wait"])).code).toBe(0);
    const client = createKubeClient(cluster.api.transport());
    const web = { apiVersion: "apps/v1", kind: "Deployment", namespace: "tides", name: "web" };
    const annotations = { said: allForms.join(" , ") };
    await client.patch(web, "merge", { metadata: { annotations } }, { fieldManager: "kubectl-annotate" });
    const status = await folder.run(["status", "prod"]);
    expect(status.stdout).toContain("metadata.annotations.said");
    expect(status.stdout).toContain("kubectl-annotate");
    await folder.run(["status", "prod", "-o", "json"]);
    const history = await folder.run(["history", "prod"]);
    expect(history.stdout).toContain("ada ");
    await folder.run(["history", "prod", "-o", "json"]);
    cluster.answer = ({ path, query }) =>
      path.endsWith("/secrets") && String(query).includes("revision") ? refusing(422, "Invalid") : undefined;
    expect((await folder.run(["history", "prod"])).stderr).toContain("must be no secret");
    expect(found(folder.everything + files())).toEqual([]);
  });

  it("when the server's warnings quote what it was sent", async () => {
    cluster.warn = ({ method }) =>
      method === "PATCH" ? ['299 - "canary-plain-7f3a91 is no good label"'] : [];
    const { stderr } = await folder.run(["deploy", "prod", "--yes", "--no-wait"]);
    expect(stderr).toContain("is no good label");
    expect(found(folder.everything + files())).toEqual([]);
  });

  it("when a program fails, and the events about it quote it", async () => {
    const client = createKubeClient(cluster.api.transport());
    const said = `pods "web-1" is invalid: ${allForms.join(" , ")}`;
    const over = new AbortController();
    // Nobody is in this cluster but the test: it writes what a controller would.
    const controller = (async () => {
      const kind = { apiVersion: "apps/v1", kind: "Deployment" };
      for await (const event of client.follow(kind, { namespace: "tides", signal: over.signal })) {
        if (event.type !== "ADDED") continue;
        const { uid, generation } = event.object.metadata;
        const web = { ...kind, namespace: "tides", name: "web", uid };
        await client.create<KubeObject>({
          apiVersion: "v1",
          kind: "Event",
          metadata: { name: "web.1", namespace: "tides" },
          involvedObject: web,
          type: "Warning",
          reason: "FailedCreate",
          message: `Error creating: ${said}`,
        });
        const conditions = [
          { type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: said },
        ];
        const status = { observedGeneration: generation, conditions };
        await client.patch(web, "merge", { status }, { subresource: "status" });
      }
    })().catch(() => {});
    const { code, stderr } = await folder.run(["--debug", "deploy", "prod", "--yes"]);
    over.abort();
    await controller;
    expect(code).toBe(1);
    expect(stderr).toContain("Warning FailedCreate: Error creating");
    expect(found(folder.everything + files())).toEqual([]);
  });
});
