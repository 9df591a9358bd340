import {
  clusterConnection,
  inClusterConnection,
  type ClusterConnection,
  type Credentials,
} from "./clusterConnection.ts";
import { clearAnswers } from "./clearAnswers.ts";
import { systemClock, type Clock } from "./Clock.ts";
import { createKubeClient, type KubeClientOptions } from "./createKubeClient.ts";
import { httpTransport, type HttpTransportOptions } from "./httpTransport.ts";
import type { KubeClient } from "./KubeClient.ts";
import { loadKubeconfig } from "./kubeconfig.ts";
import { retrying, type RetryOptions } from "./retrying.ts";
import type { Transport } from "./Transport.ts";

/** Where the kubeconfig is, and how its server is spoken to. */
export interface OpenKubeClientOptions extends Pick<KubeClientOptions, "onWarning" | "pageSize"> {
  /** For `KUBECONFIG`, proxies and programs that bring credentials: `process.env`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home folder, which `~/.kube/config` is looked for in. */
  readonly home: string;
  /** A kubeconfig file, instead of `KUBECONFIG` and `~/.kube/config`. */
  readonly kubeconfig?: string;
  /** Of the kubeconfig. Default: its current one. */
  readonly context?: string;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Uniform in [0, 1), for back-off. Default `Math.random`. */
  readonly random?: () => number;
  readonly http?: HttpTransportOptions;
  /** Told what must not be printed of the account's credentials, as soon as they are there: servers and proxies quote them in refusals. */
  readonly onCredentials?: (secrets: readonly string[]) => void;
  /** Told, once each, when the server takes long to answer or has to be asked again. */
  readonly onDelay?: (message: string) => void;
  /** Slid beneath the retries: a fault injector, a recorder. */
  readonly wrap?: (transport: Transport) => Transport;
}

/**
 * A client for a context of the kubeconfig, or, where there is no kubeconfig and no context is named, for the service account of the
 * pod it runs in. Sends nothing yet.
 */
export function openKubeClient(options: OpenKubeClientOptions): {
  client: KubeClient;
  connection: ClusterConnection;
} {
  const { env, home, clock = systemClock, random = Math.random, wrap = (same) => same } = options;
  const kubeconfig = loadKubeconfig({ path: options.kubeconfig, env, home });
  const inCluster =
    options.context === undefined && kubeconfig.files.length === 0
      ? inClusterConnection({ env, clock })
      : undefined;
  const connection = tellingCredentials(
    inCluster ?? clusterConnection(kubeconfig, { context: options.context, env, clock }),
    options.onCredentials,
  );
  const { onDelay } = options;
  const transport = retrying(wrap(httpTransport(connection, options.http)), {
    clock,
    random,
    ...(onDelay === undefined ? {} : { onRetry: tellOnce(connection.server, onDelay) }),
  });
  return {
    client: createKubeClient(clearAnswers(transport, { connection, clock, onDelay }), {
      clock,
      random,
      onWarning: options.onWarning,
      pageSize: options.pageSize,
    }),
    connection,
  };
}

/** The first that takes a while: many requests fail for one reason. */
function tellOnce(server: string, tell: (message: string) => void): NonNullable<RetryOptions["onRetry"]> {
  let told = false;
  return (_request, why, wait) => {
    if (told || wait < 500) return;
    told = true;
    const answered = why.startsWith("HTTP ")
      ? `The API server ${server} answers ${why}`
      : why.replace(/\.$/, "");
    tell(`${answered}; trying again.`);
  };
}

function tellingCredentials(
  connection: ClusterConnection,
  tell: OpenKubeClientOptions["onCredentials"],
): ClusterConnection {
  if (tell === undefined) return connection;
  let told: Credentials | undefined;
  return {
    ...connection,
    async credentials() {
      const credentials = await connection.credentials();
      if (credentials.headers["authorization"] !== told?.headers["authorization"] || told === undefined)
        tell(secretsOf(credentials));
      told = credentials;
      return credentials;
    },
  };
}

/** The token, or the password; and the private key. */
function secretsOf({ headers, key }: Credentials): string[] {
  const [, scheme = "", value = ""] = /^(\S+) (.+)$/.exec(String(headers["authorization"] ?? "")) ?? [];
  const password =
    scheme === "Basic"
      ? Buffer.from(value, "base64")
          .toString("utf8")
          .replace(/^[^:]*:/, "")
      : "";
  return [value, password, key ?? ""].filter((secret) => secret !== "");
}
