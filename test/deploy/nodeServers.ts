import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openKubeClient, type KubeClient, type Transport } from "../../src/kube/index.ts";
import { clusterMissing, startCluster } from "../cluster/startCluster.ts";
import { startTestSandbox } from "../sandbox/TestSandbox.ts";
import { asBearer } from "./asBearer.ts";
import { Deployer, type SignIn } from "./Deployer.ts";
import { RightsLedger } from "./RightsLedger.ts";

/** A cluster with controllers and a node, in which programs run. */
export interface NodeServer {
  readonly name: string;
  /** Why it can't be started here, as a sentence. */
  readonly missing?: string;
  start(): Promise<RunningNodeServer>;
}

export interface RunningNodeServer {
  /** The administrator's. */
  readonly client: KubeClient;
  /** Who deploys into a namespace: without any right until it is granted some. */
  deployer(namespace: string): Promise<Deployer>;
  /** What the deployers were granted, and used. */
  readonly ledger: RightsLedger;
  readonly kubeconfig: string;
  /** Where programs may run. */
  readonly folder: string;
  stop(): Promise<void>;
}

const clientOf = (kubeconfig: string): KubeClient =>
  openKubeClient({ env: {}, home: tmpdir(), kubeconfig }).client;

/** Deployers, each with a connection of its own, and how to end these. */
function deployers(
  admin: KubeClient,
  kubeconfig: string,
): Pick<RunningNodeServer, "deployer" | "ledger"> & { close(this: void): Promise<void> } {
  const opened: Transport[] = [];
  const ledger = new RightsLedger();
  const signIn: SignIn = async (token) => {
    const own = asBearer(kubeconfig, token);
    opened.push(own);
    return own;
  };
  return {
    ledger,
    deployer: (namespace) => Deployer.create(admin, namespace, signIn, ledger),
    async close() {
      for (const one of opened) await one.close();
    },
  };
}

const sandbox: NodeServer = {
  name: "the sandbox",
  async start() {
    const test = await startTestSandbox();
    const { kubeconfig } = test.sandbox;
    const client = clientOf(kubeconfig);
    const { close, ...who } = deployers(client, kubeconfig);
    return {
      client,
      ...who,
      kubeconfig,
      folder: test.folder,
      async stop() {
        await close();
        await client.close();
        await test.close();
      },
    };
  },
};

const missing =
  clusterMissing() ?? (process.env["MOORAGE_TEST_CONTEXT"] ? "it needs a cluster of its own" : undefined);

/** Kubernetes' own API server, controllers and scheduler; the sandbox's node runs the pods. */
const real: NodeServer = {
  name: `a real control plane${missing === undefined ? "" : ` (skipped: ${missing})`}`,
  ...(missing === undefined ? {} : { missing }),
  async start() {
    const folder = mkdtempSync(join(tmpdir(), "moorage-programs-"));
    const cluster = await startCluster({ node: true });
    const client = clientOf(cluster.kubeconfig);
    const { close, ...who } = deployers(client, cluster.kubeconfig);
    return {
      client,
      ...who,
      kubeconfig: cluster.kubeconfig,
      folder,
      async stop() {
        await close();
        await client.close();
        await cluster.stop();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
};

export const nodeServers: readonly NodeServer[] = [sandbox, real];
