import "reflect-metadata";
import { clusterConnection, httpTransport, loadKubeconfig, type Transport } from "../../src/kube/index.ts";
import { createKubeClient } from "../../src/kube/index.ts";
import { GarbageCollector } from "../../src/sandbox/api/garbageCollector.ts";
import { administrator, createApiServer, Store } from "../../src/sandbox/api/index.ts";
import { tokenReader } from "../../src/sandbox/api/https/Authenticator.ts";
import { createAuthority, issueServerCertificate } from "../../src/sandbox/api/https/certificates.ts";
import { startHttpsServer } from "../../src/sandbox/api/https/httpsServer.ts";
import { systemClock } from "../../src/sandbox/Clock.ts";
import { namespaceController } from "../../src/sandbox/controllers/namespaceController.ts";
import { runControllers } from "../../src/sandbox/controllers/runtime/runControllers.ts";
import { startCluster, type Cluster } from "../cluster/startCluster.ts";
import { findDifferences, type Difference } from "./findDifferences.ts";
import { normalise, timesIn } from "./normalise.ts";
import type { ParityCase } from "./ParityCase.ts";
import { runCase, viewed } from "./runCase.ts";

/** Both servers, ready for cases. */
export interface Servers {
  readonly real: Transport;
  readonly sandbox: Transport;
  readonly cluster: Cluster;
  /** Runs a case on both. */
  compare(parityCase: ParityCase): Promise<Comparison>;
  stop(): Promise<void>;
}

export interface Comparison {
  readonly real: unknown;
  readonly sandbox: unknown;
  readonly differences: readonly Difference[];
}

/** Starts a real API server, with the two controllers that finish deletions, and the sandbox's; needs `clusterAvailable()`. */
export async function startServers(): Promise<Servers> {
  const cluster = await startCluster({
    components: ["kube-apiserver", "kube-controller-manager"],
    flags: {
      "kube-controller-manager": { controllers: "garbage-collector-controller,namespace-controller" },
    },
  });
  const kubeconfig = loadKubeconfig({ path: cluster.kubeconfig, env: {}, home: "/" });
  const real = httpTransport(clusterConnection(kubeconfig, { env: {} }), { userAgent: "parity" });
  const local = await startSandboxApi();
  let count = 0;
  const run = Math.floor(Math.random() * 0xffffff).toString(36);
  const asked = new Map<string, Promise<Uint8Array>>();
  /** Asked for once: to the second of the two, the object may be there already. */
  const toProtobuf = (path: string, body: unknown): Promise<Uint8Array> => {
    const key = JSON.stringify([path, body]);
    const found = asked.get(key) ?? askForProtobuf(path, body);
    asked.set(key, found);
    return found;
  };
  const askForProtobuf = async (path: string, body: unknown): Promise<Uint8Array> => {
    const response = await real.send({
      method: "POST",
      path,
      body,
      query: { dryRun: "All" },
      headers: { accept: "application/vnd.kubernetes.protobuf" },
    });
    const chunks: Uint8Array[] = [];
    for await (const chunk of response.chunks()) chunks.push(chunk);
    return Buffer.concat(chunks);
  };
  return {
    real,
    sandbox: local.transport,
    cluster,
    async compare(parityCase) {
      const namespace = `parity-${run}-${++count}`;
      const given = timesIn(parityCase.steps.map(({ body }) => body));
      await Promise.all([real, local.transport].map((transport) => prepare(transport, namespace)));
      const [ofReal, ofSandbox] = await Promise.all(
        [real, local.transport].map(async (transport) => {
          const answers = await runCase(parityCase, { transport, namespace, toProtobuf });
          if (!cluster.ours)
            await (
              await transport.send({ method: "DELETE", path: `/api/v1/namespaces/${namespace}` })
            ).text();
          return normalise(viewed(parityCase.steps, answers), given);
        }),
      );
      return { real: ofReal, sandbox: ofSandbox, differences: findDifferences(ofReal, ofSandbox) };
    },
    async stop() {
      await Promise.all([real.close(), local.stop()]);
      await cluster.stop();
    },
  };
}

/** A namespace with the account that pods run as. */
async function prepare(transport: Transport, namespace: string): Promise<void> {
  const must = async (path: string, body: unknown): Promise<void> => {
    const response = await transport.send({ method: "POST", path, body });
    const text = await response.text();
    if (response.status >= 300 && response.status !== 409)
      throw new Error(`POST ${path}: ${response.status} ${text}`);
  };
  await must("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  await must(`/api/v1/namespaces/${namespace}/serviceaccounts`, {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "default" },
  });
}

/** The sandbox's API server over HTTPS, in memory, with the garbage collector and the namespace controller. */
export async function startSandboxApi(): Promise<{
  transport: Transport;
  kubeconfig: unknown;
  stop: () => Promise<void>;
}> {
  const store = new Store();
  const log = (text: string, error?: unknown): void => console.error(`sandbox: ${text}`, error ?? "");
  const api = createApiServer({ store, log });
  const stopping = new AbortController();
  const as = (name: string): Transport => api.transport({ ...administrator, name });
  const collector = new GarbageCollector(store, as("system:garbage-collector"), log);
  const controllers = runControllers(
    createKubeClient(as("system:namespace-controller")),
    [namespaceController],
    {
      clock: systemClock,
      random: Math.random,
      signal: stopping.signal,
      log,
      options: {},
    },
  );
  const authority = await createAuthority("moorage-parity-ca", Date.now());
  const token = "parity";
  const https = await startHttpsServer({
    handle: (request) => api.handle(request),
    certificate: await issueServerCertificate(authority, Date.now()),
    authorityCertificate: authority.certificate,
    tokens: [tokenReader(token, administrator)],
  });
  const server = `https://127.0.0.1:${https.port}`;
  const transport = httpTransport(
    {
      server,
      description: "the sandbox's API server",
      ca: authority.certificate,
      credentials: async () => ({ headers: { authorization: `Bearer ${token}` } }),
      forgetCredentials: () => false,
    },
    { userAgent: "parity" },
  );
  return {
    transport,
    kubeconfig: {
      apiVersion: "v1",
      kind: "Config",
      "current-context": "sandbox",
      clusters: [
        {
          name: "sandbox",
          cluster: {
            server,
            "certificate-authority-data": Buffer.from(authority.certificate).toString("base64"),
          },
        },
      ],
      users: [{ name: "sandbox", user: { token } }],
      contexts: [{ name: "sandbox", context: { cluster: "sandbox", user: "sandbox", namespace: "default" } }],
    },
    async stop() {
      stopping.abort();
      await transport.close();
      await controllers.stopped;
      await collector.close();
      await https.close();
      await api.close();
    },
  };
}
