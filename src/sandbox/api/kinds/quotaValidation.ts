import { type FieldError, duplicate, forbidden, invalid, required } from "../schema/FieldError.ts";
import { canonicalQuantity, nanosOf } from "../schema/quantity.ts";
import { NOT_NEGATIVE, nameProblems } from "./fieldRules.ts";
import { qualifiedName } from "./names.ts";
import { isExtended, isOfContainers, isStandard, isWhole } from "./resourceNames.ts";

// What a namespace may use, and a container in it. (core/validation, ValidateResourceQuotaSpec, ValidateLimitRange)

type Amounts = Record<string, string>;

export interface QuotaSpec {
  hard?: Amounts;
  scopes?: string[];
  scopeSelector?: { matchExpressions?: { scopeName?: string; operator?: string; values?: string[] }[] };
}

export interface Limit {
  type?: string;
  max?: Amounts;
  min?: Amounts;
  default?: Amounts;
  defaultRequest?: Amounts;
  maxLimitRequestRatio?: Amounts;
}

const ofPods = new Set([
  "pods",
  "cpu",
  "memory",
  "limits.cpu",
  "limits.memory",
  "requests.cpu",
  "requests.memory",
]);
const ofClaims = new Set(["persistentvolumeclaims", "requests.storage"]);
const withoutValues = new Set([
  "BestEffort",
  "NotBestEffort",
  "Terminating",
  "NotTerminating",
  "CrossNamespacePodAffinity",
]);

/** Whether a scope says something of what a resource counts; undefined where there is no such scope. */
function fits(scope: string, resource: string): boolean | undefined {
  switch (scope) {
    case "BestEffort":
      return resource === "pods";
    case "VolumeAttributesClass":
      return ofClaims.has(resource);
    case "Terminating":
    case "NotTerminating":
    case "NotBestEffort":
    case "PriorityClass":
    case "CrossNamespacePodAffinity":
      return ofPods.has(resource);
    default:
      return undefined;
  }
}

/** Whether a quota knows the resource by its short name. */
const isOfQuotas = (name: string): boolean =>
  isStandard(name) && name !== "storage" && !name.startsWith("limits.hugepages-");

export function validateQuota(spec: QuotaSpec, errors: FieldError[]): void {
  for (const [name, amount] of Object.entries(spec.hard ?? {})) {
    const field = `spec.hard[${name}]`;
    validateResourceName(name, field, errors);
    if (!name.includes("/") && qualifiedName(name).length === 0 && !isOfQuotas(name))
      errors.push(invalid(field, name, "must be a standard resource for quota"));
    validateAmount(name, amount, field, errors);
  }
  const resources = Object.keys(spec.hard ?? {}).filter(isOfQuotas);
  const { scopes = [] } = spec;
  for (const scope of scopes) {
    if (fits(scope, "pods") === undefined) errors.push(invalid("spec.scopes", scopes, "unsupported scope"));
    for (const resource of resources)
      if (fits(scope, resource) === false)
        errors.push(invalid("spec.scopes", scopes, "unsupported scope applied to resource"));
  }
  conflicts(scopes, scopes, errors);
  const selectors = spec.scopeSelector?.matchExpressions ?? [];
  const at = "spec.scopeSelector.matchExpressions";
  for (const { scopeName = "", operator = "", values = [] } of selectors) {
    if (fits(scopeName, "pods") === undefined)
      errors.push(invalid(`${at}.scopeName`, scopeName, "unsupported scope"));
    for (const resource of resources)
      if (fits(scopeName, resource) === false)
        errors.push(invalid(at, spec.scopeSelector, "unsupported scope applied to resource"));
    if (withoutValues.has(scopeName) && operator !== "Exists")
      errors.push(
        invalid(
          `${at}.operator`,
          operator,
          "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
        ),
      );
    if (operator === "In" || operator === "NotIn") {
      if (values.length === 0)
        errors.push(
          required(
            `${at}.values`,
            "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
          ),
        );
    } else if (operator === "Exists" || operator === "DoesNotExist") {
      if (values.length > 0)
        errors.push(
          invalid(
            `${at}.values`,
            values,
            "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
          ),
        );
    } else errors.push(invalid(`${at}.operator`, operator, "not a valid selector operator"));
  }
  conflicts(
    selectors.map(({ scopeName = "" }) => scopeName),
    scopes,
    errors,
  );
}

function conflicts(named: readonly string[], scopes: readonly string[], errors: FieldError[]): void {
  for (const [one, other] of [
    ["BestEffort", "NotBestEffort"],
    ["Terminating", "NotTerminating"],
  ] as const)
    if (named.includes(one) && named.includes(other))
      errors.push(invalid("spec.scopes", scopes, "conflicting scopes"));
}

function validateResourceName(name: string, field: string, errors: FieldError[]): void {
  nameProblems(qualifiedName, name, field, errors);
  if (qualifiedName(name).length === 0 && !name.includes("/") && !isStandard(name))
    errors.push(invalid(field, name, "must be a standard resource type or fully qualified"));
}

function validateAmount(name: string, amount: string, field: string, errors: FieldError[]): void {
  const nanos = nanosOf(amount);
  if (nanos === undefined) return;
  if (nanos < 0n) errors.push(invalid(field, canonicalQuantity(amount), NOT_NEGATIVE));
  if (isWhole(name) && nanos % 1_000_000_000n !== 0n)
    errors.push(invalid(field, canonicalQuantity(amount), "must be an integer"));
}

export function validateLimits(limits: readonly Limit[], errors: FieldError[]): void {
  const seen = new Set<string>();
  limits.forEach((limit, i) => {
    const path = `spec.limits[${i}]`;
    const { type = "" } = limit;
    nameProblems(qualifiedName, type, `${path}.type`, errors);
    if (
      qualifiedName(type).length === 0 &&
      !type.includes("/") &&
      !["Pod", "Container", "PersistentVolumeClaim"].includes(type)
    )
      errors.push(invalid(`${path}.type`, type, "must be a standard limit type or fully qualified"));
    if (seen.has(type)) errors.push(duplicate(`${path}.type`, type));
    seen.add(type);
    validateLimit(limit, path, errors);
  });
}

function validateLimit(limit: Limit, path: string, errors: FieldError[]): void {
  const names = new Set<string>();
  const { type } = limit;
  const know = (list: "max" | "min" | "default" | "defaultRequest" | "maxLimitRequestRatio"): void => {
    for (const name of Object.keys(limit[list] ?? {})) {
      const field = `${path}.${list}[${name}]`;
      validateResourceName(name, field, errors);
      if (
        (type === "Pod" || type === "Container") &&
        qualifiedName(name).length === 0 &&
        !name.includes("/") &&
        !isOfContainers(name)
      )
        errors.push(invalid(field, name, "must be a standard resource for containers"));
      names.add(name);
    }
  };
  know("max");
  know("min");
  for (const list of ["default", "defaultRequest"] as const)
    if (type !== "Pod") know(list);
    else if (Object.keys(limit[list] ?? {}).length > 0)
      errors.push(forbidden(`${path}.${list}`, "may not be specified when `type` is 'Pod'"));
  if (
    type === "PersistentVolumeClaim" &&
    limit.min?.["storage"] === undefined &&
    limit.max?.["storage"] === undefined
  )
    errors.push(
      required(
        `${path}.limits`,
        "either minimum or maximum storage value is required, but neither was provided",
      ),
    );
  know("maxLimitRequestRatio");
  for (const name of names) validateBounds(limit, name, path, errors);
}

/** The bounds of one resource, which have to make sense together. */
function validateBounds(limit: Limit, name: string, path: string, errors: FieldError[]): void {
  const ofPod = limit.type === "Pod";
  const min = limit.min?.[name];
  const max = limit.max?.[name];
  const standard = ofPod ? undefined : limit.default?.[name];
  const asked = ofPod ? undefined : limit.defaultRequest?.[name];
  const ratio = limit.maxLimitRequestRatio?.[name];
  /** `low` may not be above `high`; what is shown of it is `value`. */
  const ordered = (
    low: string | undefined,
    high: string | undefined,
    [list, value, lowName, highName]: readonly [string, string | undefined, string, string],
  ): void => {
    if (low !== undefined && high !== undefined && nanosOf(low)! > nanosOf(high)!)
      errors.push(
        invalid(
          `${path}.${list}[${name}]`,
          value,
          `${lowName} value ${low} is greater than ${highName} value ${high}`,
        ),
      );
  };
  ordered(min, max, ["min", min, "min", "max"]);
  ordered(min, asked, ["defaultRequest", asked, "min", "default request"]);
  ordered(asked, max, ["defaultRequest", asked, "default request", "max"]);
  ordered(asked, standard, ["defaultRequest", asked, "default request", "default limit"]);
  ordered(min, standard, ["default", min, "min", "default"]);
  ordered(standard, max, ["default", max, "default", "max"]);
  if (ratio !== undefined) validateRatio(ratio, min, max, `${path}.maxLimitRequestRatio[${name}]`, errors);
  if (
    isExtended(name) &&
    standard !== undefined &&
    asked !== undefined &&
    nanosOf(standard) !== nanosOf(asked)
  )
    errors.push(
      invalid(
        `${path}.defaultRequest[${name}]`,
        asked,
        `default value ${standard} must equal to defaultRequest value ${asked} in ${name}`,
      ),
    );
}

function validateRatio(
  ratio: string,
  min: string | undefined,
  max: string | undefined,
  field: string,
  errors: FieldError[],
): void {
  const shown = canonicalQuantity(ratio);
  const most = nanosOf(ratio)!;
  if (most < 1_000_000_000n) errors.push(invalid(field, shown, `ratio ${shown} is less than 1`));
  if (min === undefined || max === undefined) return;
  const between = Number(nanosOf(max)) / Number(nanosOf(min));
  if (Number(most) / 1e9 > between)
    errors.push(invalid(field, shown, `ratio ${shown} is greater than max/min = ${between.toFixed(6)}`));
}
