import {
  type FieldError,
  duplicate,
  forbidden,
  invalid,
  notSupported,
  required,
} from "../schema/FieldError.ts";
import { nameProblems, supported } from "./fieldRules.ts";
import { validateLabels } from "./metadata.ts";
import { labelName, labelValue, qualifiedName } from "./names.ts";
import { validateSelector } from "./labelSelectors.ts";
import type { Affinity, NodeTerm, NodeTerms, PodSpec, PodTerm } from "./shapes.ts";

// Where a pod may run. (core/validation, validateAffinity and those beside it)

const REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution";

export function validateNodeSelector(spec: PodSpec, path: string, errors: FieldError[]): void {
  validateLabels(spec.nodeSelector, `${path}.nodeSelector`, errors);
}

export function validateAffinity(affinity: Affinity, path: string, errors: FieldError[]): void {
  const { nodeAffinity } = affinity;
  const needed = nodeAffinity?.[REQUIRED];
  if (needed !== undefined) validateNodeTerms(needed, `${path}.nodeAffinity.${REQUIRED}`, errors);
  nodeAffinity?.[PREFERRED]?.forEach(({ weight = 0, preference = {} }, i) => {
    const at = `${path}.nodeAffinity.${PREFERRED}[${i}]`;
    validateWeight(weight, `${at}.weight`, errors);
    validateNodeTerm(preference, `${at}.preference`, false, errors);
  });
  for (const kind of ["podAffinity", "podAntiAffinity"] as const) {
    affinity[kind]?.[REQUIRED]?.forEach((term, i) =>
      validatePodTerm(term, `${path}.${kind}.${REQUIRED}[${i}]`, errors),
    );
    affinity[kind]?.[PREFERRED]?.forEach(({ weight = 0, podAffinityTerm = {} }, i) => {
      const at = `${path}.${kind}.${PREFERRED}[${i}]`;
      validateWeight(weight, `${at}.weight`, errors);
      validatePodTerm(podAffinityTerm, `${at}.podAffinityTerm`, errors);
    });
  }
}

/** Nodes, of which one term has to fit. */
export function validateNodeTerms(
  { nodeSelectorTerms = [] }: NodeTerms,
  path: string,
  errors: FieldError[],
): void {
  const at = `${path}.nodeSelectorTerms`;
  if (nodeSelectorTerms.length === 0) errors.push(required(at, "must have at least one node selector term"));
  nodeSelectorTerms.forEach((term, i) => validateNodeTerm(term, `${at}[${i}]`, true, errors));
}

function validateWeight(weight: number, field: string, errors: FieldError[]): void {
  if (weight < 1 || weight > 100) errors.push(invalid(field, weight, "must be in the range 1-100"));
}

function validateNodeTerm(term: NodeTerm, path: string, strict: boolean, errors: FieldError[]): void {
  term.matchExpressions?.forEach(({ key = "", operator = "", values = [] }, i) => {
    const at = `${path}.matchExpressions[${i}]`;
    if (operator === "In" || operator === "NotIn") {
      if (values.length === 0)
        errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    } else if (operator === "Exists" || operator === "DoesNotExist") {
      if (values.length > 0)
        errors.push(
          forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
        );
    } else if (operator === "Gt" || operator === "Lt") {
      if (values.length !== 1)
        errors.push(
          required(`${at}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"),
        );
    } else errors.push(invalid(`${at}.operator`, operator, "not a valid selector operator"));
    nameProblems(qualifiedName, key, `${at}.key`, errors);
    if (strict) values.forEach((value, j) => nameProblems(labelValue, value, `${at}.values[${j}]`, errors));
  });
}

function validatePodTerm(term: PodTerm, path: string, errors: FieldError[]): void {
  for (const field of ["labelSelector", "namespaceSelector"] as const)
    if (term[field] !== undefined) validateSelector(term[field], `${path}.${field}`, errors);
  for (const name of term.namespaces ?? []) nameProblems(labelName, name, `${path}.namespace`, errors);
  const { topologyKey = "" } = term;
  if (topologyKey === "") errors.push(required(`${path}.topologyKey`, "can not be empty"));
  nameProblems(qualifiedName, topologyKey, `${path}.topologyKey`, errors);
}

/** What a pod waits for before it is ready, and before it is given a node. */
export function validateReadinessGates(spec: PodSpec, path: string, errors: FieldError[]): void {
  spec.readinessGates?.forEach(({ conditionType = "" }, i) =>
    nameProblems(qualifiedName, conditionType, `${path}.readinessGates[${i}].conditionType`, errors),
  );
}

export function validateSchedulingGates(spec: PodSpec, path: string, errors: FieldError[]): void {
  const seen = new Set<string>();
  spec.schedulingGates?.forEach(({ name = "" }, i) => {
    nameProblems(qualifiedName, name, `${path}.schedulingGates[${i}]`, errors);
    if (seen.has(name)) errors.push(duplicate(`${path}.schedulingGates[${i}]`, name));
    seen.add(name);
  });
}

export function validateSpreading(spec: PodSpec, path: string, errors: FieldError[]): void {
  const constraints = spec.topologySpreadConstraints ?? [];
  constraints.forEach((constraint, i) => {
    const at = `${path}.topologySpreadConstraints[${i}]`;
    const { maxSkew = 0, topologyKey, whenUnsatisfiable, minDomains } = constraint;
    if (maxSkew <= 0) errors.push(invalid(`${at}.maxSkew`, maxSkew, "must be greater than zero"));
    if (!topologyKey) errors.push(required(`${at}.topologyKey`, "can not be empty"));
    supported(
      whenUnsatisfiable ?? "",
      ["DoNotSchedule", "ScheduleAnyway"],
      `${at}.whenUnsatisfiable`,
      errors,
    );
    const again = constraints
      .slice(i + 1)
      .some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable);
    if (again)
      errors.push(
        duplicate(
          `${at}.{topologyKey, whenUnsatisfiable}`,
          `{${topologyKey ?? ""}, ${whenUnsatisfiable ?? ""}}`,
        ),
      );
    if (minDomains !== undefined) {
      if (minDomains <= 0) errors.push(invalid(`${at}.minDomains`, minDomains, "must be greater than zero"));
      if (whenUnsatisfiable !== "DoNotSchedule")
        errors.push(
          invalid(
            `${at}.minDomains`,
            minDomains,
            `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable ?? ""}`,
          ),
        );
    }
    if (constraint.labelSelector !== undefined)
      validateSelector(constraint.labelSelector, `${at}.labelSelector`, errors);
  });
}

export function validateTolerations(spec: PodSpec, path: string, errors: FieldError[]): void {
  spec.tolerations?.forEach((toleration, i) => {
    const at = `${path}.tolerations[${i}]`;
    const { key, operator = "", value = "", effect = "", tolerationSeconds } = toleration;
    if (key) nameProblems(qualifiedName, key, `${at}.key`, errors);
    else if (operator !== "Exists")
      errors.push(
        invalid(
          `${at}.operator`,
          operator,
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    if (tolerationSeconds !== undefined && effect !== "NoExecute")
      errors.push(
        invalid(`${at}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"),
      );
    if (operator === "Exists" && value !== "")
      errors.push(invalid(`${at}.operator`, value, "value must be empty when `operator` is 'Exists'"));
    if ((operator === "" || operator === "Equal") && labelValue(value).length > 0)
      errors.push(invalid(`${at}.operator`, value, labelValue(value).join(";")));
    supported(operator || undefined, ["Equal", "Exists"], `${at}.operator`, errors);
    // Not sorted, unlike the others.
    const effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
    if (effect !== "" && !effects.includes(effect))
      errors.push(notSupported(`${at}.effect`, effect, effects));
  });
}
