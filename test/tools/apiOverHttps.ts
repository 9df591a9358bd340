import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createKubeClient } from "../../src/kube/createKubeClient.ts";
import type { KubeClient } from "../../src/kube/KubeClient.ts";
import { GarbageCollector } from "../../src/sandbox/api/garbageCollector.ts";
import { tokenReader } from "../../src/sandbox/api/https/Authenticator.ts";
import { createAuthority, issueServerCertificate } from "../../src/sandbox/api/https/certificates.ts";
import { startHttpsServer } from "../../src/sandbox/api/https/httpsServer.ts";
import { kubeconfigOf } from "../../src/sandbox/api/https/kubeconfig.ts";
import { writePrivateFile } from "../../src/sandbox/api/https/writePrivateFile.ts";
import {
  administrator,
  createApiServer,
  type ApiServer,
  type ApiServerOptions,
} from "../../src/sandbox/api/index.ts";
import { runTool, type ToolResult } from "./kubectl.ts";

/** The sandbox's API server on a socket, without controllers and node. */
export interface ApiOverHttps {
  readonly api: ApiServer;
  readonly client: KubeClient;
  readonly server: string;
  readonly token: string;
  /** PEM. */
  readonly authority: string;
  readonly kubeconfig: string;
  /** A temporary folder, removed by `close`. */
  readonly home: string;
  kubectl(args: string | readonly string[], input?: unknown): Promise<ToolResult>;
  close(): Promise<void>;
}

export async function startApiOverHttps(options: ApiServerOptions = {}): Promise<ApiOverHttps> {
  const home = mkdtempSync(join(tmpdir(), "moorage-kubectl-"));
  const api = createApiServer(options);
  const authority = await createAuthority("test", Date.now());
  const token = "a-token-for-a-test";
  const https = await startHttpsServer({
    handle: api.handle,
    certificate: await issueServerCertificate(authority, Date.now()),
    authorityCertificate: authority.certificate,
    tokens: [tokenReader(token, administrator)],
  });
  const server = `https://127.0.0.1:${https.port}`;
  const kubeconfig = join(home, "kubeconfig");
  writePrivateFile(
    kubeconfig,
    kubeconfigOf({ name: "test", server, authorityCertificate: authority.certificate, token }),
  );
  const collector = new GarbageCollector(api.store, api.transport(), () => {});
  return {
    api,
    client: createKubeClient(api.transport()),
    server,
    token,
    authority: authority.certificate,
    kubeconfig,
    home,
    kubectl: (args, input) =>
      runTool("kubectl", typeof args === "string" ? args.split(/\s+/) : args, {
        kubeconfig,
        home,
        ...(input === undefined ? {} : { input: typeof input === "string" ? input : JSON.stringify(input) }),
      }),
    async close() {
      await collector.close();
      await https.close();
      await api.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
