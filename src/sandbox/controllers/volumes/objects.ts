import type { KubeObject } from "../../../contract/index.ts";
import type { LabelSelector } from "../../LabelSelector.ts";

/** The class of claims that name none. */
export const folderClass = "moorage-folder";
/** Who makes its volumes: this sandbox. */
export const provisioner = "moorage.dev/folder";
export const provisionedBy = "pv.kubernetes.io/provisioned-by";
export const defaultClassAnnotation = "storageclass.kubernetes.io/is-default-class";
export const claimProtection = "kubernetes.io/pvc-protection";
export const volumeProtection = "kubernetes.io/pv-protection";

export interface Claim extends KubeObject {
  spec: {
    accessModes?: string[];
    resources?: { requests?: Record<string, string | number> };
    selector?: LabelSelector;
    storageClassName?: string;
    volumeMode?: string;
    volumeName?: string;
  };
  status?: {
    phase?: string;
    accessModes?: string[];
    capacity?: Record<string, string | number>;
    [field: string]: unknown;
  };
}

export interface Volume extends KubeObject {
  spec: {
    accessModes?: string[];
    capacity?: Record<string, string | number>;
    claimRef?: { apiVersion?: string; kind?: string; name?: string; namespace?: string; uid?: string };
    hostPath?: { path: string; type?: string };
    persistentVolumeReclaimPolicy?: string;
    storageClassName?: string;
    volumeMode?: string;
    [source: string]: unknown;
  };
  status?: { phase?: string; lastPhaseTransitionTime?: string; [field: string]: unknown };
}

export interface StorageClass extends KubeObject {
  provisioner: string;
  reclaimPolicy?: string;
}
