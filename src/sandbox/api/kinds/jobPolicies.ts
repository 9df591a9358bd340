import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  required,
  tooMany,
  unshown,
} from "../schema/FieldError.ts";
import { notNegative, nameProblems, supported } from "./fieldRules.ts";
import type { JobSpec, PodFailureRule } from "./jobShape.ts";
import { qualifiedName, subdomainName } from "./names.ts";

// What a Job says of its indexes, and of pods that fail or succeed. (pkg/apis/batch/validation, validateJobSpec)

/** Most pods at once, failed indexes and completions that a Job with indexes may have. */
const MOST_INDEXES = 100_000;
const MOST_OF_MANY = 10_000;

/** Completions by index, with the limits that go with them. */
export function validateIndexes(spec: JobSpec, path: string, errors: FieldError[]): void {
  const { completions, maxFailedIndexes, parallelism, backoffLimitPerIndex } = spec;
  // Not sorted, unlike the others.
  const modes = ["NonIndexed", "Indexed"];
  const mode = spec.completionMode ?? "NonIndexed";
  if (!modes.includes(mode)) errors.push(notSupported(`${path}.completionMode`, mode, modes));
  if (mode === "NonIndexed") {
    for (const field of ["backoffLimitPerIndex", "maxFailedIndexes"] as const)
      if (spec[field] !== undefined)
        errors.push(invalid(`${path}.${field}`, spec[field], "requires indexed completion mode"));
    return;
  }
  if (mode !== "Indexed") return;
  if (completions === undefined)
    errors.push(required(`${path}.completions`, "when completion mode is Indexed"));
  const atMost = (
    field: "parallelism" | "maxFailedIndexes",
    most: number | undefined,
    detail: string,
  ): void => {
    const value = spec[field];
    if (value !== undefined && most !== undefined && value > most)
      errors.push(invalid(`${path}.${field}`, value, `must be less than or equal to ${detail}`));
  };
  atMost("parallelism", MOST_INDEXES, `${MOST_INDEXES} when completion mode is Indexed`);
  atMost("maxFailedIndexes", completions, "completions");
  atMost("maxFailedIndexes", MOST_INDEXES, String(MOST_INDEXES));
  if (completions === undefined || completions <= MOST_INDEXES || backoffLimitPerIndex === undefined) return;
  if (maxFailedIndexes === undefined)
    errors.push(
      required(`${path}.maxFailedIndexes`, `must be specified when completions is above ${MOST_INDEXES}`),
    );
  const ofMany = `${MOST_OF_MANY} when completions are above ${MOST_INDEXES} and used with backoff limit per index`;
  if (parallelism !== undefined) atMost("parallelism", MOST_OF_MANY, ofMany);
  atMost("maxFailedIndexes", MOST_OF_MANY, ofMany);
}

export function validatePodFailurePolicy(spec: JobSpec, path: string, errors: FieldError[]): void {
  const rules = spec.podFailurePolicy?.rules ?? [];
  if (rules.length > 20) errors.push(tooMany(`${path}.rules`, rules.length, 20));
  const { containers = [], initContainers = [] } = spec.template?.spec ?? {};
  const names = new Set([...containers, ...initContainers].map(({ name }) => name));
  rules.forEach((rule, i) => {
    const at = `${path}.rules[${i}]`;
    validateAction(rule.action ?? "", spec, `${at}.action`, errors);
    if (rule.onExitCodes !== undefined)
      validateExitCodes(rule.onExitCodes, names, `${at}.onExitCodes`, errors);
    const conditions = rule.onPodConditions ?? [];
    if (conditions.length > 20) errors.push(tooMany(`${at}.onPodConditions`, conditions.length, 20));
    conditions.forEach(({ type = "", status = "" }, j) => {
      const one = `${at}.onPodConditions[${j}]`;
      nameProblems(qualifiedName, type, `${one}.type`, errors);
      oneOf(status, ["False", "True", "Unknown"], `${one}.status`, errors);
    });
    if (rule.onExitCodes !== undefined && conditions.length > 0)
      errors.push(unshown(at, "specifying both OnExitCodes and OnPodConditions is not supported"));
    if (rule.onExitCodes === undefined && conditions.length === 0)
      errors.push(unshown(at, "specifying one of OnExitCodes and OnPodConditions is required"));
  });
}

function validateAction(action: string, spec: JobSpec, field: string, errors: FieldError[]): void {
  oneOf(action, ["Count", "FailIndex", "FailJob", "Ignore"], field, errors);
  if (action === "FailIndex" && spec.backoffLimitPerIndex === undefined)
    errors.push(invalid(field, action, "requires the backoffLimitPerIndex to be set"));
}

function validateExitCodes(
  { operator = "", containerName, values = [] }: NonNullable<PodFailureRule["onExitCodes"]>,
  names: ReadonlySet<string | undefined>,
  path: string,
  errors: FieldError[],
): void {
  oneOf(operator, ["In", "NotIn"], `${path}.operator`, errors);
  if (containerName !== undefined && !names.has(containerName))
    errors.push(
      invalid(
        `${path}.containerName`,
        containerName,
        "must be one of the container or initContainer names in the pod template",
      ),
    );
  if (values.length === 0) errors.push(invalid(`${path}.values`, values, "at least one value is required"));
  else if (values.length > 255) errors.push(tooMany(`${path}.values`, values.length, 255));
  values.forEach((value, i) => {
    if (operator === "In" && value === 0)
      errors.push(invalid(`${path}.values[${i}]`, value, "must not be 0 for the In operator"));
    if (values.indexOf(value) < i) errors.push(duplicate(`${path}.values[${i}]`, value));
  });
  if (values.some((value, i) => i > 0 && values[i - 1]! > value))
    errors.push(invalid(`${path}.values`, values, "must be ordered"));
}

/** What is left out is required, with the values that there are. */
function oneOf(value: string, values: readonly string[], field: string, errors: FieldError[]): void {
  if (value === "")
    errors.push(required(field, `valid values: [${values.map((one) => JSON.stringify(one)).join(" ")}]`));
  else supported(value, values, field, errors);
}

export function validateSuccessPolicy(spec: JobSpec, path: string, errors: FieldError[]): void {
  if (spec.completionMode !== "Indexed") {
    errors.push(invalid(path, spec.successPolicy, "requires indexed completion mode"));
    return;
  }
  const rules = spec.successPolicy?.rules ?? [];
  const completions = spec.completions ?? 0;
  if (rules.length === 0)
    errors.push(
      required(`${path}.rules`, "at least one rules must be specified when the successPolicy is specified"),
    );
  if (rules.length > 20) errors.push(tooMany(`${path}.rules`, rules.length, 20));
  rules.forEach(({ succeededIndexes, succeededCount }, i) => {
    const at = `${path}.rules[${i}]`;
    if (succeededIndexes === undefined && succeededCount === undefined)
      errors.push(required(at, "at least one of succeededCount or succeededIndexes must be specified"));
    const indexes = succeededIndexes === undefined ? undefined : countIndexes(succeededIndexes, completions);
    if (typeof indexes === "string")
      errors.push(
        invalid(`${at}.succeededIndexes`, succeededIndexes, `error parsing succeededIndexes: ${indexes}`),
      );
    if (succeededCount === undefined) return;
    notNegative(succeededCount, `${at}.succeededCount`, errors);
    const atMost = (most: number, what: string): void => {
      if (succeededCount > most)
        errors.push(
          invalid(
            `${at}.succeededCount`,
            succeededCount,
            `must be less than or equal to ${most} (the number of ${what})`,
          ),
        );
    };
    atMost(completions, "specified completions");
    if (indexes !== undefined)
      atMost(typeof indexes === "string" ? 0 : indexes, "indexes in the specified succeededIndexes field");
  });
}

/** How many indexes `1,3-5` names; or what is wrong with it. */
function countIndexes(text: string, completions: number): number | string {
  if (text === "") return 0;
  let last = -1;
  let total = 0;
  for (const interval of text.split(",")) {
    const ends = interval.split("-");
    if (ends.length > 2)
      return `the fragment ${JSON.stringify(interval)} violates the requirement that an index interval can have at most two parts separated by '-'`;
    for (const end of ends) {
      if (!/^[+]?\d+$/.test(end)) return `cannot convert string to integer for index: ${JSON.stringify(end)}`;
      if (Number(end) >= completions) return `too large index: ${JSON.stringify(end)}`;
    }
    const [from = 0, to = from] = ends.map(Number);
    if (ends.length === 2 && from >= to) return `non-increasing order, previous: ${from}, current: ${to}`;
    if (last >= from) return `non-increasing order, previous: ${last}, current: ${from}`;
    total += to - from + 1;
    last = to;
  }
  return total;
}

/** Who looks after the Job, when not Kubernetes' own controller: `acme.io/foo`. */
export function validateManager(manager: string, field: string, errors: FieldError[]): void {
  const slash = manager.indexOf("/");
  if (manager === "") errors.push(required(field));
  else if (slash <= 0 || slash === manager.length - 1)
    errors.push(invalid(field, manager, 'must be a domain-prefixed path (such as "acme.io/foo")'));
  else nameProblems(subdomainName, manager.slice(0, slash), field, errors);
}
