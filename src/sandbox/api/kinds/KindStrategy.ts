import type { KubeObject } from "../../../contract/index.ts";
import { type FieldFilter, type FieldSet, recursiveDifference } from "../apply/FieldSet.ts";
import { sameJson } from "../apply/sameJson.ts";
import type { FieldError } from "../schema/FieldError.ts";
import { type NameRule, subdomainName } from "./names.ts";
import { validateMetadata, validateMetadataUpdate } from "./metadata.ts";

/** What a write needs from outside. */
export interface WriteContext {
  /** RFC 3339, whole seconds. */
  readonly now: string;
  /** Takes a service address: the wanted one, or any. Undefined when it can't be had. */
  allocateClusterIP?(wanted: string | undefined): string | undefined;
  /** Takes a node port that no Service has, nor is among `besides`: the wanted one, or any. What is wrong with it, when it can't be had. */
  allocateNodePort?(wanted: number | undefined, besides: ReadonlySet<number>): number | string;
  /** What could not be allocated is added here. */
  readonly unallocated?: FieldError[];
}

/** How objects of one kind are written. All work in place on the object that is to be written; `live` is never changed. */
export interface KindStrategy {
  readonly namespaced: boolean;
  /** Idempotent. After `decode`, before all else. */
  defaults(object: KubeObject): void;
  /** `metadata.uid`, `name` and `creationTimestamp` are set already. Throws nothing. */
  prepareForCreate(object: KubeObject, context: WriteContext): void;
  prepareForUpdate(next: KubeObject, live: KubeObject, context: WriteContext): void;
  /** For `/status`: all but the status is the live object's. */
  prepareForStatusUpdate(next: KubeObject, live: KubeObject): void;
  /** What is new; updates have the next. */
  validate(object: KubeObject): FieldError[];
  /** Validates the object too. */
  validateUpdate(next: KubeObject, live: KubeObject): FieldError[];
  validateStatusUpdate(next: KubeObject, live: KubeObject): FieldError[];
  /** What nobody can come to own through the endpoint; "" is the main one. For `updateManagedFields` and `applyServerSide`. */
  resetFields(subresource: string): FieldFilter | undefined;
  /** A PUT or an apply of an object that isn't there creates it (PUT: few kinds; apply: all). */
  readonly allowCreateOnUpdate: boolean;
}

export interface StrategyParts {
  readonly namespaced?: boolean;
  readonly name?: NameRule;
  /** Is there a status that only `/status` writes? The default is true. */
  readonly hasStatus?: boolean;
  /** Does `metadata.generation` count changes of the spec? */
  readonly hasGeneration?: boolean;
  /** The times of its conditions: in Go they are no pointers, so that one that was left out is null. */
  readonly conditionTimes?: readonly string[];
  /** Further changes that count. */
  countsAsChange?(next: KubeObject, live: KubeObject): boolean;
  readonly allowCreateOnUpdate?: boolean;
  /** `/status` can't change labels. */
  readonly statusKeepsLabels?: boolean;
  defaults?(object: KubeObject): void;
  prepareForCreate?(object: KubeObject, context: WriteContext): void;
  prepareForUpdate?(next: KubeObject, live: KubeObject, context: WriteContext): void;
  /** Whether an update is first asked what it may not change, and then what is wrong with the object. */
  readonly changesFirst?: boolean;
  /** Without metadata, which is checked for all. */
  validate?(object: KubeObject, errors: FieldError[]): void;
  /** Further, of what is new. */
  validateCreate?(object: KubeObject, errors: FieldError[]): void;
  validateUpdate?(next: KubeObject, live: KubeObject, errors: FieldError[]): void;
  validateStatusUpdate?(next: KubeObject, live: KubeObject, errors: FieldError[]): void;
}

const statusFields: FieldSet = { "f:status": {} };
const specFields: FieldSet = { "f:spec": {} };
const specAndLabels: FieldSet = { "f:spec": {}, "f:metadata": { "f:labels": {} } };

const withoutStatus: FieldFilter = (set) => recursiveDifference(set, statusFields);

/** A strategy from what is special to a kind; the rest are the conventions. */
export function strategy(parts: StrategyParts): KindStrategy {
  const { namespaced = true, hasStatus = true, hasGeneration = false, name = subdomainName } = parts;
  const statusOnly: FieldFilter = (set) =>
    recursiveDifference(set, parts.statusKeepsLabels === true ? specAndLabels : specFields);
  const defaults = (object: KubeObject): void => {
    parts.defaults?.(object);
    if (parts.conditionTimes !== undefined) nullTimes(object, parts.conditionTimes);
  };
  const validate = (object: KubeObject): FieldError[] => {
    const errors: FieldError[] = [];
    validateMetadata(object.metadata, { namespaced, name }, errors);
    parts.validate?.(object, errors);
    return errors;
  };
  const validateNew = (object: KubeObject): FieldError[] => {
    const errors = validate(object);
    parts.validateCreate?.(object, errors);
    return errors;
  };
  return {
    namespaced,
    allowCreateOnUpdate: parts.allowCreateOnUpdate ?? false,
    defaults,
    prepareForCreate(object, context) {
      if (hasStatus) delete object["status"];
      if (hasGeneration) object.metadata.generation = 1;
      else delete object.metadata.generation;
      parts.prepareForCreate?.(object, context);
      // What prepare or the deletion of a sent status leaves open is defaulted like at the start.
      if (hasStatus) defaults(object);
    },
    prepareForUpdate(next, live, context) {
      if (hasStatus) keep(next, live, "status");
      parts.prepareForUpdate?.(next, live, context);
      const moved =
        hasGeneration &&
        (!sameJson(next["spec"], live["spec"]) || parts.countsAsChange?.(next, live) === true);
      setGeneration(next, live, moved);
    },
    prepareForStatusUpdate(next, live) {
      for (const field of Object.keys(next))
        if (field !== "status" && field !== "metadata" && live[field] === undefined) delete next[field];
      for (const field in live) if (field !== "status" && field !== "metadata") next[field] = live[field];
      if (parts.statusKeepsLabels === true) {
        if (live.metadata.labels === undefined) delete next.metadata.labels;
        else next.metadata.labels = live.metadata.labels;
      }
      setGeneration(next, live, false);
    },
    validate: validateNew,
    validateUpdate(next, live) {
      const errors: FieldError[] = [];
      validateMetadataUpdate(next.metadata, live.metadata, errors);
      if (parts.changesFirst !== true) errors.push(...validate(next));
      parts.validateUpdate?.(next, live, errors);
      if (parts.changesFirst === true) errors.push(...validate(next));
      return errors;
    },
    validateStatusUpdate(next, live) {
      const errors: FieldError[] = [];
      validateMetadataUpdate(next.metadata, live.metadata, errors);
      parts.validateStatusUpdate?.(next, live, errors);
      return errors;
    },
    resetFields(subresource) {
      if (!hasStatus) return undefined;
      return subresource === "status" ? statusOnly : subresource === "" ? withoutStatus : undefined;
    },
  };
}

function nullTimes(object: KubeObject, times: readonly string[]): void {
  const { conditions } = (object["status"] ?? {}) as { conditions?: Record<string, unknown>[] | null };
  for (const condition of conditions ?? []) for (const time of times) condition[time] ??= null;
}

export function keep(next: KubeObject, live: KubeObject, field: string): void {
  if (live[field] === undefined) delete next[field];
  else next[field] = live[field];
}

export function setGeneration(next: KubeObject, live: KubeObject, moved: boolean): void {
  const before = live.metadata.generation;
  if (moved) next.metadata.generation = (before ?? 0) + 1;
  else if (before === undefined) delete next.metadata.generation;
  else next.metadata.generation = before;
}

/** For kinds that are served and have nothing special. */
export const plainStrategy: KindStrategy = strategy({ allowCreateOnUpdate: false });
export const plainClusterStrategy: KindStrategy = strategy({ namespaced: false });
