import { tmpdir } from "node:os";
import { clusterConnection, createKubeClient, loadKubeconfig } from "../../src/kube/index.ts";
import { httpTransport } from "../../src/kube/httpTransport.ts";
import { systemClock } from "../../src/kube/Clock.ts";
import type { Transport } from "../../src/kube/Transport.ts";
import { clusterOver, testCluster, type TestCluster } from "../../src/deploy/testing/testCluster.ts";
import { clusterMissing, startCluster } from "../cluster/startCluster.ts";

/** An API server that tests of the deploy run against. */
export interface Server {
  readonly name: string;
  /** Why it can't be started here, as a sentence. */
  readonly missing?: string;
  start(): Promise<void>;
  /** An empty namespace `epi` in it. */
  open(): Promise<TestCluster>;
  stop(): Promise<void>;
}

/** The kinds that these tests leave in the namespace. */
const kinds = [
  { apiVersion: "v1", kind: "ConfigMap" },
  { apiVersion: "v1", kind: "Secret" },
  { apiVersion: "v1", kind: "PersistentVolumeClaim" },
  { apiVersion: "coordination.k8s.io/v1", kind: "Lease" },
];

function realServer(): Server {
  const missing =
    clusterMissing() ?? (process.env["MOORAGE_TEST_CONTEXT"] ? "it needs a cluster of its own" : undefined);
  let cluster: Awaited<ReturnType<typeof startCluster>> | undefined;
  let transport: Transport | undefined;
  return {
    name: `a real kube-apiserver${missing === undefined ? "" : ` (skipped: ${missing})`}`,
    ...(missing === undefined ? {} : { missing }),
    async start() {
      cluster = await startCluster({
        components: ["kube-apiserver"],
        // Nobody is there to take the finalizer off again.
        flags: {
          "kube-apiserver": { "disable-admission-plugins": "StorageObjectInUseProtection,ServiceAccount" },
        },
      });
      const env = {};
      const connection = clusterConnection(
        loadKubeconfig({ path: cluster.kubeconfig, env, home: tmpdir() }),
        { env, clock: systemClock },
      );
      transport = httpTransport(connection);
      await createKubeClient(transport).create({
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: "epi" },
      });
    },
    async open() {
      if (transport === undefined) throw new Error("not started");
      const opened = clusterOver(transport, async () => {});
      for (const kind of kinds) {
        const { items } = await opened.client.list(kind, { namespace: "epi" });
        for (const { metadata } of items)
          await opened.client.delete({ ...kind, name: metadata.name ?? "", namespace: "epi" });
      }
      return opened;
    },
    async stop() {
      await transport?.close();
      await cluster?.stop();
    },
  };
}

const sandbox: Server = {
  name: "the sandbox",
  start: async () => {},
  open: testCluster,
  stop: async () => {},
};

export const servers: readonly Server[] = [sandbox, realServer()];
