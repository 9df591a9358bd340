import { createAuthority, issueServerCertificate } from "../../src/sandbox/api/https/certificates.ts";
import { tokenReader } from "../../src/sandbox/api/https/Authenticator.ts";
import { startHttpsServer } from "../../src/sandbox/api/https/httpsServer.ts";
import { kubeconfigOf } from "../../src/sandbox/api/https/kubeconfig.ts";
import { administrator, createApiServer, type ApiServer } from "../../src/sandbox/api/index.ts";
import type { ApiRequest, ApiResponse } from "../../src/sandbox/api/ApiRequest.ts";

/** The administrator's: as secret as what is deployed. */
export const token = "canary-token>>>4c1d/90ab+e2";

/** A cluster over HTTPS whose answers a test may replace: by some that quote what they were sent. */
export interface EchoingCluster {
  readonly api: ApiServer;
  readonly kubeconfig: string;
  /** Undefined: the request is answered as usual. */
  answer: (request: ApiRequest) => ApiResponse | undefined;
  /** Adds `Warning` headers to usual answers. */
  warn: (request: ApiRequest) => readonly string[];
  close(): Promise<void>;
}

export async function startEchoingCluster(): Promise<EchoingCluster> {
  const api = createApiServer();
  const authority = await createAuthority("test", Date.now());
  const https = await startHttpsServer({
    handle: async (request) => {
      const answer = cluster.answer(request);
      if (answer !== undefined) return answer;
      const response = await api.handle(request);
      return { ...response, warnings: [...(response.warnings ?? []), ...cluster.warn(request)] };
    },
    certificate: await issueServerCertificate(authority, Date.now()),
    authorityCertificate: authority.certificate,
    tokens: [tokenReader(token, administrator)],
  });
  const server = `https://127.0.0.1:${https.port}`;
  const cluster: EchoingCluster = {
    api,
    kubeconfig: kubeconfigOf({ name: "okd", server, authorityCertificate: authority.certificate, token }),
    answer: () => undefined,
    warn: () => [],
    async close() {
      await https.close();
      await api.close();
    },
  };
  return cluster;
}
