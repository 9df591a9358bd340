import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { parse, stringify } from "yaml";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openKubeClient, type KubeClient } from "../../src/kube/index.ts";
import { CliFolder, type CliResult } from "../cli/CliFolder.ts";
import { clusterMissing, startCluster, type Cluster } from "../cluster/startCluster.ts";

const missing =
  clusterMissing() ?? (process.env["MOORAGE_TEST_CONTEXT"] ? "it needs a cluster of its own" : undefined);

const platformFile = (context: string, version: 1 | 2): string => `
name: mice
images: { api: { ref: registry.example.org/mice/api, tag: "1.${version}.0" } }
secrets:
  db: { keys: { PASSWORD: { from: generated, shape: hex } } }
environments:
  prod: { target: { context: ${context} }, namespace: mice }
components:
  api:
    kind: service
    image: api
    command: [node, api.js]
    runAs: 1000
    config: { LEVEL: "${version}" }
    env: { PASSWORD: "\${secret.db.PASSWORD}" }
${version === 2 ? "  more: { kind: service, image: api, command: [node, more.js], runAs: 1000 }" : ""}
  nightly: { kind: schedule, image: api, command: [node, n.js], runAs: 1000, cron: "30 2 * * *" }
`;

interface Kubeconfig {
  readonly "current-context": string;
  users: { name: string; user: object }[];
}

/** Kubernetes' own API server and controllers: the role `view` is what they make of it. */
describe.skipIf(missing !== undefined)(
  `With the role view${missing === undefined ? "" : ` (skipped: ${missing})`}`,
  () => {
    const cli = new CliFolder();
    let cluster: Cluster;
    let admin: KubeClient;
    let viewer: KubeClient;
    let kubeconfig: Kubeconfig;

    const as = (who: "admin" | "viewer", ...argv: string[]): Promise<CliResult> => {
      cli.environment["KUBECONFIG"] = who === "admin" ? cluster.kubeconfig : `${cli.path}/viewer`;
      return cli.run(argv);
    };
    const write = (version: 1 | 2): unknown =>
      cli.write("moorage.yaml", platformFile(kubeconfig["current-context"], version));

    beforeAll(async () => {
      cluster = await startCluster({ node: "rest" });
      const open = (path: string): KubeClient =>
        openKubeClient({ env: {}, home: tmpdir(), kubeconfig: path }).client;
      admin = open(cluster.kubeconfig);
      kubeconfig = parse(readFileSync(cluster.kubeconfig, "utf8")) as Kubeconfig;
      const namespace = "mice";
      await admin.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
      await admin.create({
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name: "viewer", namespace },
      });
      await admin.create({
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "RoleBinding",
        metadata: { name: "view", namespace },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
        subjects: [{ kind: "ServiceAccount", name: "viewer", namespace }],
      });
      const response = await admin.transport.send({
        method: "POST",
        path: `/api/v1/namespaces/${namespace}/serviceaccounts/viewer/token`,
        body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} },
      });
      const { status } = (await response.json()) as { status: { token: string } };
      const [user] = kubeconfig.users;
      const users = [{ name: user?.name ?? "", user: { token: status.token } }];
      viewer = open(cli.write("viewer", stringify({ ...kubeconfig, users })));
      write(1);
      const deployed = await as("admin", "deploy", "prod", "--yes");
      expect(deployed.code, deployed.stderr).toBe(0);
      // The controller that puts `view` together may be at it.
      const may = (): Promise<boolean> =>
        viewer.list({ apiVersion: "batch/v1", kind: "CronJob" }, { namespace }).then(
          () => true,
          () => false,
        );
      for (let tries = 0; !(await may()); tries++) {
        expect(tries, "the viewer never had its rights").toBeLessThan(2400);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }, 300_000);
    afterAll(async () => {
      await viewer?.close();
      await admin?.close();
      await cluster?.stop();
      cli.remove();
    });

    test("a status is whole, but for what Secrets hold, and that is said", async () => {
      write(1);
      const { code, stdout } = await as("viewer", "status", "prod");
      expect(code).toBe(0);
      expect(stdout).toContain("mice prod is healthy");
      expect(stdout).toMatch(/revision 1, .* by ada@/);
      expect(stdout).toMatch(/api +ready +1\/1/);
      expect(stdout).toContain("nobody has changed anything by hand since revision 1");
      expect(stdout).toContain("note: This account may not read Secrets");
    });

    test("a plan of what is deployed has no change", async () => {
      write(1);
      const { code, stdout } = await as("viewer", "plan", "prod", "--exit-code");
      expect(stdout).toContain("Nothing to do: 5 objects are as wanted.");
      expect(stdout.match(/^note: .*/gm)).toEqual([
        "note: This account may not read Secret db: left as it is.",
      ]);
      expect(code).toBe(0);
    });

    test("a plan shows changes field by field, marked as predicted; what could not be asked is said once", async () => {
      write(2);
      const { code, stdout } = await as("viewer", "plan", "prod", "--exit-code");
      const lines = stdout.split("\n");
      expect(lines.filter((line) => /^[~+±-] /.test(line))).toEqual([
        "~ ConfigMap api-config (predicted)",
        "~ Deployment api (predicted)",
        "+ Deployment more (predicted)",
        "+ Service more (predicted)",
        "~ CronJob nightly (predicted)",
      ]);
      expect(lines).toContain("    data.LEVEL: 1 -> 2");
      expect(stdout).not.toContain("secret-hash");
      expect(stdout.match(/may not change/g)).toHaveLength(1);
      expect(code).toBe(3);
    });

    test("a history has the last revision, and says why no more", async () => {
      const { code, stdout, stderr } = await as("viewer", "history", "prod");
      expect(code).toBe(0);
      expect(stdout).toMatch(/^1 .*ada@/m);
      expect(stderr).toContain("only the last one is known");
    });

    test("a deploy is refused before anything is written, with where the rights are to be had", async () => {
      write(2);
      const { code, stdout } = await as("viewer", "deploy", "prod", "--yes");
      expect(code).toBe(1);
      expect(stdout).toContain("`moorage rbac prod` prints all that a deploy needs");
      const { items } = await admin.list(
        { apiVersion: "coordination.k8s.io/v1", kind: "Lease" },
        { namespace: "mice" },
      );
      expect(items.map(({ spec }) => (spec as { holderIdentity?: string }).holderIdentity ?? "")).toEqual([
        "",
      ]);
    });
  },
);
