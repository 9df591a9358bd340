import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  clusterConnection,
  createKubeClient,
  httpTransport,
  loadKubeconfig,
  type Transport,
} from "../../../src/kube/index.ts";
import { tokenReader } from "../../../src/sandbox/api/https/Authenticator.ts";
import {
  createAuthority,
  issueCertificate,
  issueServerCertificate,
  type KeyPair,
} from "../../../src/sandbox/api/https/certificates.ts";
import { startHttpsServer } from "../../../src/sandbox/api/https/httpsServer.ts";
import { administrator, createApiServer } from "../../../src/sandbox/api/index.ts";
import { clusterMissing, startCluster } from "../../cluster/startCluster.ts";

/** An API server on a socket, with the authority that signs who may use it. */
export interface Target {
  /** Reaches it as its administrator. */
  readonly transport: Transport;
  /** `https://127.0.0.1:6443` */
  readonly server: string;
  readonly authority: KeyPair;
  stop(): Promise<void>;
}

export interface TargetKind {
  readonly name: string;
  /** Why it can't be started here, as a sentence. */
  readonly missing?: string;
  start(): Promise<Target>;
}

const missing =
  clusterMissing() ?? (process.env["MOORAGE_TEST_CONTEXT"] ? "it needs a cluster of its own" : undefined);

export const targetKinds: readonly TargetKind[] = [
  { name: "the sandbox", start: startSandbox },
  {
    name: `a real kube-apiserver${missing === undefined ? "" : ` (skipped: ${missing})`}`,
    ...(missing === undefined ? {} : { missing }),
    start: startReal,
  },
];

async function startSandbox(): Promise<Target> {
  const api = createApiServer();
  const authority = await createAuthority("test", Date.now());
  const https = await startHttpsServer({
    handle: api.handle,
    certificate: await issueServerCertificate(authority, Date.now()),
    authorityCertificate: authority.certificate,
    tokens: [tokenReader("a-token-for-a-test", administrator)],
  });
  return {
    transport: api.transport(),
    server: `https://127.0.0.1:${https.port}`,
    authority,
    async stop() {
      await https.close();
      await api.close();
    },
  };
}

async function startReal(): Promise<Target> {
  const cluster = await startCluster({
    components: ["kube-apiserver"],
    flags: { "kube-apiserver": { "disable-admission-plugins": "ServiceAccount" } },
  });
  const folder = dirname(cluster.kubeconfig);
  const connection = clusterConnection(
    loadKubeconfig({ path: cluster.kubeconfig, env: {}, home: tmpdir() }),
    { env: {} },
  );
  const transport = httpTransport(connection);
  return {
    transport,
    server: connection.server,
    authority: {
      certificate: readFileSync(join(folder, "ca.crt"), "utf8"),
      key: readFileSync(join(folder, "ca.key"), "utf8"),
    },
    async stop() {
      await transport.close();
      await cluster.stop();
    },
  };
}

/** A client certificate that ends so many days from now; one that has ended, for a negative number. */
export const clientCertificate = (target: Target, days: number): Promise<KeyPair> =>
  issueCertificate(target.authority, {
    subject: [{ O: ["system:masters"] }, { CN: ["ada"] }],
    usage: "client",
    // It begins a day before what is called now.
    days: 1,
    now: Date.now() + (days - 1) * 24 * 3_600_000,
  });

/** As its administrator, without anything in between. */
export const clientOf = (target: Target) => createKubeClient(target.transport);
