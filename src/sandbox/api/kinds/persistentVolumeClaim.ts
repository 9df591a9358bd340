import type { KubeObject } from "../../../contract/index.ts";
import { sameJson } from "../apply/sameJson.ts";
import { type FieldError, forbidden, invalid, notSupported, required } from "../schema/FieldError.ts";
import { nanosOf } from "../schema/quantity.ts";
import { type ClaimSpec, validateClaim } from "./claimValidation.ts";
import { validateNodeTerms } from "./schedulingValidation.ts";
import type { NodeTerms } from "./shapes.ts";
import { validateHostPath } from "./volumeValidation.ts";
import { type KindStrategy, strategy } from "./KindStrategy.ts";
import { qualifiedName, subdomainName } from "./names.ts";
import { nameProblems, supported } from "./fieldRules.ts";

const specOf = (object: KubeObject): ClaimSpec => (object["spec"] ??= {});

/** Also for the claims of a StatefulSet's templates. */
export function defaultClaim(object: KubeObject): void {
  const spec = specOf(object);
  spec.volumeMode ??= "Filesystem";
  const status = (object["status"] ??= {}) as { phase?: string };
  status.phase ||= "Pending";
}

export const persistentVolumeClaim: KindStrategy = strategy({
  conditionTimes: ["lastProbeTime", "lastTransitionTime"],
  defaults: defaultClaim,
  validate(object, errors) {
    validateClaim(specOf(object), "spec", errors);
  },
  validateUpdate(next, live, errors) {
    validateClaimUpdate(next, live, errors);
  },
});

function validateClaimUpdate(next: KubeObject, live: KubeObject, errors: FieldError[]): void {
  const is = specOf(next);
  const was = specOf(live);
  const bound = (live["status"] as { phase?: string } | undefined)?.phase === "Bound";
  const rest = (spec: ClaimSpec): object => {
    const { resources, volumeName, storageClassName, ...others } = spec;
    const { storage: _storage, ...requests } = resources?.requests ?? {};
    return {
      ...others,
      requests,
      // A volume may be chosen once, and a class be filled in where there was none.
      volumeName: was.volumeName ? volumeName : undefined,
      storageClassName: was.storageClassName === undefined ? undefined : storageClassName,
      // Growing is for claims that are bound.
      storage: bound ? undefined : resources?.requests?.["storage"],
    };
  };
  if (!sameJson(rest(is), rest(was))) {
    errors.push(
      forbidden(
        "spec",
        "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims",
      ),
    );
  }
  const size = nanosOf(is.resources?.requests?.["storage"]);
  const before = nanosOf(was.resources?.requests?.["storage"]);
  if (bound && size !== undefined && before !== undefined && size < before) {
    errors.push(forbidden("spec.resources.requests.storage", "field can not be less than status.capacity"));
  }
}

/** Where a volume can be, in the order in which a real server looks. */
const volumeTypes = [
  "hostPath",
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "glusterfs",
  "flocker",
  "nfs",
  "rbd",
  "quobyte",
  "cephfs",
  "iscsi",
  "cinder",
  "fc",
  "azureFile",
  "vsphereVolume",
  "photonPersistentDisk",
  "portworxVolume",
  "azureDisk",
  "scaleIO",
  "local",
  "storageos",
  "csi",
  "flexVolume",
] as const;

type VolumeSpec = { [type in (typeof volumeTypes)[number]]?: Record<string, unknown> } & {
  accessModes?: string[];
  capacity?: Record<string, string>;
  persistentVolumeReclaimPolicy?: string;
  storageClassName?: string;
  nodeAffinity?: { required?: NodeTerms };
};

export const persistentVolume: KindStrategy = strategy({
  namespaced: false,
  defaults(object) {
    const spec = (object["spec"] ??= {}) as {
      persistentVolumeReclaimPolicy?: string;
      volumeMode?: string;
      hostPath?: { type?: string };
    };
    if (spec.hostPath) spec.hostPath.type ??= "";
    spec.persistentVolumeReclaimPolicy ||= "Retain";
    spec.volumeMode ??= "Filesystem";
    const status = (object["status"] ??= {}) as { phase?: string };
    status.phase ||= "Pending";
  },
  prepareForCreate(object, { now }) {
    object["status"] = { phase: "Pending", lastPhaseTransitionTime: now };
  },
  validate(object, errors) {
    const spec = (object["spec"] ?? {}) as VolumeSpec;
    const { capacity = {}, persistentVolumeReclaimPolicy, storageClassName, csi } = spec;
    if ((spec.accessModes ?? []).length === 0) errors.push(required("spec.accessModes"));
    if (Object.keys(capacity).length === 0) errors.push(required("spec.capacity"));
    if (capacity["storage"] === undefined || Object.keys(capacity).length > 1)
      errors.push(notSupported("spec.capacity", capacity, ["storage"]));
    supported(
      persistentVolumeReclaimPolicy,
      ["Delete", "Recycle", "Retain"],
      "spec.persistentVolumeReclaimPolicy",
      errors,
    );
    if (spec.nodeAffinity?.required !== undefined)
      validateNodeTerms(spec.nodeAffinity.required, "spec.nodeAffinity.required", errors);
    const [first, ...more] = volumeTypes.filter((type) => spec[type] !== undefined);
    for (const extra of more)
      errors.push(forbidden(`spec.${extra}`, "may not specify more than 1 volume type"));
    if (first === "hostPath") validateHostPath(spec.hostPath ?? {}, "spec.hostPath", errors);
    if (first === "csi")
      for (const field of ["driver", "volumeHandle"] as const)
        if (!csi?.[field]) errors.push(required(`spec.csi.${field}`));
    if (first === "local" && spec.nodeAffinity === undefined)
      errors.push(required("spec.nodeAffinity", "Local volume requires node affinity"));
    if (first === undefined) errors.push(required("spec", "must specify a volume type"));
    if (storageClassName) nameProblems(subdomainName, storageClassName, "spec.storageClassName", errors);
  },
});

export const csiDriver: KindStrategy = strategy({
  namespaced: false,
  hasStatus: false,
  defaults(object) {
    const spec = (object["spec"] ??= {}) as Record<string, unknown>;
    spec["attachRequired"] ??= true;
    spec["podInfoOnMount"] ??= false;
    spec["storageCapacity"] ??= false;
    spec["fsGroupPolicy"] ??= "ReadWriteOnceWithFSType";
    if (!Array.isArray(spec["volumeLifecycleModes"]) || spec["volumeLifecycleModes"].length === 0)
      spec["volumeLifecycleModes"] = ["Persistent"];
    spec["requiresRepublish"] ??= false;
    spec["seLinuxMount"] ??= false;
  },
});

interface StorageClassFields {
  provisioner?: string;
  parameters?: Record<string, string>;
  reclaimPolicy?: string;
  volumeBindingMode?: string;
  allowedTopologies?: { matchLabelExpressions?: { key?: string; values?: string[] }[] }[];
}

export const storageClass: KindStrategy = strategy({
  namespaced: false,
  hasStatus: false,
  defaults(object) {
    object["reclaimPolicy"] ??= "Delete";
    object["volumeBindingMode"] ??= "Immediate";
  },
  validate(object, errors) {
    const { provisioner, parameters, reclaimPolicy, volumeBindingMode, allowedTopologies } =
      object as StorageClassFields;
    if (!provisioner) errors.push(required("provisioner"));
    else nameProblems(qualifiedName, provisioner.toLowerCase(), "provisioner", errors);
    if (parameters?.[""] !== undefined) errors.push(invalid("parameters", "", "field can not be empty."));
    supported(reclaimPolicy || undefined, ["Delete", "Retain"], "reclaimPolicy", errors);
    supported(volumeBindingMode, ["Immediate", "WaitForFirstConsumer"], "volumeBindingMode", errors);
    allowedTopologies?.forEach(({ matchLabelExpressions = [] }, i) =>
      matchLabelExpressions.forEach(({ key = "", values = [] }, j) => {
        const at = `allowedTopologies[${i}].matchLabelExpressions[${j}]`;
        if (values.length === 0) errors.push(required(`${at}.values`));
        nameProblems(qualifiedName, key, `${at}.key`, errors);
      }),
    );
  },
  validateUpdate(next, live, errors) {
    if (!sameJson(next["parameters"], live["parameters"]))
      errors.push(forbidden("parameters", "updates to parameters are forbidden."));
    if (next["provisioner"] !== live["provisioner"])
      errors.push(forbidden("provisioner", "updates to provisioner are forbidden."));
    if (next["reclaimPolicy"] !== live["reclaimPolicy"])
      errors.push(forbidden("reclaimPolicy", "updates to reclaimPolicy are forbidden."));
    if (next["volumeBindingMode"] !== live["volumeBindingMode"])
      errors.push(invalid("volumeBindingMode", next["volumeBindingMode"], "field is immutable"));
  },
});
