import type { KubeObject } from "../../contract/index.ts";
import { systemClock } from "../../kube/Clock.ts";
import { createKubeClient } from "../../kube/createKubeClient.ts";
import type { KubeClient } from "../../kube/KubeClient.ts";
import { loadSchema } from "../../kube/loadSchema.ts";
import type { KubeRequest, KubeResponse, Transport } from "../../kube/Transport.ts";
import type { RenderedComponent, Rendering } from "../../platform/Rendering.ts";
import { createApiServer } from "../../sandbox/api/index.ts";
import { schemaOfTable } from "../../sandbox/api/schema/index.ts";
import { applyServerSide, conflictStatus } from "../../sandbox/api/apply/index.ts";

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
  const transport = withApply(server.transport());
  const client = createKubeClient(transport);
  await client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "epi" } });
  return {
    transport,
    client,
    through: (before, after = () => {}) =>
      createKubeClient({
        ...transport,
        async send(request) {
          before(request);
          const response = await transport.send(request);
          after(request);
          return response;
        },
      }),
    close: () => server.close(),
  };
}

/** Does server-side apply where the server does not do it itself, by the server's own functions. */
function withApply(inner: Transport): Transport {
  return {
    ...inner,
    async send(request) {
      const response = await inner.send(request);
      if (request.headers?.["content-type"] !== "application/apply-patch+yaml" || response.status !== 415)
        return response;
      return applyThrough(inner, request);
    },
  };
}

async function applyThrough(inner: Transport, request: KubeRequest): Promise<KubeResponse> {
  const found = await inner.send({ method: "GET", path: request.path });
  const live = found.status === 200 ? ((await found.json()) as KubeObject) : undefined;
  const config = structuredClone(request.body) as KubeObject;
  const [version = "", group = ""] = config.apiVersion.split("/").toReversed();
  const schema = loadSchema({ group, version, kind: config.kind });
  if (schema === undefined) throw new Error(`no schema of ${config.apiVersion} ${config.kind}`);
  const result = applyServerSide({
    live,
    config,
    schema: schemaOfTable(schema, config.kind),
    manager: String(request.query?.["fieldManager"]),
    force: request.query?.["force"] === true,
    apiVersion: config.apiVersion,
    now: "2026-01-01T00:00:00Z",
  });
  if (result.conflicts !== undefined) {
    const { message, causes } = conflictStatus(result.conflicts);
    return answer(409, {
      kind: "Status",
      apiVersion: "v1",
      status: "Failure",
      reason: "Conflict",
      code: 409,
      message,
      details: { causes },
    });
  }
  const object = structuredClone(result.object);
  if (request.query?.["dryRun"] === "All") return answer(200, object);
  if (live === undefined) {
    return inner.send({
      method: "POST",
      path: request.path.slice(0, request.path.lastIndexOf("/")),
      body: object,
    });
  }
  return inner.send({ method: "PUT", path: request.path, body: object });
}

function answer(status: number, body: unknown): KubeResponse {
  return {
    status,
    headers: { "content-type": "application/json" },
    json: async () => body,
    text: async () => JSON.stringify(body),
    lines: async function* () {},
    chunks: async function* () {},
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
