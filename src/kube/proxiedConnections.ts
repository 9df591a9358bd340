import { setImmediate } from "node:timers/promises";
import { createSecureContext } from "node:tls";
import type { Dispatcher } from "undici";
import type { ClusterConnection, Credentials } from "./clusterConnection.ts";
import type { ConnectionLimits, Connections } from "./Connections.ts";

/** Through the proxy of the kubeconfig, or of the environment. By undici, which knows every kind of proxy. */
export async function proxiedConnections(
  cluster: ClusterConnection,
  credentials: Credentials,
  limits: ConnectionLimits,
): Promise<Connections> {
  const undici = await import("undici");
  const short = dispatcher(undici, cluster, credentials, limits, limits.connections);
  const long = dispatcher(undici, cluster, credentials, limits, null);
  const { origin } = new URL(cluster.server);
  return {
    async request(wire) {
      const answer = await (wire.long ? long : short).request({
        origin,
        path: wire.path,
        method: wire.method,
        headers: wire.headers as Record<string, string | string[]>,
        body: wire.body,
        signal: wire.signal,
        ...(wire.long ? { bodyTimeout: 0 } : {}),
      });
      return {
        status: answer.statusCode,
        headers: answer.headers,
        chunks: answer.body,
        async text() {
          const all = await answer.body.text();
          // Its connection is free in the next turn of the loop: who asks again before it opens another one, with all that costs both sides.
          await setImmediate();
          return all;
        },
      };
    },
    async close() {
      await Promise.all([short.destroy(), long.destroy()]);
    },
  };
}

function dispatcher(
  { EnvHttpProxyAgent, ProxyAgent, Socks5ProxyAgent }: typeof import("undici"),
  cluster: ClusterConnection,
  credentials: Credentials,
  limits: ConnectionLimits,
  connections: number | null,
): Dispatcher {
  const tls = {
    // Certificates are read once, and not by every connection anew.
    secureContext: createSecureContext({ ca: cluster.ca, cert: credentials.cert, key: credentials.key }),
    servername: cluster.tlsServerName,
    rejectUnauthorized: !cluster.insecureSkipTlsVerify,
  };
  const shared = {
    connections,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: limits.idleTimeout,
    headersTimeout: limits.headersTimeout,
    bodyTimeout: limits.headersTimeout,
  };
  const { proxyUrl } = cluster;
  if (proxyUrl === undefined)
    return new EnvHttpProxyAgent({ ...shared, ...cluster.environmentProxy, connect: tls, requestTls: tls });
  return /^socks5h?:/.test(proxyUrl)
    ? new Socks5ProxyAgent(proxyUrl, { ...shared, requestTls: tls })
    : new ProxyAgent({ ...shared, uri: proxyUrl, requestTls: tls });
}
