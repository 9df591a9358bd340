import { type FieldError, invalid, notSupported, required } from "../schema/FieldError.ts";
import { validateContainers } from "./containerValidation.ts";
import { nameProblems, supported } from "./fieldRules.ts";
import { labelName, qualifiedName, subdomainName } from "./names.ts";
import type { PodSpec } from "./shapes.ts";
import { validateVolumes } from "./volumeValidation.ts";

/** What is wrong with a pod's spec, after defaulting. (core/validation, ValidatePodSpec) */
export function validatePodSpec(spec: PodSpec, path: string, errors: FieldError[]): void {
  const volumes = validateVolumes(spec.volumes ?? [], `${path}.volumes`, errors);
  const names = new Set<string>();
  if ((spec.containers ?? []).length === 0) errors.push(required(`${path}.containers`));
  const hostPorts = new Set<string>();
  validateContainers(
    spec.containers ?? [],
    `${path}.containers`,
    { volumes, names, init: false, hostPorts },
    errors,
  );
  validateContainers(
    spec.initContainers ?? [],
    `${path}.initContainers`,
    { volumes, names, init: true, hostPorts },
    errors,
  );
  validateUsers(spec["securityContext"], `${path}.securityContext`, errors);
  for (const list of ["containers", "initContainers"] as const) {
    spec[list]?.forEach(({ securityContext }, i) =>
      validateUsers(securityContext, `${path}.${list}[${i}].securityContext`, errors),
    );
  }
  // Not sorted, unlike the others.
  const policies = ["Always", "OnFailure", "Never"];
  if (spec.restartPolicy !== undefined && !policies.includes(spec.restartPolicy))
    errors.push(notSupported(`${path}.restartPolicy`, spec.restartPolicy, policies));
  supported(
    spec.dnsPolicy,
    ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"],
    `${path}.dnsPolicy`,
    errors,
  );
  if (spec.serviceAccountName)
    nameProblems(subdomainName, spec.serviceAccountName, `${path}.serviceAccountName`, errors);
  if (spec.nodeName) nameProblems(subdomainName, spec.nodeName, `${path}.nodeName`, errors);
  if (spec.hostname) nameProblems(labelName, spec.hostname, `${path}.hostname`, errors);
  if (spec.subdomain) nameProblems(labelName, spec.subdomain, `${path}.subdomain`, errors);
  if (
    spec.activeDeadlineSeconds !== undefined &&
    (spec.activeDeadlineSeconds < 1 || spec.activeDeadlineSeconds > 2_147_483_647)
  ) {
    errors.push(
      invalid(
        `${path}.activeDeadlineSeconds`,
        spec.activeDeadlineSeconds,
        "must be between 1 and 2147483647, inclusive",
      ),
    );
  }
  validateTolerations(spec, path, errors);
  validateSpreading(spec, path, errors);
}

/** Ids of users and groups, as far as a kernel has them. */
function validateUsers(context: unknown, path: string, errors: FieldError[]): void {
  const ids = (context ?? {}) as Record<string, unknown>;
  const check = (id: unknown, field: string): void => {
    if (typeof id === "number" && (id < 0 || id > 2_147_483_647))
      errors.push(invalid(field, id, "must be between 0 and 2147483647, inclusive"));
  };
  for (const name of ["runAsUser", "runAsGroup", "fsGroup"]) check(ids[name], `${path}.${name}`);
  const groups = ids["supplementalGroups"];
  if (Array.isArray(groups)) groups.forEach((id, i) => check(id, `${path}.supplementalGroups[${i}]`));
}

function validateSpreading(spec: PodSpec, path: string, errors: FieldError[]): void {
  spec.topologySpreadConstraints?.forEach((constraint, i) => {
    const at = `${path}.topologySpreadConstraints[${i}]`;
    if ((constraint.maxSkew ?? 0) <= 0)
      errors.push(invalid(`${at}.maxSkew`, constraint.maxSkew ?? 0, "must be greater than zero"));
    if (!constraint.topologyKey) errors.push(required(`${at}.topologyKey`, "can not be empty"));
    supported(
      constraint.whenUnsatisfiable ?? "",
      ["DoNotSchedule", "ScheduleAnyway"],
      `${at}.whenUnsatisfiable`,
      errors,
    );
  });
}

function validateTolerations(spec: PodSpec, path: string, errors: FieldError[]): void {
  spec.tolerations?.forEach((toleration, i) => {
    const at = `${path}.tolerations[${i}]`;
    if (toleration.key) nameProblems(qualifiedName, toleration.key, `${at}.key`, errors);
    else if (toleration.operator !== "Exists")
      errors.push(
        invalid(
          `${at}.operator`,
          toleration.operator ?? "",
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    if (toleration.operator === "Exists" && toleration.value)
      errors.push(
        invalid(`${at}.operator`, toleration.value, "value must be empty when `operator` is 'Exists'"),
      );
    supported(toleration.operator || undefined, ["Equal", "Exists"], `${at}.operator`, errors);
    supported(
      toleration.effect || undefined,
      ["NoSchedule", "PreferNoSchedule", "NoExecute"],
      `${at}.effect`,
      errors,
    );
  });
}
