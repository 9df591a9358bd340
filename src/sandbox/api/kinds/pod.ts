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
    conditionTimes: ["lastProbeTime", "lastTransitionTime"],
    hasGeneration: true,
    defaults(object) {
      const spec = specOf(object);
      defaultPodSpec(spec);
      spec.enableServiceLinks ??= true;
      for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])])
        defaultRequests(container);
      const status = (object["status"] ??= {}) as Record<string, ContainerStatus[] | undefined>;
      for (const list of ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"])
        for (const { state, lastState } of status[list] ?? []) {
          startedNever(state);
          startedNever(lastState);
        }
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

interface ContainerState {
  running?: { startedAt?: string | null };
  terminated?: { startedAt?: string | null; finishedAt?: string | null };
}
interface ContainerStatus {
  state?: ContainerState;
  lastState?: ContainerState;
}

/** As with the times of conditions. */
function startedNever({ running, terminated }: ContainerState = {}): void {
  if (running) running.startedAt ??= null;
  if (!terminated) return;
  terminated.startedAt ??= null;
  terminated.finishedAt ??= null;
}

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
  if (masked.terminationGracePeriodSeconds === 1 && (live.terminationGracePeriodSeconds ?? 0) < 0) {
    masked.terminationGracePeriodSeconds = live.terminationGracePeriodSeconds;
  }
  if (!sameJson(masked, live))
    errors.push(forbidden("spec", `pod updates may not change fields other than ${UPDATABLE}`));
}

/** For `/ephemeralcontainers`: all but these is the live pod's. */
export function onlyEphemeralContainers(next: KubeObject, live: KubeObject): void {
  const { ephemeralContainers } = specOf(next);
  next["spec"] = {
    ...specOf(live),
    ...(ephemeralContainers === undefined ? {} : { ephemeralContainers }),
  };
  if (live["status"] !== undefined) next["status"] = live["status"];
}

/** They can be added, and then neither changed nor removed. */
export function validateEphemeralContainers(next: KubeObject, live: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const path = "spec.ephemeralContainers";
  const is = specOf(next).ephemeralContainers ?? [];
  for (const container of specOf(live).ephemeralContainers ?? []) {
    const now = is.find(({ name }) => name === container.name);
    if (now === undefined)
      errors.push(
        forbidden(
          path,
          `existing ephemeral containers ${JSON.stringify(container.name)} may not be removed\n`,
        ),
      );
    else if (!sameJson(now, container))
      errors.push(
        forbidden(
          path,
          `existing ephemeral containers ${JSON.stringify(container.name)} may not be changed\n`,
        ),
      );
  }
  return errors;
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
