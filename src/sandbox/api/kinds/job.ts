import type { KubeObject } from "../../../contract/index.ts";
import { selects } from "../../LabelSelector.ts";
import { sameJson } from "../apply/sameJson.ts";
import { type FieldError, invalid, notSupported, required } from "../schema/FieldError.ts";
import { notNegative } from "./fieldRules.ts";
import {
  validateIndexes,
  validateManager,
  validatePodFailurePolicy,
  validateSuccessPolicy,
} from "./jobPolicies.ts";
import type { JobSpec } from "./jobShape.ts";
import { type KindStrategy, strategy } from "./KindStrategy.ts";
import { validateSelector } from "./labelSelectors.ts";
import { labelName } from "./names.ts";
import { defaultTemplate } from "./podDefaults.ts";
import { validateTemplate } from "./selectors.ts";
import type { PodTemplate } from "./shapes.ts";

const specOf = (object: KubeObject): JobSpec => (object["spec"] ??= {});

const CONTROLLER_UID = "batch.kubernetes.io/controller-uid";
const JOB_NAME = "batch.kubernetes.io/job-name";

/** By which a Job knows its pods, with their older names. */
const ownLabels = (uid: string, name: string): Record<string, string> => ({
  [CONTROLLER_UID]: uid,
  [JOB_NAME]: name,
  "controller-uid": uid,
  "job-name": name,
});

/** batch/v1 Job. */
export const job: KindStrategy = strategy({
  conditionTimes: ["lastProbeTime", "lastTransitionTime"],
  hasGeneration: true,
  defaults(object) {
    const spec = specOf(object);
    defaultTemplate((spec.template ??= {}));
    if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
    spec.parallelism ??= 1;
    spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : 2_147_483_647;
    spec.completionMode ??= "NonIndexed";
    spec.suspend ??= false;
    spec.manualSelector ??= false;
    // Always said, if only that there are none.
    if (spec.podFailurePolicy !== undefined && (spec.podFailurePolicy.rules ?? []).length === 0)
      Object.assign(spec.podFailurePolicy, { rules: null });
    for (const { onPodConditions = [] } of spec.podFailurePolicy?.rules ?? [])
      for (const pattern of onPodConditions) pattern.status ??= "True";
    spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? "TerminatingOrFailed" : "Failed";
    const labels = spec.template.metadata?.labels;
    // Not a copy: on a real server, too, those that the template is given next are the Job's as well.
    if (labels !== undefined && Object.keys(object.metadata.labels ?? {}).length === 0)
      object.metadata.labels = labels;
    object["status"] ??= {};
  },
  prepareForCreate(object) {
    const spec = specOf(object);
    if (spec.manualSelector === true) return;
    const { uid = "", name = "" } = object.metadata;
    const metadata = ((spec.template ??= {}).metadata ??= {});
    const shared = metadata.labels !== undefined && object.metadata.labels === metadata.labels;
    metadata.labels = { ...metadata.labels, ...ownLabels(uid, name) };
    if (shared) object.metadata.labels = { ...metadata.labels };
    const selector = (spec.selector ??= {});
    selector.matchLabels = { ...selector.matchLabels, [CONTROLLER_UID]: uid };
  },
  validate(object, errors) {
    const spec = specOf(object);
    const { uid = "", name = "" } = object.metadata;
    if (
      spec.manualSelector !== true &&
      spec.selector !== undefined &&
      !selects(spec.selector, ownLabels(uid, name))
    )
      errors.push(invalid("spec.selector", spec.selector, "`selector` not auto-generated"));
    validateJobSpec(spec, "spec", errors);
    if (spec.selector === undefined) errors.push(required("spec.selector"));
    else validateSelector(spec.selector, "spec.selector", errors);
    const labels = spec.template?.metadata?.labels ?? {};
    if (spec.selector === undefined || !selects(spec.selector, labels))
      errors.push(
        invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`"),
      );
    if (spec.completionMode !== "Indexed" || !spec.completions || spec.completions < 0) return;
    // The pod of an index has it in its host name.
    const last = `${name}-${spec.completions - 1}`;
    if (labelName(last).length > 0)
      errors.push(
        invalid("metadata.name", name, `will not able to create pod with invalid DNS label: ${last}`),
      );
  },
  validateStatusUpdate: validateJobStatus,
  validateUpdate(next, live, errors) {
    const is = specOf(next);
    const was = specOf(live);
    const fixed = [
      "selector",
      "completionMode",
      "podFailurePolicy",
      "backoffLimitPerIndex",
      "managedBy",
      "successPolicy",
    ] as const;
    for (const field of fixed) {
      if (!sameJson(is[field as keyof JobSpec], was[field as keyof JobSpec]))
        errors.push(invalid(`spec.${field}`, is[field as keyof JobSpec], "field is immutable"));
    }
    if (is.completions !== was.completions) {
      // With indexes there may be more or fewer of them, which then all run at once.
      if (is.completionMode !== "Indexed")
        errors.push(invalid("spec.completions", is.completions, "field is immutable"));
      else if (is.completions !== undefined && is.completions !== is.parallelism)
        errors.push(
          invalid("spec.completions", is.completions, "can only be modified in tandem with spec.parallelism"),
        );
    }
    if (!sameJson(withoutScheduling(is.template, was), withoutScheduling(was.template, was))) {
      errors.push(invalid("spec.template", is.template, "field is immutable"));
    }
  },
});

interface JobStatus {
  active?: number;
  ready?: number;
  succeeded?: number;
  failed?: number;
  terminating?: number;
  startTime?: string;
  completionTime?: string;
  conditions?: { type?: string; status?: string }[];
}

/** What the status of a Job must not say. (pkg/apis/batch/validation, ValidateJobUpdateStatus) */
function validateJobStatus(next: KubeObject, live: KubeObject, errors: FieldError[]): void {
  const is = (next["status"] ?? {}) as JobStatus;
  const was = (live["status"] ?? {}) as JobStatus;
  const has = ({ conditions = [] }: JobStatus, type: string): boolean =>
    conditions.some((one) => one.type === type && one.status === "True");
  for (const field of ["active", "succeeded", "failed", "terminating", "ready"] as const)
    notNegative(is[field], `status.${field}`, errors);
  const complete = has(is, "Complete");
  const failed = has(is, "Failed");
  const finished = complete || failed;
  const wasFinished = has(was, "Complete") || has(was, "Failed");
  const conditions = (detail: string): void => {
    errors.push({
      reason: "FieldValueInvalid",
      message: `Invalid value: ${detail}`,
      field: "status.conditions",
    });
  };
  for (const type of ["Complete", "Failed", "SuccessCriteriaMet", "FailureTarget"] as const)
    if (has(was, type) && !has(is, type)) conditions(`cannot disable the terminal ${type}=True condition`);
  if (was.startTime !== undefined && is.startTime === undefined && specOf(next).suspend !== true)
    errors.push(required("status.startTime", "startTime cannot be removed for unsuspended job"));
  if (complete && is.completionTime === undefined)
    errors.push(required("status.completionTime", "completionTime is required for Complete jobs"));
  if (!complete && is.completionTime !== undefined)
    errors.push(
      invalid(
        "status.completionTime",
        is.completionTime,
        "cannot set completionTime when there is no Complete=True condition",
      ),
    );
  if (complete && failed) conditions("cannot set Complete=True and Failed=true conditions");
  if (has(is, "SuccessCriteriaMet") && has(is, "FailureTarget"))
    conditions("cannot set SuccessCriteriaMet=True and FailureTarget=true conditions");
  if (complete && has(is, "FailureTarget"))
    conditions("cannot set Complete=True and FailureTarget=true conditions");
  if (failed && has(is, "SuccessCriteriaMet"))
    conditions("cannot set Failed=True and SuccessCriteriaMet=true conditions");
  if (complete && !has(is, "SuccessCriteriaMet"))
    conditions("cannot set Complete=True condition without the SuccessCriteriaMet=true condition");
  if (failed && !has(is, "FailureTarget"))
    conditions("cannot set Failed=True condition without the FailureTarget=true condition");
  if (finished && !wasFinished) {
    if (is.startTime === undefined)
      errors.push(required("status.startTime", "startTime is required for finished job"));
    if ((is.active ?? 0) > 0)
      errors.push(invalid("status.active", is.active, "active>0 is invalid for finished job"));
    if ((is.ready ?? 0) > 0)
      errors.push(invalid("status.ready", is.ready, "ready>0 is invalid for finished job"));
    if ((is.terminating ?? 0) > 0)
      errors.push(invalid("status.terminating", is.terminating, "terminating>0 is invalid for finished job"));
  }
}

/** While a job is suspended, and hasn't started, where its pods may run can still be changed. */
function withoutScheduling(template: PodTemplate | undefined, was: JobSpec): unknown {
  if (was.suspend !== true || template === undefined) return template;
  const {
    affinity: _a,
    nodeSelector: _n,
    tolerations: _t,
    schedulingGates: _g,
    ...spec
  } = (template.spec ?? {}) as Record<string, unknown>;
  const { labels: _l, annotations: _an, ...metadata } = template.metadata ?? {};
  return { metadata, spec };
}

export function validateJobSpec(spec: JobSpec, path: string, errors: FieldError[]): void {
  for (const field of [
    "parallelism",
    "completions",
    "activeDeadlineSeconds",
    "backoffLimit",
    "ttlSecondsAfterFinished",
    "backoffLimitPerIndex",
    "maxFailedIndexes",
  ] as const) {
    notNegative(spec[field], `${path}.${field}`, errors);
  }
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined)
    errors.push(required(`${path}.backoffLimitPerIndex`, "when maxFailedIndexes is specified"));
  if (spec.managedBy !== undefined) validateManager(spec.managedBy, `${path}.managedBy`, errors);
  validateIndexes(spec, path, errors);
  if (spec.podFailurePolicy !== undefined) validatePodFailurePolicy(spec, `${path}.podFailurePolicy`, errors);
  if (spec.successPolicy !== undefined) validateSuccessPolicy(spec, `${path}.successPolicy`, errors);
  const replacement = spec.podFailurePolicy === undefined ? ["Failed", "TerminatingOrFailed"] : ["Failed"];
  if (spec.podReplacementPolicy !== undefined && !replacement.includes(spec.podReplacementPolicy))
    errors.push(notSupported(`${path}.podReplacementPolicy`, spec.podReplacementPolicy, replacement));
  validateTemplate(spec.template ?? {}, errors, `${path}.template`);
  const policy = spec.template?.spec?.restartPolicy;
  if (policy !== "OnFailure" && policy !== "Never") {
    const field = `${path}.template.spec.restartPolicy`;
    if (!policy || policy === "Always") errors.push(required(field, 'valid values: "OnFailure", "Never"'));
    else errors.push(notSupported(field, policy, ["OnFailure", "Never"]));
  } else if (spec.podFailurePolicy !== undefined && policy !== "Never") {
    errors.push(
      invalid(
        `${path}.template.spec.restartPolicy`,
        policy,
        'only "Never" is supported when podFailurePolicy is specified',
      ),
    );
  }
}
