import { selects } from "../../LabelSelector.ts";
import { type FieldError, forbidden, invalid, required } from "../schema/FieldError.ts";
import { validateSelector } from "./labelSelectors.ts";
import { validateAnnotations, validateLabels } from "./metadata.ts";
import { validatePodSpec } from "./podValidation.ts";
import { notNegative, supported } from "./fieldRules.ts";
import type { LabelSelector, PodTemplate } from "./shapes.ts";

const isEmptySelector = (selector: LabelSelector): boolean =>
  Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0;

/** A workload's selector and template, which have to fit. `what` names the kind in messages. */
export function validateSelectorAndTemplate(
  spec: { selector?: LabelSelector; template?: PodTemplate },
  what: { kind: string; emptyMessage: string; restartPolicies?: readonly string[] },
  errors: FieldError[],
): void {
  const { selector, template = {} } = spec;
  if (selector === undefined) errors.push(required("spec.selector"));
  else {
    validateSelector(selector, "spec.selector", errors);
    if (isEmptySelector(selector)) errors.push(invalid("spec.selector", selector, what.emptyMessage));
  }
  const labels = template.metadata?.labels ?? {};
  if (selector === undefined || (!isEmptySelector(selector) && !selects(selector, labels))) {
    errors.push(
      invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`"),
    );
  }
  validateTemplate(template, errors);
  if (what.restartPolicies !== undefined) {
    supported(template.spec?.restartPolicy, what.restartPolicies, "spec.template.spec.restartPolicy", errors);
    if (template.spec?.activeDeadlineSeconds !== undefined) {
      errors.push(
        forbidden(
          "spec.template.spec.activeDeadlineSeconds",
          `activeDeadlineSeconds in ${what.kind} is not Supported`,
        ),
      );
    }
  }
}

export function validateTemplate(template: PodTemplate, errors: FieldError[], path = "spec.template"): void {
  validateLabels(template.metadata?.labels, `${path}.labels`, errors);
  validateAnnotations(template.metadata?.annotations, `${path}.annotations`, errors);
  validatePodSpec(template.spec ?? {}, `${path}.spec`, errors);
}

/** A whole number, or a percentage: `maxSurge`. */
export function validateIntOrPercent(value: unknown, field: string, errors: FieldError[]): void {
  if (typeof value === "number") notNegative(value, field, errors);
  else if (typeof value === "string" && !/^[0-9]+%$/.test(value)) {
    errors.push(
      invalid(
        field,
        value,
        "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
      ),
    );
  }
}

/** A share of what there is can't be more than all of it. */
export function validateNotMoreThanAll(value: unknown, field: string, errors: FieldError[]): void {
  if (typeof value === "string" && /^[0-9]+%$/.test(value) && Number.parseInt(value, 10) > 100)
    errors.push(invalid(field, value, "must not be greater than 100%"));
}

/** As a real server sees it, what is no percentage is none. */
export const isZero = (value: unknown): boolean =>
  typeof value === "string" ? !/^0*[1-9][0-9]*%$/.test(value) : value === 0;
