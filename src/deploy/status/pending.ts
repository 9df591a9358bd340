import type { KubeObject } from "../../contract/index.ts";
import { annotations, quantityValue } from "../../contract/index.ts";
import { managerOf } from "../Environment.ts";
import { describe, groupKind, objectKey, refOf } from "../objectKey.ts";
import { differences } from "../plan/difference.ts";
import type { Segment } from "../plan/fieldPath.ts";
import { deepEqual, isMap } from "../plan/deepEqual.ts";
import { isUnchanged, withoutIdentity } from "../plan/isUnchanged.ts";
import { applyEntryOf, extractOwned, touchesFields, type FieldsV1 } from "../plan/ownedFields.ts";
import type { WantedObject } from "../plan/wantedObject.ts";
import type { LiveState } from "./LiveState.ts";

/** Stay until they are named, or go by themselves. */
const notDeleted = new Set(["/Namespace", "/PersistentVolumeClaim", "/PersistentVolume", "batch/Job"]);

/**
 * Objects that the platform file wants otherwise than they were deployed; `known` is what was. Told from the last revision where it may be read, else from the fields that are ours: a hint, that `plan` makes exact.
 */
export function pendingOf(
  wanted: readonly WantedObject[],
  known: ReadonlyMap<string, WantedObject>,
  state: LiveState,
): string[] {
  const { environment, refs, last, byKey, isUnread, isNew, isFinished } = state;
  const found: string[] = [];
  const keys = new Set<string>();
  for (const { object } of wanted) {
    const ref = refOf(object);
    const key = objectKey(ref);
    keys.add(key);
    if (isUnread(ref) || groupKind(ref) === "/Namespace") continue;
    const name = describe(ref, environment.namespace);
    const live = byKey.get(key);
    const then = last === undefined ? undefined : known.get(key)?.object;
    if (last !== undefined && then === undefined) found.push(`${name} is not deployed yet`);
    else if (then !== undefined) {
      if (!deepEqual(comparable(object, object), comparable(then, object))) found.push(name);
    } else if (live === undefined) {
      // A job that is gone has run, and went by itself; unless the deploy that was to make it did not come to it.
      if (groupKind(ref) !== "batch/Job" || !refs.has(key) || isNew || !isFinished)
        found.push(`${name} is not deployed yet`);
    } else if (groupKind(ref) !== "batch/Job" && differsInOurs(object, live, managerOf(environment)))
      found.push(name);
  }
  for (const [key, ref] of refs) {
    if (keys.has(key) || !byKey.has(key) || notDeleted.has(groupKind(ref))) continue;
    found.push(`${describe(ref, environment.namespace)} is no longer in it`);
  }
  return found;
}

/** An object without what a rendering without secrets cannot know. */
function comparable(object: KubeObject, wanted: KubeObject): unknown {
  const { data, stringData: _text, ...rest } = withoutIdentity(object);
  const isHidden = object.kind === "Secret" && (wanted["data"] === undefined || data !== undefined);
  return withoutSecretHash(isHidden || data === undefined ? rest : { ...rest, data });
}

/** Also without maps that are empty then: whoever has no hash has no annotations for it. */
function withoutSecretHash(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecretHash);
  if (!isMap(value)) return value;
  const result: Record<string, unknown> = {};
  for (const [name, child] of Object.entries(value)) {
    if (name === annotations.secretHash) continue;
    const rest = withoutSecretHash(child);
    const emptied = isMap(rest) && isMap(child) && Object.keys(rest).length === 0;
    if (!(emptied && Object.keys(child).length > 0)) result[name] = rest;
  }
  return result;
}

function differsInOurs(wanted: KubeObject, live: KubeObject, manager: string): boolean {
  if (isUnchanged(live, wanted, manager)) return false;
  const owned = (applyEntryOf(live, manager)?.fieldsV1 ?? {}) as FieldsV1;
  const others = (live.metadata.managedFields ?? []).filter((entry) => entry.manager !== manager);
  const has = (fields: FieldsV1, path: readonly Segment[]): boolean =>
    Object.keys(fields).length > 0 && touchesFields(fields, path);
  // Of what is live only our part: so no default of the server is taken for a difference.
  const part = Object.keys(owned).length === 0 ? live : extractOwned(live, owned);
  const ours = { metadata: {}, ...(isMap(part) ? part : {}), apiVersion: live.apiVersion, kind: live.kind };
  return differences(comparable(wanted, wanted), comparable(ours, wanted)).some(
    ({ path, before, after }) =>
      before !== undefined &&
      !isSameQuantity(before, after) &&
      (has(owned, path) || !others.some((entry) => has((entry.fieldsV1 ?? {}) as FieldsV1, path))),
  );
}

/** `0.5` and `500m`, `1024Mi` and `1Gi`: a server writes a quantity its own way. Source: apimachinery `resource.Quantity`. */
export function isSameQuantity(a: unknown, b: unknown): boolean {
  if (![a, b].every((value) => typeof value === "string" || typeof value === "number")) return false;
  const [first, second] = [quantityValue(a as string | number), quantityValue(b as string | number)];
  return Math.abs(first - second) <= Math.abs(first) * 1e-12;
}
