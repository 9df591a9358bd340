// What a running API server says of enums, which the published OpenAPI documents leave out (kubernetes/kubernetes#109178).
import { clusterConnection, httpTransport, loadKubeconfig } from "../../src/kube/index.ts";
import type { JsonSchema } from "../../src/kube/SchemaNode.ts";
import { startCluster } from "../../test/cluster/startCluster.ts";
import type { OpenApiDocument } from "./openApi.ts";

/** Asks the control plane of test/cluster/ for its documents; it has to be of the version that the table is made from. */
export async function liveSchemas(
  paths: readonly string[],
  version: string,
): Promise<Record<string, JsonSchema>> {
  const cluster = await startCluster({
    components: ["kube-apiserver"],
    build: (line) => console.error(line),
  });
  const kubeconfig = loadKubeconfig({ path: cluster.kubeconfig, env: {}, home: "/" });
  const transport = httpTransport(clusterConnection(kubeconfig, { env: {} }), {
    userAgent: "generate-kube-table",
  });
  const get = async (path: string): Promise<unknown> => {
    const response = await transport.send({ method: "GET", path });
    if (response.status !== 200) throw new Error(`${path}: ${response.status}`);
    return await response.json();
  };
  try {
    const { gitVersion } = (await get("/version")) as { gitVersion: string };
    if (gitVersion !== `v${version}`)
      throw new Error(`the control plane is ${gitVersion}, the table is made from v${version}`);
    const schemas: Record<string, JsonSchema> = {};
    for (const path of paths)
      Object.assign(schemas, ((await get(`/openapi/v3/${path}`)) as OpenApiDocument).components.schemas);
    return schemas;
  } finally {
    await transport.close();
    await cluster.stop();
  }
}

/** Puts the enums of live schemas, and the descriptions that go with them, into those of a document. */
export function addEnums(document: OpenApiDocument, live: Readonly<Record<string, JsonSchema>>): void {
  for (const [name, schema] of Object.entries(document.components.schemas)) copyEnums(schema, live[name]);
}

/** The parts of a schema that matter here. */
interface Part extends JsonSchema {
  description?: string;
  enum?: unknown[];
  properties?: Record<string, Part>;
  items?: Part;
  additionalProperties?: Part | boolean;
}

function copyEnums(schema: Part, live: Part | undefined): void {
  if (live === undefined) return;
  if (live.enum !== undefined) schema.enum = live.enum;
  if (live.description !== undefined) schema.description = live.description;
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    copyEnums(property, live.properties?.[name]);
  for (const part of ["items", "additionalProperties"] as const) {
    const [mine, theirs] = [schema[part], live[part]];
    if (typeof mine === "object" && typeof theirs === "object") copyEnums(mine, theirs);
  }
}
