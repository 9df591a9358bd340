import { createAuthority, issueServerCertificate } from "../../src/sandbox/api/https/certificates.ts";
import { tokenReader } from "../../src/sandbox/api/https/Authenticator.ts";
import { startHttpsServer } from "../../src/sandbox/api/https/httpsServer.ts";
import { kubeconfigOf } from "../../src/sandbox/api/https/kubeconfig.ts";
import { administrator, createApiServer, type ApiServer } from "../../src/sandbox/api/index.ts";
import type { ApiRequest } from "../../src/sandbox/api/ApiRequest.ts";

/** A cluster over HTTPS that forbids what it is told to. */
export interface RefusingCluster {
  readonly api: ApiServer;
  readonly server: string;
  readonly kubeconfig: string;
  /** A request of which this is true is answered with 403, as an API server words it. */
  forbid: (request: ApiRequest) => boolean;
  /** Requests that would have changed something, and were not refused. */
  readonly writes: string[];
  close(): Promise<void>;
}

export async function startRefusingCluster(): Promise<RefusingCluster> {
  const api = createApiServer();
  const authority = await createAuthority("test", Date.now());
  const token = "a-token-for-a-test";
  const writes: string[] = [];
  const https = await startHttpsServer({
    handle: async (request) => {
      if (cluster.forbid(request)) return forbidden(request);
      if (request.method !== "GET" && !request.query.has("dryRun"))
        writes.push(`${request.method} ${request.path}`);
      return await api.handle(request);
    },
    certificate: await issueServerCertificate(authority, Date.now()),
    authorityCertificate: authority.certificate,
    tokens: [tokenReader(token, administrator)],
  });
  const server = `https://127.0.0.1:${https.port}`;
  const cluster: RefusingCluster = {
    api,
    server,
    kubeconfig: kubeconfigOf({ name: "okd", server, authorityCertificate: authority.certificate, token }),
    forbid: () => false,
    writes,
    async close() {
      await https.close();
      await api.close();
    },
  };
  return cluster;
}

const verbs: Readonly<Record<string, string>> = {
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** The Status of a missing right, as RBAC words it. */
function forbidden(request: ApiRequest) {
  const resource = /\/(namespaces|deployments|secrets|leases|configmaps)(?:\/[^/]+)?$/u.exec(
    request.path,
  )?.[1];
  const verb = verbs[request.method] ?? "get";
  return {
    status: 403,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      reason: "Forbidden",
      message: `${resource ?? "this"} is forbidden: User "ada" cannot ${verb} resource "${resource ?? "this"}" at the cluster scope`,
      code: 403,
    }),
  };
}
