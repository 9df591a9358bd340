import { tmpdir } from "node:os";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { loadKubeconfig, openKubeClient, type KubeClient } from "../../src/kube/index.ts";
import { clusterMissing, startCluster } from "../cluster/startCluster.ts";
import { CliFolder } from "../cli/CliFolder.ts";
import { startApiOverHttps } from "../tools/apiOverHttps.ts";
import { canaryValues, filesBelow, found } from "./canaryValues.ts";

interface Server {
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

const missing =
  clusterMissing() ?? (process.env["MOORAGE_TEST_CONTEXT"] ? "it needs a cluster of its own" : undefined);
const servers: readonly { name: string; missing?: string | undefined; start: () => Promise<Server> }[] = [
  {
    name: "the sandbox",
    async start() {
      const server = await startApiOverHttps();
      return { kubeconfig: server.kubeconfig, stop: () => server.close() };
    },
  },
  {
    name: `a real kube-apiserver${missing === undefined ? "" : ` (skipped: ${missing})`}`,
    missing,
    start: async () => await startCluster({ components: ["kube-apiserver"] }),
  },
];

const keys = Object.keys(canaryValues);
const text = JSON.stringify(canaryValues.ESCAPED);
const platform = (context: string, override: string): string => `name: tides
images: { web: { ref: registry.example.org/web, tag: "1" } }
environments:
  prod: { target: { context: ${context} }, namespace: tides }
secrets:
  db: { from: environment, keys: [${keys.join(", ")}] }
components:
  web:
    kind: service
    image: web
    runAs: 1000
    env: { ${keys.map((key) => `${key}: "\${secret.db.${key}}"`).join(", ")} }
    ${override}
`;

/** Places that are no place for a secret, and that servers quote when they refuse them. */
const misplaced: readonly [string, string][] = [
  ["a label", `override: { Deployment: { metadata: { labels: { canary: ${text} } } } }`],
  [
    "a label of pods",
    `override: { Deployment: { spec: { template: { metadata: { labels: { canary: ${text} } } } } } }`,
  ],
  ["a number", `override: { Deployment: { spec: { replicas: ${text} } } }`],
  ["the name of a field", `override: { Deployment: { spec: { ${text}: 1 } } }`],
  ["a Service's name of a port", `override: { Service: { spec: { sessionAffinity: ${text} } } }`],
];

describe.each(servers)("On $name", ({ missing: why, start }) => {
  let server: Server;
  let client: KubeClient;
  let context: string;
  let folder: CliFolder;
  beforeAll(async () => {
    if (why !== undefined) return;
    server = await start();
    ({ client } = openKubeClient({ env: {}, home: tmpdir(), kubeconfig: server.kubeconfig }));
    context = loadKubeconfig({ path: server.kubeconfig, env: {}, home: tmpdir() }).currentContext ?? "";
    await client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "tides" } });
  }, 300_000);
  afterAll(async () => {
    await client?.close();
    await server?.stop();
  });
  beforeEach(() => {
    folder = new CliFolder();
    folder.environment = { ...folder.environment, ...canaryValues, KUBECONFIG: server?.kubeconfig };
  });
  afterEach(() => folder.remove());

  describe.skipIf(why !== undefined)("no byte of a secret", () => {
    it.each(misplaced)("is quoted from the server's refusal of %s", async (_, override) => {
      folder.write("moorage.yaml", platform(context, override));
      for (const command of ["plan prod", "--debug plan prod -o json", "--debug deploy prod --yes --no-wait"])
        expect([command, (await folder.run(command.split(" "))).code === 0]).toEqual([command, false]);
      expect(folder.everything).toContain("[redacted]");
      expect(found(folder.everything)).toEqual([]);
    });

    it("is left in any object but its Secret, or in what is printed of them", async () => {
      folder.write("moorage.yaml", platform(context, ""));
      for (const command of [
        "plan prod",
        "deploy prod --yes --no-wait",
        "--debug plan prod -o json",
        "status prod",
        "history prod",
      ])
        await folder.run(command.split(" "));
      expect(folder.everything).toContain("Deployment web");
      let left = "";
      for (const { verbs, group, version, kind } of await client.kinds()) {
        if (!verbs.includes("list")) continue;
        const { items } = await client.list({
          apiVersion: group === "" ? version : `${group}/${version}`,
          kind,
        });
        left += items
          .filter(({ metadata }) => metadata.name !== "db")
          .map((item) => JSON.stringify(item))
          .join("\n");
      }
      expect(left).toContain("moorage-tides-prod");
      expect(found(left + folder.everything + filesBelow(folder.path))).toEqual([]);
    });
  });
});
