import { type FieldError, invalid, notSupported, required } from "../schema/FieldError.ts";
import { validateContainers } from "./containerValidation.ts";
import { nameProblems, supported } from "./fieldRules.ts";
import {
  validateDns,
  validateDnsPolicy,
  validateHostAliases,
  validateHostPorts,
} from "./podNetworkValidation.ts";
import {
  validateAffinity,
  validateNodeSelector,
  validateReadinessGates,
  validateSchedulingGates,
  validateSpreading,
  validateTolerations,
} from "./schedulingValidation.ts";
import { validatePodContext } from "./securityValidation.ts";
import { labelName, subdomainName } from "./names.ts";
import type { PodSpec } from "./shapes.ts";
import { validateVolumes } from "./volumeValidation.ts";

/** What is wrong with a pod's spec, after defaulting. (core/validation, ValidatePodSpec) */
export function validatePodSpec(spec: PodSpec, path: string, errors: FieldError[]): void {
  const volumes = validateVolumes(spec.volumes ?? [], `${path}.volumes`, errors);
  const names = new Set<string>();
  if ((spec.containers ?? []).length === 0) errors.push(required(`${path}.containers`));
  const around = {
    volumes,
    names,
    hostPorts: new Set<string>(),
    grace: spec.terminationGracePeriodSeconds ?? 30,
    hostUsers: spec.hostUsers,
  };
  validateContainers(spec.containers ?? [], `${path}.containers`, { ...around, init: false }, errors);
  validateContainers(spec.initContainers ?? [], `${path}.initContainers`, { ...around, init: true }, errors);
  validateHostPorts(spec, path, errors);
  // Not sorted, unlike the others.
  const policies = ["Always", "OnFailure", "Never"];
  if (spec.restartPolicy !== undefined && !policies.includes(spec.restartPolicy))
    errors.push(notSupported(`${path}.restartPolicy`, spec.restartPolicy, policies));
  validateDnsPolicy(spec, path, errors);
  validateNodeSelector(spec, path, errors);
  validatePodContext(spec, `${path}.securityContext`, errors);
  if (spec.affinity !== undefined) validateAffinity(spec.affinity, `${path}.affinity`, errors);
  validateDns(spec, path, errors);
  validateReadinessGates(spec, path, errors);
  validateSchedulingGates(spec, path, errors);
  validateSpreading(spec, path, errors);
  if (spec.serviceAccountName)
    nameProblems(subdomainName, spec.serviceAccountName, `${path}.serviceAccountName`, errors);
  if (spec.nodeName) nameProblems(subdomainName, spec.nodeName, `${path}.nodeName`, errors);
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
  if (spec.hostname) nameProblems(labelName, spec.hostname, `${path}.hostname`, errors);
  if (spec.subdomain) nameProblems(labelName, spec.subdomain, `${path}.subdomain`, errors);
  validateTolerations(spec, path, errors);
  validateHostAliases(spec, path, errors);
  supported(spec.os?.name, ["linux", "windows"], `${path}.os`, errors);
}
