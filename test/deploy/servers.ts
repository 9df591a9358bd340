import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { clusterConnection, createKubeClient, loadKubeconfig } from "../../src/kube/index.ts";
import { httpTransport } from "../../src/kube/httpTransport.ts";
import { systemClock } from "../../src/kube/Clock.ts";
import type { Transport } from "../../src/kube/Transport.ts";
import { createApiServer, type ApiServer } from "../../src/sandbox/api/index.ts";
import { clusterOver, type TestCluster } from "../../src/deploy/testing/testCluster.ts";
import { clusterMissing, startCluster } from "../cluster/startCluster.ts";
import { startApiOverHttps, type ApiOverHttps } from "../tools/apiOverHttps.ts";
import { runTool, type ToolResult } from "../tools/kubectl.ts";
import { asBearer } from "./asBearer.ts";
import { Deployer, type SignIn } from "./Deployer.ts";
import { RightsLedger } from "./RightsLedger.ts";

/** One of the tests' clusters: its own connection is the administrator's. */
export interface OpenedServer extends TestCluster {
  /** Who deploys: without any right until it is granted some. */
  readonly deployer: Deployer;
}

/** An API server that tests of the deploy run against. */
export interface Server {
  readonly name: string;
  /** Why it can't be started here, as a sentence. */
  readonly missing?: string;
  start(): Promise<void>;
  /** An empty namespace `epi` in it. */
  open(): Promise<OpenedServer>;
  /** What its deployers were granted, and used. */
  readonly ledger: RightsLedger;
  stop(): Promise<void>;
}

/** One that is reached by real programs too. */
export interface ToolServer extends Server {
  /** Runs kubectl or helm against it. Errors: what the program said. */
  run(tool: "kubectl" | "helm", args: readonly string[], input?: string): Promise<string>;
}

async function succeeded(result: Promise<ToolResult>): Promise<string> {
  const { code, stdout, stderr } = await result;
  if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`);
  return stdout;
}

/** The kinds that these tests leave in the namespace. */
const kinds = [
  { apiVersion: "v1", kind: "ConfigMap" },
  { apiVersion: "v1", kind: "Secret" },
  { apiVersion: "v1", kind: "PersistentVolumeClaim" },
  { apiVersion: "v1", kind: "Service" },
  { apiVersion: "apps/v1", kind: "Deployment" },
  { apiVersion: "batch/v1", kind: "Job" },
  { apiVersion: "coordination.k8s.io/v1", kind: "Lease" },
];

async function empty(opened: TestCluster): Promise<void> {
  for (const kind of kinds) {
    const { items } = await opened.client.list(kind, { namespace: "epi" });
    for (const { metadata } of items)
      await opened.client.delete({ ...kind, name: metadata.name ?? "", namespace: "epi" });
  }
}

async function withDeployer(
  cluster: TestCluster,
  signIn: SignIn,
  ledger: RightsLedger,
): Promise<OpenedServer> {
  const deployer = await Deployer.create(cluster.client, "epi", signIn, ledger);
  // What a test watches or breaks is what the deployer sends.
  const own = clusterOver(deployer.transport, async () => {});
  return { ...cluster, deployer, through: (...watching) => own.through(...watching) };
}

/** In this process, as whom the token stands for. */
const inProcess =
  (api: ApiServer): SignIn =>
  async (token) => {
    const user = await api.userOfToken(token);
    if (user === undefined) throw new Error("the token is not valid");
    return api.transport(user);
  };

function realServer(): ToolServer {
  const missing =
    clusterMissing() ?? (process.env["MOORAGE_TEST_CONTEXT"] ? "it needs a cluster of its own" : undefined);
  let cluster: Awaited<ReturnType<typeof startCluster>> | undefined;
  let transport: Transport | undefined;
  let signIn: SignIn | undefined;
  const opened: Transport[] = [];
  const ledger = new RightsLedger();
  return {
    ledger,
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
      const { kubeconfig } = cluster;
      signIn = async (token) => {
        const own = asBearer(kubeconfig, token);
        opened.push(own);
        return own;
      };
      await createKubeClient(transport).create({
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: "epi" },
      });
    },
    async open() {
      if (transport === undefined || signIn === undefined) throw new Error("not started");
      const own = clusterOver(transport, async () => {});
      await empty(own);
      return await withDeployer(own, signIn, ledger);
    },
    async run(tool, args, input) {
      if (cluster === undefined) throw new Error("not started");
      const { kubeconfig } = cluster;
      return await succeeded(
        runTool(tool, args, {
          kubeconfig,
          home: dirname(kubeconfig),
          ...(input === undefined ? {} : { input }),
        }),
      );
    },
    async stop() {
      for (const one of opened) await one.close();
      await transport?.close();
      await cluster?.stop();
    },
  };
}

function sandbox(): Server {
  const ledger = new RightsLedger();
  return {
    name: "the sandbox",
    ledger,
    start: async () => {},
    async open() {
      // Watches that are cut short end quietly.
      const sleep: typeof systemClock.sleep = async (milliseconds, signal) => {
        await systemClock.sleep(milliseconds, signal).catch(() => {});
      };
      const api = createApiServer({ clock: { ...systemClock, sleep } });
      const own = clusterOver(api.transport(), () => api.close());
      await own.client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "epi" } });
      return await withDeployer(own, inProcess(api), ledger);
    },
    stop: async () => {},
  };
}

function sandboxOverHttps(): ToolServer {
  let server: ApiOverHttps | undefined;
  const ledger = new RightsLedger();
  return {
    ledger,
    name: "the sandbox",
    async start() {
      server = await startApiOverHttps();
      await server.client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "epi" } });
    },
    async open() {
      if (server === undefined) throw new Error("not started");
      const own = clusterOver(server.client.transport, async () => {});
      await empty(own);
      return await withDeployer(own, inProcess(server.api), ledger);
    },
    async run(tool, args, input) {
      if (server === undefined) throw new Error("not started");
      const { kubeconfig, home } = server;
      return await succeeded(
        runTool(tool, args, { kubeconfig, home, ...(input === undefined ? {} : { input }) }),
      );
    },
    stop: async () => await server?.close(),
  };
}

export const servers: readonly Server[] = [sandbox(), realServer()];
export const toolServers: readonly ToolServer[] = [sandboxOverHttps(), realServer()];
