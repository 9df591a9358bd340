import { type FieldError, forbidden, invalid, notSupported, required } from "../schema/FieldError.ts";
import { nanosOf } from "../schema/quantity.ts";
import { nameProblems, notNegative, supported } from "./fieldRules.ts";
import { labelName, pathSegmentName } from "./names.ts";

interface TargetRef {
  apiVersion?: string;
  kind?: string;
  name?: string;
}

interface MetricTarget {
  type?: string;
  value?: string;
  averageValue?: string;
  averageUtilization?: number;
}

interface MetricSource {
  /** Of a resource. */
  name?: string;
  container?: string;
  describedObject?: TargetRef;
  metric?: { name?: string };
  target?: MetricTarget;
}

/** The fields of a metric, by its type. */
const sources = {
  Object: "object",
  External: "external",
  Pods: "pods",
  Resource: "resource",
  ContainerResource: "containerResource",
} as const;

type Source = (typeof sources)[keyof typeof sources];
type Metric = { type?: string } & { [source in Source]?: MetricSource };

interface ScalingRules {
  stabilizationWindowSeconds?: number;
  selectPolicy?: string;
  policies?: { type?: string; value?: number; periodSeconds?: number }[];
  tolerance?: string;
}

export interface ScalerSpec {
  scaleTargetRef?: TargetRef;
  minReplicas?: number;
  maxReplicas?: number;
  metrics?: Metric[];
  behavior?: { scaleUp?: ScalingRules; scaleDown?: ScalingRules };
}

/** What is wrong with an autoscaler's spec. (pkg/apis/autoscaling/validation) */
export function validateScaler(spec: ScalerSpec, errors: FieldError[]): void {
  const { minReplicas = 1, maxReplicas = 0 } = spec;
  if (minReplicas < 1)
    errors.push(invalid("spec.minReplicas", minReplicas, "must be greater than or equal to 1"));
  if (maxReplicas === 0) errors.push(required("spec.maxReplicas", "must be set and greater than 0"));
  else if (maxReplicas < 1)
    errors.push(invalid("spec.maxReplicas", maxReplicas, "must be greater than or equal to 1"));
  if (maxReplicas < minReplicas && !(maxReplicas !== 0 && maxReplicas < 1))
    errors.push(invalid("spec.maxReplicas", maxReplicas, "must be greater than or equal to `minReplicas`"));
  validateReference(spec.scaleTargetRef ?? {}, "spec.scaleTargetRef", errors);
  const { apiVersion = "", kind } = spec.scaleTargetRef ?? {};
  if (apiVersion.split("/").length > 2)
    errors.push(
      invalid("spec.scaleTargetRef.apiVersion", apiVersion, `unexpected GroupVersion string: ${apiVersion}`),
    );
  else if (!apiVersion.includes("/") && !(apiVersion === "v1" && kind === "ReplicationController"))
    errors.push(invalid("spec.scaleTargetRef.apiVersion", apiVersion, "apiVersion must specify API group"));
  spec.metrics?.forEach((metric, i) => validateMetric(metric, `spec.metrics[${i}]`, errors));
  if (minReplicas === 0 && !spec.metrics?.some(({ type }) => type === "Object" || type === "External"))
    errors.push(
      forbidden(
        "spec.metrics",
        "must specify at least one Object or External metric to support scaling to zero replicas",
      ),
    );
  for (const way of ["scaleUp", "scaleDown"] as const)
    if (spec.behavior?.[way] !== undefined)
      validateScaling(spec.behavior[way], `spec.behavior.${way}`, errors);
}

function validateReference(reference: TargetRef, path: string, errors: FieldError[]): void {
  for (const field of ["kind", "name"] as const) {
    const value = reference[field];
    if (value) nameProblems(pathSegmentName, value, `${path}.${field}`, errors);
    else errors.push(required(`${path}.${field}`));
  }
}

function validateScaling(rules: ScalingRules, path: string, errors: FieldError[]): void {
  const window = rules.stabilizationWindowSeconds ?? 0;
  const windowField = `${path}.stabilizationWindowSeconds`;
  if (window < 0) errors.push(invalid(windowField, window, "must be greater than or equal to zero"));
  if (window > 3600) errors.push(invalid(windowField, window, "must be less than or equal to 3600"));
  supported(rules.selectPolicy, ["Disabled", "Max", "Min"], `${path}.selectPolicy`, errors);
  const policies = rules.policies ?? [];
  if (policies.length === 0) errors.push(required(`${path}.policies`, "must specify at least one Policy"));
  policies.forEach(({ type = "", value = 0, periodSeconds = 0 }, i) => {
    const at = `${path}.policies[${i}]`;
    if (type !== "Pods" && type !== "Percent")
      errors.push(notSupported(`${at}.type`, type, ["Percent", "Pods"]));
    if (value <= 0) errors.push(invalid(`${at}.value`, value, "must be greater than zero"));
    if (periodSeconds <= 0)
      errors.push(invalid(`${at}.periodSeconds`, periodSeconds, "must be greater than zero"));
    if (periodSeconds > 1800)
      errors.push(invalid(`${at}.periodSeconds`, periodSeconds, "must be less than or equal to 1800"));
  });
  const tolerance = nanosOf(rules.tolerance);
  if (tolerance !== undefined && tolerance < 0n) notNegative(-1, `${path}.tolerance`, errors);
}

function validateMetric(metric: Metric, path: string, errors: FieldError[]): void {
  const { type = "" } = metric;
  const expected = Object.hasOwn(sources, type) ? sources[type as keyof typeof sources] : undefined;
  const known = Object.keys(sources).toSorted();
  if (type === "") errors.push(required(`${path}.type`, "must specify a metric source type"));
  if (expected === undefined) errors.push(notSupported(`${path}.type`, type, known));
  const present = Object.values(sources).filter((source) => metric[source] !== undefined);
  const [first] = present;
  if (first !== undefined) validateSource(first, metric[first]!, `${path}.${first}`, errors);
  if (expected === undefined) errors.push(notSupported(`${path}.type`, type, known));
  else if (metric[expected] === undefined)
    errors.push(required(`${path}.${expected}`, "must populate information for the given metric source"));
  if (present.length === 1) return;
  for (const source of present)
    if (source !== expected)
      errors.push(forbidden(`${path}.${source}`, "must populate the given metric source only"));
}

function validateSource(kind: Source, source: MetricSource, path: string, errors: FieldError[]): void {
  const target = source.target ?? {};
  const { value, averageValue, averageUtilization } = target;
  const lacks = (field: string, detail: string): void => {
    errors.push(required(`${path}.target.${field}`, detail));
  };
  if (kind === "object") validateReference(source.describedObject ?? {}, `${path}.describedObject`, errors);
  if (kind === "object" || kind === "external" || kind === "pods") {
    const { name } = source.metric ?? {};
    if (name) nameProblems(pathSegmentName, name, `${path}.metric.name`, errors);
    else errors.push(required(`${path}.metric.name`, "must specify a metric name"));
  } else if (!source.name) errors.push(required(`${path}.name`, "must specify a resource name"));
  if (kind === "containerResource") {
    if (source.container) nameProblems(labelName, source.container, `${path}.container`, errors);
    else errors.push(required(`${path}.container`, "must specify a container"));
  }
  validateTarget(target, `${path}.target`, errors);
  if (kind === "pods") {
    if (averageValue === undefined) lacks("averageValue", "must specify a positive target averageValue");
  } else if (kind === "object" || kind === "external") {
    if (value === undefined && averageValue === undefined)
      lacks(
        "averageValue",
        kind === "object"
          ? "must set either a target value or averageValue"
          : "must set either a target value for metric or a per-pod target",
      );
    if (kind === "external" && value !== undefined && averageValue !== undefined)
      errors.push(
        forbidden(`${path}.target.value`, "may not set both a target value for metric and a per-pod target"),
      );
  } else {
    if (averageUtilization === undefined && averageValue === undefined)
      lacks("averageUtilization", "must set either a target raw value or a target utilization");
    if (averageUtilization !== undefined && averageValue !== undefined)
      errors.push(
        forbidden(
          `${path}.target.averageValue`,
          "may not set both a target raw value and a target utilization",
        ),
      );
  }
}

function validateTarget(target: MetricTarget, path: string, errors: FieldError[]): void {
  const { type = "", averageUtilization } = target;
  if (type === "") errors.push(required(`${path}.type`, "must specify a metric target type"));
  if (!["Utilization", "Value", "AverageValue"].includes(type))
    errors.push(invalid(`${path}.type`, type, "must be either Utilization, Value, or AverageValue"));
  for (const field of ["value", "averageValue"] as const) {
    const nanos = nanosOf(target[field]);
    if (nanos !== undefined && nanos <= 0n)
      errors.push(invalid(`${path}.${field}`, target[field], "must be positive"));
  }
  if (averageUtilization !== undefined && averageUtilization < 1)
    errors.push(invalid(`${path}.averageUtilization`, averageUtilization, "must be greater than 0"));
}
