import type { KubeObject } from "../contract/index.ts";
import type { ObjectRef } from "../kube/KubeClient.ts";

/**
 * What tells objects apart: group, kind, namespace, name. The version is left out on purpose: `autoscaling/v1` and `autoscaling/v2` of one name are
 * one object. `apps/Deployment/epi/curator`.
 */
export function objectKey(ref: ObjectRef): string {
  return `${groupOf(ref.apiVersion)}/${ref.kind}/${ref.namespace ?? ""}/${ref.name}`;
}

/** `Deployment curator-dev`, or `Deployment other/curator-dev` when it is not in the environment's namespace. */
export function describe(ref: ObjectRef, namespace?: string): string {
  const foreign = namespace !== undefined && ref.namespace !== undefined && ref.namespace !== namespace;
  return `${ref.kind} ${foreign ? `${ref.namespace}/` : ""}${ref.name}`;
}

export function refOf(object: KubeObject): ObjectRef {
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    name: object.metadata.name ?? "",
    ...(object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace }),
  };
}

/** `apps` of `apps/v1`; empty for `v1`. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? "" : apiVersion.slice(0, slash);
}

/** The same kind whatever its version. */
export const groupKind = (object: { apiVersion: string; kind: string }): string =>
  `${groupOf(object.apiVersion)}/${object.kind}`;
