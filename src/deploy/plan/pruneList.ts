import { annotations, labels, type KubeObject } from "../../contract/index.ts";
import { stateLabel } from "../Environment.ts";
import { groupKind, groupOf, objectKey, refOf } from "../objectKey.ts";
import type { KeptObject } from "./Plan.ts";

/** What holds people's data or work: never deleted unless it is named. */
const keptKinds: ReadonlyMap<string, string> = new Map([
  ["/PersistentVolumeClaim", "it holds data"],
  ["/PersistentVolume", "it holds data"],
  ["/Namespace", "it may hold what others need"],
  ["apiextensions.k8s.io/CustomResourceDefinition", "deleting it deletes every object of its kind"],
]);

/** Why an object outlives the platform file; undefined when it may go. */
function reasonToKeep(object: { apiVersion: string; kind: string }): string | undefined {
  if (groupOf(object.apiVersion).endsWith("moorage.dev") && object.kind === "Session")
    return "it is somebody's session";
  return keptKinds.get(groupKind(object));
}

export interface PruneList {
  readonly prune: readonly KubeObject[];
  readonly kept: readonly KeptObject[];
}

/**
 * Which live objects go: ours by their owner annotation, and no longer wanted. What a controller made is its controller's (a ReplicaSet carries the annotations of its
 * Deployment); what others took, by another annotation or none, is theirs.
 */
export function pruneList(
  live: Iterable<KubeObject>,
  options: {
    readonly owner: string;
    readonly wanted: ReadonlySet<string>;
    /** Keys that stay, with the reason. */
    readonly keep?: ReadonlyMap<string, string>;
    /** Only objects of the component of this name. */
    readonly componentName?: string | undefined;
    /** Names of claims and the like that go all the same. */
    readonly named?: ReadonlySet<string> | undefined;
  },
): PruneList {
  const prune: KubeObject[] = [];
  const kept: KeptObject[] = [];
  for (const object of live) {
    const { metadata } = object;
    const key = objectKey(refOf(object));
    if (options.wanted.has(key) || metadata.annotations?.[annotations.owner] !== options.owner) continue;
    if (metadata.labels?.[stateLabel] !== undefined || metadata.deletionTimestamp !== undefined) continue;
    if (metadata.ownerReferences?.some((reference) => reference.controller === true)) continue;
    if (options.componentName !== undefined && metadata.labels?.[labels.name] !== options.componentName)
      continue;
    const reason =
      options.keep?.get(key) ?? (options.named?.has(metadata.name ?? "") ? undefined : reasonToKeep(object));
    if (reason === undefined) prune.push(object);
    else kept.push({ ref: refOf(object), reason });
  }
  return {
    prune: prune.toSorted(byKey),
    kept: kept.toSorted((a, b) => (objectKey(a.ref) < objectKey(b.ref) ? -1 : 1)),
  };
}

const byKey = (a: KubeObject, b: KubeObject): number => (objectKey(refOf(a)) < objectKey(refOf(b)) ? -1 : 1);
