import type { KubeObject } from "../../../contract/index.ts";
import { sameJson } from "../apply/sameJson.ts";
import { type FieldError, forbidden, invalid, notSupported, required } from "../schema/FieldError.ts";
import { defaultClaim } from "./persistentVolumeClaim.ts";
import { type KindStrategy, strategy } from "./KindStrategy.ts";
import { labelName } from "./names.ts";
import { defaultTemplate } from "./podDefaults.ts";
import { notNegative, supported } from "./fieldRules.ts";
import { isZero, validateIntOrPercent, validateSelectorAndTemplate, validateTemplate } from "./selectors.ts";
import type { LabelSelector, PodTemplate } from "./shapes.ts";

interface RollingUpdate {
  maxUnavailable?: number | string;
  maxSurge?: number | string;
  partition?: number;
}

interface WorkloadSpec {
  replicas?: number;
  minReadySeconds?: number;
  selector?: LabelSelector;
  template?: PodTemplate;
  revisionHistoryLimit?: number;
  progressDeadlineSeconds?: number;
  strategy?: { type?: string; rollingUpdate?: RollingUpdate };
  updateStrategy?: { type?: string; rollingUpdate?: RollingUpdate };
  podManagementPolicy?: string;
  serviceName?: string;
  persistentVolumeClaimRetentionPolicy?: { whenDeleted?: string; whenScaled?: string };
  volumeClaimTemplates?: KubeObject[];
}

function specOf(object: KubeObject): WorkloadSpec {
  return (object["spec"] ??= {});
}

/** `counts`: what the kind's status always says, if only 0. */
function defaultWorkload(object: KubeObject, counts: readonly string[] = []): WorkloadSpec {
  const spec = specOf(object);
  defaultTemplate((spec.template ??= {}));
  const status = (object["status"] ??= {}) as Record<string, unknown>;
  for (const count of counts) status[count] ??= 0;
  return spec;
}

function immutable(next: unknown, live: unknown, field: string, errors: FieldError[]): void {
  if (!sameJson(next, live)) errors.push(invalid(field, next, "field is immutable"));
}

const always = ["Always"] as const;

/**
 * The counts in a status make sense: none is below nought, `parts` are at most `replicas`, and available pods are ready ones.
 *
 * @param others - what else counts, in the order in which a real server looks.
 */
function validateCounts(
  parts: readonly string[],
  others: readonly string[],
  ready: string,
): (next: KubeObject, live: KubeObject, errors: FieldError[]) => void {
  return (next, _live, errors) => {
    const status = (next["status"] ?? {}) as Record<string, unknown>;
    const count = (name: string): number => Number(status[name] ?? 0);
    for (const name of ["replicas", ...parts, ...others])
      if (count(name) < 0)
        errors.push(invalid(`status.${name}`, count(name), "must be greater than or equal to 0"));
    for (const name of parts)
      if (count(name) > count("replicas"))
        errors.push(invalid(`status.${name}`, count(name), "cannot be greater than status.replicas"));
    if (count("availableReplicas") > count("readyReplicas"))
      errors.push(
        invalid("status.availableReplicas", count("availableReplicas"), `cannot be greater than ${ready}`),
      );
  };
}

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

/** apps/v1 ReplicaSet. */
export const replicaSet: KindStrategy = strategy({
  validateStatusUpdate: validateCounts(
    ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"],
    ["terminatingReplicas"],
    "readyReplicas",
  ),
  conditionTimes: ["lastTransitionTime"],
  hasGeneration: true,
  defaults(object) {
    const spec = defaultWorkload(object, ["replicas"]);
    spec.replicas ??= 1;
  },
  validate(object, errors) {
    const spec = specOf(object);
    notNegative(spec.replicas, "spec.replicas", errors);
    notNegative(spec.minReadySeconds, "spec.minReadySeconds", errors);
    validateSelectorAndTemplate(
      spec,
      {
        kind: "ReplicaSet",
        emptyMessage: "empty selector is invalid for deployment",
        restartPolicies: always,
      },
      errors,
    );
  },
  validateUpdate(next, live, errors) {
    immutable(specOf(next).selector, specOf(live).selector, "spec.selector", errors);
  },
});

/** v1 ReplicationController: its selector is a plain map, by default the template's labels. */
export const replicationController: KindStrategy = strategy({
  conditionTimes: ["lastTransitionTime"],
  hasGeneration: true,
  defaults(object) {
    const spec = defaultWorkload(object, ["replicas"]) as Omit<WorkloadSpec, "selector"> & {
      selector?: Record<string, string>;
    };
    spec.replicas ??= 1;
    const labels = spec.template?.metadata?.labels;
    if (labels !== undefined) {
      spec.selector ??= { ...labels };
      object.metadata.labels ??= { ...labels };
    }
  },
  validate(object, errors) {
    validateTemplate(specOf(object).template ?? {}, errors);
  },
});

/** apps/v1 StatefulSet. */
export const statefulSet: KindStrategy = strategy({
  validateStatusUpdate: validateCounts(
    ["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"],
    ["observedGeneration", "collisionCount"],
    "status.readyReplicas",
  ),
  conditionTimes: ["lastTransitionTime"],
  hasGeneration: true,
  name: labelName,
  defaults(object) {
    const spec = defaultWorkload(object, ["replicas", "availableReplicas"]);
    spec.podManagementPolicy ||= "OrderedReady";
    const how = (spec.updateStrategy ??= {});
    how.type ||= "RollingUpdate";
    if (how.type === "RollingUpdate") (how.rollingUpdate ??= {}).partition ??= 0;
    const retention = (spec.persistentVolumeClaimRetentionPolicy ??= {});
    retention.whenDeleted ||= "Retain";
    retention.whenScaled ||= "Retain";
    spec.replicas ??= 1;
    spec.revisionHistoryLimit ??= 10;
    for (const claim of spec.volumeClaimTemplates ?? []) {
      claim.apiVersion ??= "v1";
      claim.kind ??= "PersistentVolumeClaim";
      defaultClaim(claim);
    }
  },
  validate(object, errors) {
    const spec = specOf(object);
    for (const field of ["replicas", "minReadySeconds", "revisionHistoryLimit"] as const)
      notNegative(spec[field], `spec.${field}`, errors);
    validateSelectorAndTemplate(
      withClaims(spec),
      {
        kind: "StatefulSet",
        emptyMessage: "empty selector is invalid for statefulset",
        restartPolicies: always,
      },
      errors,
    );
    if (spec.podManagementPolicy !== "OrderedReady" && spec.podManagementPolicy !== "Parallel") {
      errors.push(
        invalid("spec.podManagementPolicy", spec.podManagementPolicy, "must be 'OrderedReady' or 'Parallel'"),
      );
    }
    const how = spec.updateStrategy ?? {};
    if (how.type === "OnDelete") {
      if (how.rollingUpdate !== undefined) {
        errors.push(
          invalid(
            "spec.updateStrategy.rollingUpdate",
            how.rollingUpdate,
            "only allowed for updateStrategy 'RollingUpdate'",
          ),
        );
      }
    } else if (how.type === "RollingUpdate")
      notNegative(how.rollingUpdate?.partition, "spec.updateStrategy.rollingUpdate.partition", errors);
    else errors.push(invalid("spec.updateStrategy", how, "must be 'RollingUpdate' or 'OnDelete'"));
    for (const field of ["whenDeleted", "whenScaled"] as const) {
      supported(
        spec.persistentVolumeClaimRetentionPolicy?.[field],
        ["Retain", "Delete"],
        `spec.persistentVolumeClaimRetentionPolicy.${field}`,
        errors,
      );
    }
  },
  validateUpdate(next, live, errors) {
    const may = [
      "replicas",
      "ordinals",
      "template",
      "updateStrategy",
      "revisionHistoryLimit",
      "persistentVolumeClaimRetentionPolicy",
      "minReadySeconds",
    ];
    const rest = (object: KubeObject): object =>
      Object.fromEntries(Object.entries(specOf(object)).filter(([field]) => !may.includes(field)));
    if (sameJson(rest(next), rest(live))) return;
    errors.push(
      forbidden(
        "spec",
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
      ),
    );
  },
});

/** Claims made from templates are volumes of the pods, so that mounts of them are right. */
function withClaims(spec: WorkloadSpec): WorkloadSpec {
  const claims = spec.volumeClaimTemplates ?? [];
  if (claims.length === 0) return spec;
  const pod = spec.template?.spec ?? {};
  const there = new Set((pod.volumes ?? []).map((volume) => volume.name));
  const volumes = claims
    .filter((claim) => !there.has(claim.metadata?.name))
    .map((claim) => ({ name: claim.metadata?.name, emptyDir: {} }));
  return {
    ...spec,
    template: { ...spec.template, spec: { ...pod, volumes: [...(pod.volumes ?? []), ...volumes] } },
  };
}

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
    const how = spec.updateStrategy ?? {};
    if (how.type !== "RollingUpdate" && how.type !== "OnDelete")
      errors.push(notSupported("spec.updateStrategy", how, ["OnDelete", "RollingUpdate"]));
    const rolling = how.rollingUpdate;
    if (rolling !== undefined && isZero(rolling.maxUnavailable) && isZero(rolling.maxSurge)) {
      errors.push(
        required("spec.updateStrategy.rollingUpdate.maxUnavailable", "cannot be 0 when maxSurge is 0"),
      );
    }
  },
  validateUpdate(next, live, errors) {
    immutable(specOf(next).selector, specOf(live).selector, "spec.selector", errors);
  },
});
