import type { KubeObject, ManagedFieldsEntry } from "../../contract/index.ts";
import { deepEqual, isMap } from "../plan/deepEqual.ts";
import type { Segment } from "../plan/fieldPath.ts";
import type { FieldsV1 } from "../plan/ownedFields.ts";

/**
 * Programs that people use by hand, or that deploy: what they add to an object is somebody's wish. Names are those that the programs send, or the first word of their User-Agent.
 */
const byHand =
  /^(kubectl|oc$|oc-|helm|k9s|lens|freelens|openlens|headlamp|rancher|mozilla|node-fetch|curl|python|openapi-generator|terraform|pulumi|ansible|argocd|kapp|flux|kustomize-controller|helm-controller|before-first-apply)/i;

/** A field that somebody added, the outermost that they have as a whole. */
export interface AddedField {
  readonly path: readonly Segment[];
  readonly value: unknown;
  readonly entry: ManagedFieldsEntry;
}

/** Fields that programs used by hand have in an object, with their values. */
export function addedFields(live: KubeObject, entries: readonly ManagedFieldsEntry[]): AddedField[] {
  const found: AddedField[] = [];
  for (const entry of entries) {
    if (!byHand.test(entry.manager ?? "")) continue;
    walk((entry.fieldsV1 ?? {}) as FieldsV1, live, [], (path, value) => found.push({ path, value, entry }));
  }
  return found;
}

function walk(
  fields: FieldsV1,
  live: unknown,
  path: readonly Segment[],
  add: (path: readonly Segment[], value: unknown) => void,
): void {
  for (const [key, child] of Object.entries(fields)) {
    if (key === ".") continue;
    const step = stepOf(key, live);
    if (step === undefined) continue;
    const here = [...path, step.segment];
    // They have the whole of it (a leaf), or made the item itself.
    const isWhole = Object.keys(child).length === 0 || ("." in child && "item" in step.segment);
    if (isWhole) add(here, step.value);
    else walk(child, step.value, here, add);
  }
}

function stepOf(key: string, live: unknown): { segment: Segment; value: unknown } | undefined {
  const rest = key.slice(2);
  if (key.startsWith("f:")) {
    const value = isMap(live) ? live[rest] : undefined;
    return value === undefined ? undefined : { segment: { field: rest }, value };
  }
  if (!Array.isArray(live)) return undefined;
  if (key.startsWith("k:")) {
    const item = JSON.parse(rest) as Record<string, unknown>;
    const value = (live as unknown[]).find(
      (one) => isMap(one) && Object.entries(item).every(([name, named]) => one[name] === named),
    );
    return value === undefined ? undefined : { segment: { item }, value };
  }
  if (key.startsWith("v:")) {
    const value: unknown = JSON.parse(rest);
    const index = (live as unknown[]).findIndex((one) => deepEqual(one, value));
    return index < 0 ? undefined : { segment: { index }, value };
  }
  return undefined;
}
