import type { KubeObject } from "../../../contract/index.ts";
import { sameJson } from "../apply/sameJson.ts";
import { type FieldError, invalid } from "../schema/FieldError.ts";
import { defaultTemplate } from "./podDefaults.ts";
import type { LabelSelector, PodTemplate } from "./shapes.ts";

export interface RollingUpdate {
  maxUnavailable?: number | string;
  maxSurge?: number | string;
  partition?: number;
}

/** What the kinds that keep pods running have in their specs, each some of it. */
export interface WorkloadSpec {
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
  ordinals?: { start?: number };
  persistentVolumeClaimRetentionPolicy?: { whenDeleted?: string; whenScaled?: string };
  volumeClaimTemplates?: KubeObject[];
}

export function specOf(object: KubeObject): WorkloadSpec {
  return (object["spec"] ??= {});
}

/** `counts`: what the kind's status always says, if only 0. */
export function defaultWorkload(object: KubeObject, counts: readonly string[] = []): WorkloadSpec {
  const spec = specOf(object);
  defaultTemplate((spec.template ??= {}));
  const status = (object["status"] ??= {}) as Record<string, unknown>;
  for (const count of counts) status[count] ??= 0;
  return spec;
}

export function immutable(next: unknown, live: unknown, field: string, errors: FieldError[]): void {
  if (!sameJson(next, live)) errors.push(invalid(field, next, "field is immutable"));
}

/** Pods that are kept running are started again whatever happens. */
export const always = ["Always"] as const;

/**
 * The counts in a status make sense: none is below nought, `parts` are at most `replicas`, and available pods are ready ones.
 *
 * @param others - what else counts, in the order in which a real server looks.
 */
export function validateCounts(
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
