import type { KubeObject } from "../../../contract/index.ts";
import { sameJson } from "../apply/sameJson.ts";
import { type FieldError, forbidden, invalid, notSupported, required } from "../schema/FieldError.ts";
import { isQuantity, nanosOf, quantityProblem } from "../schema/quantity.ts";
import { type KindStrategy, strategy } from "./KindStrategy.ts";
import { qualifiedName, subdomainName } from "./names.ts";
import { nameProblems, supported } from "./fieldRules.ts";

export interface ClaimSpec {
  accessModes?: string[];
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> };
  storageClassName?: string;
  volumeMode?: string;
  volumeName?: string;
}

const specOf = (object: KubeObject): ClaimSpec => (object["spec"] ??= {});

/** Also for the claims of a StatefulSet's templates. */
export function defaultClaim(object: KubeObject): void {
  const spec = specOf(object);
  spec.volumeMode ??= "Filesystem";
  const status = (object["status"] ??= {}) as { phase?: string };
  status.phase ||= "Pending";
}

const accessModes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

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

/** Also for the claims of templates. */
export function validateClaim(spec: ClaimSpec, path: string, errors: FieldError[]): void {
  const modes = spec.accessModes ?? [];
  if (modes.length === 0) errors.push(required(`${path}.accessModes`, "at least 1 access mode is required"));
  for (const mode of modes)
    if (!accessModes.includes(mode)) errors.push(notSupported(`${path}.accessModes`, mode, accessModes));
  if (modes.includes("ReadWriteOncePod") && modes.length > 1) {
    errors.push(forbidden(`${path}.accessModes`, "may not use ReadWriteOncePod with other access modes"));
  }
  const storage = spec.resources?.requests?.["storage"];
  if (storage === undefined) errors.push(required(`${path}.resources[storage]`));
  else if (!isQuantity(storage)) errors.push(invalid(`${path}.resources[storage]`, storage, quantityProblem));
  else if (nanosOf(storage)! <= 0n)
    errors.push(invalid(`${path}.resources[storage]`, storage, "must be greater than zero"));
  if (spec.storageClassName)
    nameProblems(subdomainName, spec.storageClassName, `${path}.storageClassName`, errors);
  supported(spec.volumeMode, ["Block", "Filesystem"], `${path}.volumeMode`, errors);
}

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
    const spec = (object["spec"] ?? {}) as { accessModes?: string[]; capacity?: Record<string, string> };
    if ((spec.accessModes ?? []).length === 0) errors.push(required("spec.accessModes"));
    if (Object.keys(spec.capacity ?? {}).length === 0) errors.push(required("spec.capacity"));
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
