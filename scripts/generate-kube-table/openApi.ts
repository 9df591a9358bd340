// Cuts the published OpenAPI v3 documents down to our kinds, keeping what kubectl needs of them.
import type { JsonSchema } from "../../src/kube/SchemaNode.ts";
import type { BuiltinKind } from "../../src/kube/table/builtinKinds.ts";

export interface OpenApiDocument {
  openapi: string;
  info: unknown;
  paths: Record<string, Record<string, unknown>>;
  components: { schemas: Record<string, JsonSchema>; securitySchemes?: unknown };
}

/** `v1` -> `api/v1`; `apps/v1` -> `apis/apps/v1`: the path below `/openapi/v3/`. */
export const openApiPathOf = (groupVersion: string): string =>
  groupVersion.includes("/") ? `apis/${groupVersion}` : `api/${groupVersion}`;

/** The sandbox speaks JSON only: no document promises protobuf, CBOR or YAML answers. */
const spoken = (mediaType: string): boolean =>
  mediaType.includes("json") || mediaType === "application/apply-patch+yaml" || mediaType === "*/*";

export function trimDocument(
  document: OpenApiDocument,
  groupVersion: string,
  kinds: readonly BuiltinKind[],
  extraDefinitions: readonly string[],
): OpenApiDocument {
  const root = `/${openApiPathOf(groupVersion)}`;
  const allowed = new Set<string>();
  for (const kind of kinds) {
    for (const base of kind.namespaced
      ? [`${root}/namespaces/{namespace}/${kind.plural}`, `${root}/${kind.plural}`]
      : [`${root}/${kind.plural}`]) {
      allowed.add(base).add(`${base}/{name}`);
      for (const sub of kind.subresources) allowed.add(`${base}/{name}/${sub}`);
    }
  }
  const paths: OpenApiDocument["paths"] = {};
  for (const [path, operations] of Object.entries(document.paths)) {
    if (path !== `${root}/` && !allowed.has(path)) continue;
    paths[path] = JSON.parse(JSON.stringify(operations), (key, value: unknown) => {
      if (key !== "content" || typeof value !== "object" || value === null) return value;
      return Object.fromEntries(Object.entries(value).filter(([type]) => spoken(type)));
    }) as Record<string, unknown>;
  }
  const schemas: Record<string, JsonSchema> = {};
  const keep = (name: string): void => {
    if (schemas[name] || !document.components.schemas[name]) return;
    schemas[name] = document.components.schemas[name];
    for (const next of referencesOf(schemas[name])) keep(next);
  };
  for (const name of referencesOf(paths)) keep(name);
  for (const name of extraDefinitions) keep(name);
  return {
    ...document,
    paths,
    components: {
      ...document.components,
      schemas: Object.fromEntries(Object.entries(schemas).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    },
  };
}

function referencesOf(value: unknown): Set<string> {
  const found = new Set<string>();
  JSON.stringify(value, (key, each: unknown) => {
    if (key === "$ref" && typeof each === "string") found.add(each.split("/").at(-1)!);
    return each;
  });
  return found;
}
