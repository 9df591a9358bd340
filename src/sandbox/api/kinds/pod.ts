import type { KubeObject } from "../../../contract/index.ts";
import { copyJson } from "../apply/copyJson.ts";
import { sameJson } from "../apply/sameJson.ts";
import { type FieldError, forbidden, invalid } from "../schema/FieldError.ts";
import { type KindStrategy, keep, strategy } from "./KindStrategy.ts";
import { defaultPodSpec, defaultTemplate } from "./podDefaults.ts";
import { validatePodSpec } from "./podValidation.ts";
import { validateTemplate } from "./selectors.ts";
import type { Container, PodSpec } from "./shapes.ts";

const specOf = (object: KubeObject): PodSpec => (object["spec"] ??= {});

/** What runs, only ever changed in a few fields. */
export const pod: KindStrategy = {
  ...strategy({
    hasGeneration: true,
    defaults(object) {
      const spec = specOf(object);
      defaultPodSpec(spec);
      spec.enableServiceLinks ??= true;
      for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])])
        defaultRequests(container);
      object["status"] ??= {};
    },
    prepareForCreate(object) {
      const spec = specOf(object);
      object["status"] = { phase: "Pending", qosClass: qosOf(spec) };
    },
    validate(object, errors) {
      validatePodSpec(specOf(object), "spec", errors);
    },
    validateUpdate(next, live, errors) {
      validatePodUpdate(specOf(next), specOf(live), errors);
    },
  }),
  prepareForStatusUpdate(next, live) {
    for (const field of ["spec"] as const) keep(next, live, field);
    const { ownerReferences, deletionTimestamp, generation } = live.metadata;
    Object.assign(next.metadata, { ownerReferences, deletionTimestamp, generation });
    for (const field of ["ownerReferences", "deletionTimestamp", "generation"] as const) {
      if (next.metadata[field] === undefined) delete next.metadata[field];
    }
  },
};

/** A limit without a request is the request. */
function defaultRequests(container: Container): void {
  const { resources } = container;
  if (resources?.limits === undefined) return;
  const requests = (resources.requests ??= {});
  for (const name in resources.limits) requests[name] ??= resources.limits[name]!;
}

/** Guaranteed: cpu and memory limited and requested alike everywhere; BestEffort: nothing said; else Burstable. */
export function qosOf(spec: PodSpec): "Guaranteed" | "Burstable" | "BestEffort" {
  const all = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  const said = all.some(({ resources }) =>
    ["cpu", "memory"].some((name) => isSet(resources?.limits?.[name]) || isSet(resources?.requests?.[name])),
  );
  if (!said) return "BestEffort";
  const guaranteed = all.every(({ resources }) =>
    ["cpu", "memory"].every(
      (name) =>
        isSet(resources?.limits?.[name]) &&
        (resources?.requests?.[name] ?? resources?.limits?.[name]) === resources?.limits?.[name],
    ),
  );
  return guaranteed ? "Guaranteed" : "Burstable";
}

const isSet = (amount: string | undefined): boolean => amount !== undefined && amount !== "0";

const UPDATABLE = [
  "`spec.containers[*].image`",
  "`spec.initContainers[*].image`",
  "`spec.activeDeadlineSeconds`",
  "`spec.tolerations` (only additions to existing tolerations)",
  "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
].join(",");

function validatePodUpdate(next: PodSpec, live: PodSpec, errors: FieldError[]): void {
  if ((next.containers ?? []).length !== (live.containers ?? []).length) {
    errors.push(forbidden("spec.containers", "pod updates may not add or remove containers"));
    return;
  }
  if ((next.initContainers ?? []).length !== (live.initContainers ?? []).length) {
    errors.push(forbidden("spec.initContainers", "pod updates may not add or remove containers"));
    return;
  }
  const was = live.activeDeadlineSeconds;
  const is = next.activeDeadlineSeconds;
  if (was !== undefined && is === undefined) {
    errors.push(
      invalid("spec.activeDeadlineSeconds", is, "must not update from a positive integer to nil value"),
    );
  } else if (was !== undefined && is !== undefined && is > was) {
    errors.push(invalid("spec.activeDeadlineSeconds", is, "must be less than or equal to previous value"));
  }
  const kept = (live.tolerations ?? []).every((one) =>
    next.tolerations?.some((other) =>
      sameJson({ ...one, tolerationSeconds: 0 }, { ...other, tolerationSeconds: 0 }),
    ),
  );
  if (!kept)
    errors.push(
      forbidden("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds"),
    );

  const masked = copyJson(next);
  for (const list of ["containers", "initContainers"] as const) {
    masked[list]?.forEach((container, i) => Object.assign(container, { image: live[list]?.[i]?.image }));
  }
  masked.activeDeadlineSeconds = was;
  masked.tolerations = live.tolerations;
  // Binding a pod to its node goes through the same object here.
  if (live.nodeName === undefined || live.nodeName === "") masked.nodeName = live.nodeName;
  if (masked.terminationGracePeriodSeconds === 1 && (live.terminationGracePeriodSeconds ?? 0) < 0) {
    masked.terminationGracePeriodSeconds = live.terminationGracePeriodSeconds;
  }
  // Ephemeral containers come by their own subresource, which the server has seen to.
  masked.ephemeralContainers = live.ephemeralContainers;
  if (!sameJson(masked, live))
    errors.push(forbidden("spec", `pod updates may not change fields other than ${UPDATABLE}`));
}

export const podTemplate: KindStrategy = strategy({
  hasStatus: false,
  hasGeneration: true,
  countsAsChange: (next, live) => !sameJson(next["template"], live["template"]),
  defaults(object) {
    defaultTemplate((object["template"] ??= {}));
  },
  validate(object, errors) {
    validateTemplate(object["template"] ?? {}, errors, "template");
  },
});
