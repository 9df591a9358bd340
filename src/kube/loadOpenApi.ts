import { MoorageError } from "../contract/index.ts";
import { readTableBytes } from "./readTable.ts";
import { tableVersion } from "./table/version.ts";

/** The Kubernetes version whose documents, discovery and messages the table holds: `1.36.3`. */
export const kubernetesVersion: string = tableVersion.kubernetes;

/** Paths below `/openapi/v3/` of the documents in the table, with the hash of each: `{ "apis/apps/v1": "5B1..." }`. */
export function openApiPaths(): Readonly<Record<string, string>> {
  return tableVersion.openapi;
}

/** The document of a path, as it is to be sent. Not cached: clients ask once and keep it by its hash. */
export function openApiJson(path: string): Buffer {
  if (!Object.hasOwn(tableVersion.openapi, path)) {
    throw new MoorageError(
      "Unsupported",
      `There is no OpenAPI document of ${path} in the table of built-in kinds.`,
    );
  }
  return readTableBytes(`openapi/${path.replace(/^apis?\//, "").replace("/", "_")}.json`);
}

/** The OpenAPI v3 document of a group and version (`apps/v1`, `v1`), parsed anew at each call. */
export function loadOpenApi(groupVersion: string): Record<string, unknown> {
  const path = groupVersion.includes("/") ? `apis/${groupVersion}` : `api/${groupVersion}`;
  return JSON.parse(openApiJson(path).toString("utf8")) as Record<string, unknown>;
}
