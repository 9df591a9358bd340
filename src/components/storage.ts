import { z } from "zod";
import { lazily } from "../platform/lazily.ts";
import type { KubeObject, Problem } from "../contract/index.ts";
import type { PlacedComponent, RenderContext } from "../platform/ComponentKind.ts";
import { componentRef } from "../platform/fields.ts";
import { quantity } from "./fields.ts";
import { finding } from "./finding.ts";
import { podVolumeOf } from "./pod/mounts.ts";
import { claimObject } from "./volume/claim.ts";
import { volumeKinds } from "./volume/kinds.ts";

/** Where a server of Moorage's own kinds keeps its data. */
export const storageFields = lazily(() => ({
  storage: quantity().optional().meta({ description: "Size of a claim of its own." }),
  storageClass: z.string().optional(),
  claim: componentRef(...volumeKinds.map(({ kind }) => kind))
    .optional()
    .meta({ description: "A volume in place of a claim of its own: data that exist." }),
}));

const storageSchema = lazily(() => z.strictObject(storageFields()));
export type StorageSpec = z.output<ReturnType<typeof storageSchema>>;

/**
 * The data volume of a pod, named `data`. A claim of its own is an object beside the StatefulSet, not one of its claim templates: those
 * can't be changed, and the size of a claim can be.
 */
export function renderStorage(
  component: PlacedComponent<StorageSpec>,
  context: RenderContext,
): { objects: KubeObject[]; volume: Record<string, unknown>; persistent: boolean } {
  const { storage, storageClass, claim } = component.spec;
  if (claim !== undefined) {
    return {
      objects: [],
      volume: { name: "data", ...podVolumeOf(context.placed(claim), context).source },
      persistent: true,
    };
  }
  if (storage === undefined)
    return { objects: [], volume: { name: "data", emptyDir: {} }, persistent: false };
  const object = claimObject(component, context, { size: storage, storageClass, part: "data" });
  const { name } = context.metadata(component, { part: "data" });
  return {
    objects: [object],
    volume: { name: "data", persistentVolumeClaim: { claimName: name } },
    persistent: true,
  };
}

export function checkStorage(component: PlacedComponent<StorageSpec>, context: RenderContext): Problem[] {
  const { storage, claim } = component.spec;
  if (claim === undefined) return [];
  if (storage !== undefined)
    return [finding(component, "storage", "storage and claim exclude each other", { hint: "keep one" })];
  const placed = context.placed(claim);
  if (volumeKinds.some(({ kind }) => kind === placed.kind)) return [];
  return [finding(component, "claim", `${placed.key} is a ${placed.kind}, not a volume`)];
}
