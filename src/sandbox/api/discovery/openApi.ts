import { createHash } from "node:crypto";
import { apiVersionOf } from "../../../kube/KindInfo.ts";
import { openApiJson, openApiPaths } from "../../../kube/loadOpenApi.ts";
import type { ApiRequest, ApiResponse } from "../ApiRequest.ts";
import type { ServedKind, ServedKinds } from "../ServedKind.ts";
import { openApiKey } from "./discovery.ts";

const json = { "content-type": "application/json" };

/**
 * kubectl asks for version 2 before it sends a `kind: List`, and would check the objects by it, were there definitions; without, it leaves
 * that to the server, as it does with single objects. Always protobuf (gnostic's `openapi.v2.Document`), the one form that client-go reads:
 * swagger (1) "2.0", info (2) with title (1) and version (2), paths (8) and definitions (9), both empty.
 */
const openApiV2: ApiResponse = {
  status: 200,
  headers: {
    "content-type": "application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
  },
  body: Buffer.from("\x0a\x032.0\x12\x10\x0a\x0aKubernetes\x12\x02v1\x42\x00\x4a\x00", "latin1"),
};

/** `/openapi/v3`: the index, and one document a group and version; `/openapi/v2` without definitions. Undefined for other paths. */
export function openApi(kinds: ServedKinds, request: ApiRequest): ApiResponse | undefined {
  const { path } = request;
  if (path === "/openapi/v3" || path === "/openapi/v3/") {
    const paths: Record<string, { serverRelativeURL: string }> = {};
    const add = (key: string, hash: string): void => {
      paths[key] = { serverRelativeURL: `/openapi/v3/${key}?hash=${hash}` };
    };
    for (const [key, hash] of Object.entries(openApiPaths())) add(key, hash);
    for (const [key, custom] of customGroups(kinds))
      if (paths[key] === undefined) add(key, hashOf(documentOf(custom)));
    return {
      status: 200,
      headers: { "content-type": "text/plain; charset=utf-8" },
      body: JSON.stringify({ paths }),
    };
  }
  if (path === "/openapi/v2") return openApiV2;
  if (!path.startsWith("/openapi/v3/")) return undefined;
  const key = path.slice("/openapi/v3/".length);
  const headers = { ...json, "cache-control": "public, immutable", vary: "Accept" };
  if (Object.hasOwn(openApiPaths(), key)) return { status: 200, headers, body: openApiJson(key) };
  const custom = customGroups(kinds).get(key);
  if (custom === undefined) return undefined;
  return { status: 200, headers, body: documentOf(custom) };
}

function customGroups(kinds: ServedKinds): Map<string, ServedKind[]> {
  const groups = new Map<string, ServedKind[]>();
  for (const kind of kinds.all()) {
    if (kind.custom === undefined) continue;
    const key = openApiKey(kind);
    groups.set(key, [...(groups.get(key) ?? []), kind]);
  }
  return groups;
}

const hashOf = (text: string): string =>
  createHash("sha256").update(text).digest("hex").slice(0, 32).toUpperCase();

const metadataSchema = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

const conventions = "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md";

/** The document of a custom group: schemas for `kubectl explain`, and what clients read from operations. */
function documentOf(kinds: readonly ServedKind[]): string {
  const schemas: Record<string, unknown> = {
    [metadataSchema]: { type: "object", description: "Standard object's metadata.", properties: {} },
  };
  const paths: Record<string, unknown> = {};
  for (const kind of kinds) {
    const { group, version, custom } = kind;
    const name = `${group.split(".").toReversed().join(".")}.${version}.${kind.kind}`;
    const gvk = { group, version, kind: kind.kind };
    const schema = (custom?.schema ?? { type: "object" }) as { properties?: Record<string, unknown> };
    schemas[name] = {
      ...schema,
      properties: {
        ...schema.properties,
        apiVersion: {
          type: "string",
          description: `APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: ${conventions}#resources`,
        },
        kind: {
          type: "string",
          description: `Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: ${conventions}#types-kinds`,
        },
        metadata: {
          description: `Standard object's metadata. More info: ${conventions}#metadata`,
          allOf: [{ $ref: `#/components/schemas/${metadataSchema}` }],
          default: {},
        },
      },
      "x-kubernetes-group-version-kind": [gvk],
    };
    const parameters = ["dryRun", "fieldManager", "fieldValidation"].map((parameter) => ({
      name: parameter,
      in: "query",
      schema: { type: "string", uniqueItems: true },
    }));
    const operation = (action: string, more: readonly object[] = []): object => ({
      "x-kubernetes-action": action,
      "x-kubernetes-group-version-kind": gvk,
      parameters: [...parameters, ...more],
      responses: {
        "200": {
          description: "OK",
          content: { "application/json": { schema: { $ref: `#/components/schemas/${name}` } } },
        },
      },
    });
    const collection = `/apis/${apiVersionOf(kind)}${kind.namespaced ? "/namespaces/{namespace}" : ""}/${kind.plural}`;
    paths[collection] = { get: operation("list"), post: operation("post") };
    paths[`${collection}/{name}`] = {
      get: operation("get"),
      put: operation("put"),
      patch: operation("patch", [
        { name: "force", in: "query", schema: { type: "boolean", uniqueItems: true } },
      ]),
      delete: operation("delete"),
    };
  }
  return JSON.stringify({
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: "v1" },
    paths,
    components: { schemas },
  });
}
