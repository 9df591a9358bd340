import { claim, claimKind } from "./claim.ts";
import { csi, csiKind } from "./csi.ts";
import { empty, emptyKind } from "./empty.ts";
import { existing, existingKind } from "./existing.ts";
import { nfs, nfsKind } from "./nfs.ts";

/** Every kind of volume. */
export const volumeKinds = [claimKind, nfsKind, csiKind, existingKind, emptyKind] as const;

/** `volume.claim({ size: "5Gi" })` and the other volumes. */
export const volume = { claim, nfs, csi, existing, empty } as const;
