import { quantityValue } from "../../../contract/index.ts";
import { selects } from "../../LabelSelector.ts";
import { isTerminating } from "../objects/Pod.ts";
import type { Claim, Volume } from "./objects.ts";

export const sizeOf = (requests: Record<string, string | number> | undefined): number =>
  quantityValue(requests?.["storage"] ?? 0);

/** Whether a volume is meant for this very claim: bound to it, or reserved for its name. */
export function isFor(volume: Volume, claim: Claim): boolean {
  const ref = volume.spec.claimRef;
  return (
    ref?.name === claim.metadata.name &&
    ref?.namespace === claim.metadata.namespace &&
    (!ref?.uid || ref.uid === claim.metadata.uid)
  );
}

/** The volume for a claim: one that is kept for it, else the smallest that is free and fits. */
export function matchVolume(claim: Claim, className: string, volumes: readonly Volume[]): Volume | undefined {
  const fitting = volumes.filter(
    (volume) => !isTerminating(volume) && whyNot(claim, className, volume) === undefined,
  );
  return (
    fitting.find((volume) => isFor(volume, claim)) ??
    fitting
      .filter((volume) => volume.spec.claimRef === undefined && volume.status?.phase === "Available")
      .toSorted(
        (a, b) =>
          sizeOf(a.spec.capacity) - sizeOf(b.spec.capacity) || (a.metadata.name! < b.metadata.name! ? -1 : 1),
      )[0]
  );
}

/** Why a volume can't serve a claim, in the words of Kubernetes; `undefined` when it can. */
export function whyNot(claim: Claim, className: string, volume: Volume): string | undefined {
  const { spec } = volume;
  if (sizeOf(spec.capacity) < sizeOf(claim.spec.resources?.requests)) return "requested PV is too small";
  if ((spec.storageClassName ?? "") !== className) return "storageClassName does not match";
  if ((spec.volumeMode ?? "Filesystem") !== (claim.spec.volumeMode ?? "Filesystem"))
    return "incompatible volumeMode";
  if (!(claim.spec.accessModes ?? []).every((mode) => spec.accessModes?.includes(mode)))
    return "incompatible accessMode";
  if (claim.spec.selector && !selects(claim.spec.selector, volume.metadata.labels))
    return "selector does not match";
  return undefined;
}
