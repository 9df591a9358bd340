import type { KubeObject } from "../../../contract/index.ts";
import { sameJson } from "../apply/sameJson.ts";
import { type FieldError, invalid, notSupported, required } from "../schema/FieldError.ts";
import { type KindStrategy, strategy } from "./KindStrategy.ts";
import {
  isZero,
  validateIntOrPercent,
  validateNotMoreThanAll,
  validateSelectorAndTemplate,
} from "./selectors.ts";
import { notNegative } from "./fieldRules.ts";
import { always, defaultWorkload, immutable, type RollingUpdate, specOf } from "./workload.ts";

/** Counts the changes of a DaemonSet's template, as a field did that apps/v1 has no more. */
const TEMPLATE_GENERATION = "deprecated.daemonset.template.generation";

function setTemplateGeneration({ metadata }: KubeObject, value: number | string): void {
  metadata.annotations = { ...metadata.annotations, [TEMPLATE_GENERATION]: String(value) };
}

/** apps/v1 DaemonSet. */
export const daemonSet: KindStrategy = strategy({
  conditionTimes: ["lastTransitionTime"],
  hasGeneration: true,
  prepareForCreate(object) {
    setTemplateGeneration(object, 1);
  },
  prepareForUpdate(next, live) {
    const before = Number(live.metadata.annotations?.[TEMPLATE_GENERATION] ?? 0);
    const changed = !sameJson(specOf(next).template, specOf(live).template);
    setTemplateGeneration(next, changed ? before + 1 : before);
  },
  defaults(object) {
    if (object.metadata.annotations?.[TEMPLATE_GENERATION] === undefined) setTemplateGeneration(object, 0);
    const spec = defaultWorkload(object, [
      "currentNumberScheduled",
      "numberMisscheduled",
      "desiredNumberScheduled",
      "numberReady",
    ]);
    const how = (spec.updateStrategy ??= {});
    how.type ||= "RollingUpdate";
    if (how.type === "RollingUpdate") {
      how.rollingUpdate ??= {};
      how.rollingUpdate.maxUnavailable ??= 1;
      how.rollingUpdate.maxSurge ??= 0;
    }
    spec.revisionHistoryLimit ??= 10;
  },
  validate(object, errors) {
    const spec = specOf(object);
    validateSelectorAndTemplate(
      spec,
      { kind: "DaemonSet", emptyMessage: "empty selector is invalid for daemonset", restartPolicies: always },
      errors,
    );
    notNegative(spec.minReadySeconds, "spec.minReadySeconds", errors);
    const how = spec.updateStrategy ?? {};
    // Not sorted, unlike the others.
    if (how.type !== "RollingUpdate" && how.type !== "OnDelete")
      errors.push(notSupported("spec.updateStrategy", how, ["RollingUpdate", "OnDelete"]));
    const rolling = how.rollingUpdate;
    if (how.type === "RollingUpdate" && rolling !== undefined) validateRolling(rolling, errors);
    notNegative(spec.revisionHistoryLimit, "spec.revisionHistoryLimit", errors);
  },
  validateUpdate(next, live, errors) {
    immutable(specOf(next).selector, specOf(live).selector, "spec.selector", errors);
  },
});

/** Either pods may be missing meanwhile, or there may be more. */
function validateRolling(rolling: RollingUpdate, errors: FieldError[]): void {
  const path = "spec.updateStrategy.rollingUpdate";
  for (const check of [validateIntOrPercent, validateNotMoreThanAll])
    for (const field of ["maxUnavailable", "maxSurge"] as const)
      check(rolling[field], `${path}.${field}`, errors);
  const missing = !isZero(rolling.maxUnavailable);
  const surging = !isZero(rolling.maxSurge);
  if (missing && surging)
    errors.push(
      invalid(`${path}.maxSurge`, rolling.maxSurge, "may not be set when maxUnavailable is non-zero"),
    );
  if (!missing && !surging) errors.push(required(`${path}.maxUnavailable`, "cannot be 0 when maxSurge is 0"));
}
