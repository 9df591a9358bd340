import type { KubeObject } from "../../contract/index.ts";
import { systemClock } from "../../kube/Clock.ts";
import { createKubeClient } from "../../kube/createKubeClient.ts";
import type { KubeClient } from "../../kube/KubeClient.ts";
import type { KubeRequest, Transport } from "../../kube/Transport.ts";
import type { RenderedComponent, Rendering } from "../../platform/Rendering.ts";
import { createApiServer } from "../../sandbox/api/index.ts";

/** An API server of the sandbox, in this process, with nobody else in it: tests write statuses themselves. */
export interface TestCluster {
  readonly transport: Transport;
  readonly client: KubeClient;
  /** A client that reports each request, and may refuse it by throwing. */
  through(before: (request: KubeRequest) => void, after?: (request: KubeRequest) => void): KubeClient;
  close(): Promise<void>;
}

export async function testCluster(): Promise<TestCluster> {
  // Watches that are cut short end quietly.
  const sleep: typeof systemClock.sleep = async (milliseconds, signal) => {
    await systemClock.sleep(milliseconds, signal).catch(() => {});
  };
  const server = createApiServer({ clock: { ...systemClock, sleep } });
  const cluster = clusterOver(server.transport(), () => server.close());
  await cluster.client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "epi" } });
  return cluster;
}

/** The same over any server, whose namespace `epi` is there and empty. */
export function clusterOver(transport: Transport, close: () => Promise<void>): TestCluster {
  return {
    transport,
    client: createKubeClient(transport),
    through: (before, after = () => {}) =>
      createKubeClient({
        ...transport,
        async send(request) {
          before(request);
          const response = await transport.send(request);
          try {
            after(request);
          } catch (error) {
            // An answer that nobody reads would keep its connection from the requests that come.
            if (request.query?.["watch"] !== true) await response.text();
            throw error;
          }
          return response;
        },
      }),
    close,
  };
}

/** A rendering as `platform/` makes it. */
export function renderingOf(
  objects: readonly (KubeObject & { component?: string })[],
  components: readonly RenderedComponent[] = [],
): Rendering {
  return {
    platform: "epidemiology",
    environment: "dev",
    namespace: "epi",
    objects: objects.map(({ component, ...object }) => ({
      object: {
        ...object,
        metadata: {
          ...object.metadata,
          labels: {
            "app.kubernetes.io/name": component ?? "shared",
            "app.kubernetes.io/instance": "epidemiology-dev",
          },
        },
      } as KubeObject,
      ...(component === undefined ? {} : { component }),
    })),
    components,
    secrets: [],
    problems: [],
  };
}

export const configMap = (
  name: string,
  data: Record<string, string>,
  component?: string,
): KubeObject & { component?: string } => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name },
  data,
  ...(component === undefined ? {} : { component }),
});

export const secret = (name: string, data: Record<string, string>): KubeObject => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name },
  type: "Opaque",
  data: Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString("base64")]),
  ),
});
