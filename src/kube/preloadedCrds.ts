import type { KubeObject } from "../contract/index.ts";
import { readTable } from "./readTable.ts";
import { tableVersion } from "./table/version.ts";

/** Gateway API's standard kinds, and OpenShift's Route and ImageStream: `httproutes.gateway.networking.k8s.io`, ... */
export const preloadedCrdNames: readonly string[] = tableVersion.crds;

/** One CustomResourceDefinition, without status. The caller owns it. */
export function loadCrd(name: string): KubeObject {
  if (!preloadedCrdNames.includes(name)) throw new Error(`no preloaded CRD ${name}`);
  return readTable(`crds/${name}.json`) as KubeObject;
}

/** All of them, each without status. The caller owns them. */
export function preloadedCrds(): KubeObject[] {
  return preloadedCrdNames.map(loadCrd);
}
