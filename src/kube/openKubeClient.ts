import { clusterConnection, inClusterConnection, type ClusterConnection } from "./clusterConnection.ts";
import { systemClock, type Clock } from "./Clock.ts";
import { createKubeClient, type KubeClientOptions } from "./createKubeClient.ts";
import { httpTransport, type HttpTransportOptions } from "./httpTransport.ts";
import type { KubeClient } from "./KubeClient.ts";
import { loadKubeconfig } from "./kubeconfig.ts";
import { retrying } from "./retrying.ts";
import type { Transport } from "./Transport.ts";

export interface OpenKubeClientOptions extends Pick<KubeClientOptions, "onWarning" | "pageSize"> {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** A kubeconfig file, instead of `KUBECONFIG` and `~/.kube/config`. */
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly http?: HttpTransportOptions;
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
  const connection = inCluster ?? clusterConnection(kubeconfig, { context: options.context, env, clock });
  const transport = retrying(wrap(httpTransport(connection, options.http)), { clock, random });
  return {
    client: createKubeClient(transport, {
      clock,
      random,
      onWarning: options.onWarning,
      pageSize: options.pageSize,
    }),
    connection,
  };
}
