import { sameJson } from "../apply/sameJson.ts";
import { type FieldError, forbidden, invalid, notSupported } from "../schema/FieldError.ts";
import { notNegative } from "./fieldRules.ts";
import { type KindStrategy, strategy } from "./KindStrategy.ts";
import { isZero, validateIntOrPercent, validateSelectorAndTemplate } from "./selectors.ts";
import { always, defaultWorkload, immutable, specOf, validateCounts, type WorkloadSpec } from "./workload.ts";

/** apps/v1 Deployment. */
export const deployment: KindStrategy = strategy({
  validateStatusUpdate: validateCounts(
    ["updatedReplicas", "readyReplicas", "availableReplicas"],
    ["unavailableReplicas", "terminatingReplicas", "collisionCount"],
    "readyReplicas",
  ),
  conditionTimes: ["lastUpdateTime", "lastTransitionTime"],
  hasGeneration: true,
  statusKeepsLabels: true,
  // Annotations are handed down to ReplicaSets, so that their change is one too.
  countsAsChange: (next, live) => !sameJson(next.metadata.annotations ?? {}, live.metadata.annotations ?? {}),
  defaults(object) {
    const spec = defaultWorkload(object);
    spec.replicas ??= 1;
    const how = (spec.strategy ??= {});
    how.type ||= "RollingUpdate";
    if (how.type === "RollingUpdate") {
      how.rollingUpdate ??= {};
      how.rollingUpdate.maxUnavailable ??= "25%";
      how.rollingUpdate.maxSurge ??= "25%";
    }
    spec.revisionHistoryLimit ??= 10;
    spec.progressDeadlineSeconds ??= 600;
  },
  validate(object, errors) {
    const spec = specOf(object);
    for (const field of [
      "replicas",
      "minReadySeconds",
      "revisionHistoryLimit",
      "progressDeadlineSeconds",
    ] as const) {
      notNegative(spec[field], `spec.${field}`, errors);
    }
    validateSelectorAndTemplate(
      spec,
      {
        kind: "ReplicaSet",
        emptyMessage: "empty selector is invalid for deployment",
        restartPolicies: always,
      },
      errors,
    );
    validateStrategy(spec, errors);
    if (
      spec.progressDeadlineSeconds !== undefined &&
      spec.progressDeadlineSeconds <= (spec.minReadySeconds ?? 0)
    ) {
      errors.push(
        invalid(
          "spec.progressDeadlineSeconds",
          spec.progressDeadlineSeconds,
          "must be greater than minReadySeconds",
        ),
      );
    }
  },
  validateUpdate(next, live, errors) {
    immutable(specOf(next).selector, specOf(live).selector, "spec.selector", errors);
  },
});

function validateStrategy({ strategy: how = {} }: WorkloadSpec, errors: FieldError[]): void {
  const path = "spec.strategy";
  const rolling = how.rollingUpdate;
  if (how.type === "Recreate") {
    if (rolling !== undefined)
      errors.push(
        forbidden(`${path}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'"),
      );
  } else if (how.type === "RollingUpdate") {
    validateIntOrPercent(rolling?.maxUnavailable, `${path}.rollingUpdate.maxUnavailable`, errors);
    validateIntOrPercent(rolling?.maxSurge, `${path}.rollingUpdate.maxSurge`, errors);
    if (isZero(rolling?.maxUnavailable) && isZero(rolling?.maxSurge)) {
      errors.push(
        invalid(
          `${path}.rollingUpdate.maxUnavailable`,
          rolling?.maxUnavailable,
          "may not be 0 when `maxSurge` is 0",
        ),
      );
    }
    if (typeof rolling?.maxUnavailable === "string" && Number.parseInt(rolling.maxUnavailable, 10) > 100) {
      errors.push(
        invalid(
          `${path}.rollingUpdate.maxUnavailable`,
          rolling.maxUnavailable,
          "must not be greater than 100%",
        ),
      );
    }
  } else errors.push(notSupported(path, how, ["Recreate", "RollingUpdate"]));
}
