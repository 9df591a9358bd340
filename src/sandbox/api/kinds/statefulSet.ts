import type { KubeObject } from "../../../contract/index.ts";
import { sameJson } from "../apply/sameJson.ts";
import { forbidden, invalid, notSupported } from "../schema/FieldError.ts";
import { nameProblems, notNegative } from "./fieldRules.ts";
import { type KindStrategy, strategy } from "./KindStrategy.ts";
import { labelName } from "./names.ts";
import { validateClaim } from "./claimValidation.ts";
import { defaultClaim } from "./persistentVolumeClaim.ts";
import { validateSelectorAndTemplate } from "./selectors.ts";
import { always, defaultWorkload, specOf, validateCounts, type WorkloadSpec } from "./workload.ts";

/** apps/v1 StatefulSet. */
export const statefulSet: KindStrategy = strategy({
  validateStatusUpdate: validateCounts(
    ["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"],
    ["observedGeneration", "collisionCount"],
    "status.readyReplicas",
  ),
  conditionTimes: ["lastTransitionTime"],
  hasGeneration: true,
  name: labelName,
  defaults(object) {
    const spec = defaultWorkload(object, ["replicas", "availableReplicas"]);
    spec.podManagementPolicy ||= "OrderedReady";
    const how = (spec.updateStrategy ??= {});
    how.type ||= "RollingUpdate";
    if (how.type === "RollingUpdate") (how.rollingUpdate ??= {}).partition ??= 0;
    const retention = (spec.persistentVolumeClaimRetentionPolicy ??= {});
    retention.whenDeleted ||= "Retain";
    retention.whenScaled ||= "Retain";
    spec.replicas ??= 1;
    spec.revisionHistoryLimit ??= 10;
    for (const claim of spec.volumeClaimTemplates ?? []) {
      claim.apiVersion ??= "v1";
      claim.kind ??= "PersistentVolumeClaim";
      defaultClaim(claim);
    }
  },
  validate(object, errors) {
    const spec = specOf(object);
    if (spec.podManagementPolicy !== "OrderedReady" && spec.podManagementPolicy !== "Parallel") {
      errors.push(
        invalid("spec.podManagementPolicy", spec.podManagementPolicy, "must be 'OrderedReady' or 'Parallel'"),
      );
    }
    const how = spec.updateStrategy ?? {};
    if (how.type === "OnDelete") {
      if (how.rollingUpdate !== undefined) {
        errors.push(
          invalid(
            "spec.updateStrategy.rollingUpdate",
            how.rollingUpdate,
            "only allowed for updateStrategy 'RollingUpdate'",
          ),
        );
      }
    } else if (how.type === "RollingUpdate")
      notNegative(how.rollingUpdate?.partition, "spec.updateStrategy.rollingUpdate.partition", errors);
    else errors.push(invalid("spec.updateStrategy", how, "must be 'RollingUpdate' or 'OnDelete'"));
    for (const field of ["whenDeleted", "whenScaled"] as const) {
      const policy = spec.persistentVolumeClaimRetentionPolicy?.[field];
      // Not sorted, unlike the others.
      if (policy !== undefined && policy !== "Retain" && policy !== "Delete")
        errors.push(
          notSupported(`spec.persistentVolumeClaimRetentionPolicy.${field}`, policy, ["Retain", "Delete"]),
        );
    }
    spec.volumeClaimTemplates?.forEach((claim, i) =>
      validateClaim(claim["spec"] ?? {}, `spec.volumeClaimTemplates[${i}].spec`, errors),
    );
    for (const field of ["replicas", "minReadySeconds"] as const)
      notNegative(spec[field], `spec.${field}`, errors);
    notNegative(spec.ordinals?.start, "spec.ordinals.start", errors);
    if (spec.serviceName) nameProblems(labelName, spec.serviceName, "spec.serviceName", errors);
    validateSelectorAndTemplate(
      withClaims(spec),
      {
        kind: "StatefulSet",
        emptyMessage: "empty selector is invalid for statefulset",
        restartPolicies: always,
      },
      errors,
    );
  },
  validateUpdate(next, live, errors) {
    const may = [
      "replicas",
      "ordinals",
      "template",
      "updateStrategy",
      "revisionHistoryLimit",
      "persistentVolumeClaimRetentionPolicy",
      "minReadySeconds",
    ];
    const rest = (object: KubeObject): object =>
      Object.fromEntries(Object.entries(specOf(object)).filter(([field]) => !may.includes(field)));
    if (sameJson(rest(next), rest(live))) return;
    errors.push(
      forbidden(
        "spec",
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
      ),
    );
  },
});

/** Claims made from templates are volumes of the pods, so that mounts of them are right. */
function withClaims(spec: WorkloadSpec): WorkloadSpec {
  const claims = spec.volumeClaimTemplates ?? [];
  if (claims.length === 0) return spec;
  const pod = spec.template?.spec ?? {};
  const there = new Set((pod.volumes ?? []).map((volume) => volume.name));
  const volumes = claims
    .filter((claim) => !there.has(claim.metadata?.name))
    .map((claim) => ({
      name: claim.metadata?.name,
      persistentVolumeClaim: { claimName: claim.metadata?.name },
    }));
  return {
    ...spec,
    template: { ...spec.template, spec: { ...pod, volumes: [...(pod.volumes ?? []), ...volumes] } },
  };
}
