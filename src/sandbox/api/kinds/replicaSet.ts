import { notNegative } from "./fieldRules.ts";
import { type KindStrategy, strategy } from "./KindStrategy.ts";
import { validateSelectorAndTemplate, validateTemplate } from "./selectors.ts";
import { always, defaultWorkload, immutable, specOf, validateCounts, type WorkloadSpec } from "./workload.ts";

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
