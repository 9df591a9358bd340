import type { KubeObject, ManagedFieldsEntry } from "../../../contract/index.ts";
import { sameJson } from "./sameJson.ts";

/**
 * True when writing `next` over `live` would change nothing: then nothing may be written, and no resourceVersion spent. Times of managed fields don't
 * count; where they are the only difference those of `live` are put back into `next`, in place.
 */
export function isNoop(live: KubeObject, next: KubeObject): boolean {
  const { metadata: liveMeta, ...liveRest } = live;
  const { metadata: nextMeta, ...nextRest } = next;
  const { managedFields: liveFields, resourceVersion: _liveVersion, ...liveOther } = liveMeta;
  const { managedFields: nextFields, resourceVersion: _nextVersion, ...nextOther } = nextMeta;
  if (
    !sameJson(liveOther, nextOther) ||
    !sameManagers(liveFields, nextFields) ||
    !sameJson(liveRest, nextRest)
  )
    return false;
  if (liveFields === undefined) delete nextMeta.managedFields;
  else nextMeta.managedFields = liveFields;
  return true;
}

function sameManagers(a: readonly ManagedFieldsEntry[] = [], b: readonly ManagedFieldsEntry[] = []): boolean {
  if (a.length !== b.length) return false;
  // Times decide the order of entries, so entries are matched by what they say.
  const rest = b.map(({ time: _time, ...entry }) => entry);
  for (const { time: _time, ...entry } of a) {
    const i = rest.findIndex((other) => sameJson(entry, other));
    if (i < 0) return false;
    rest.splice(i, 1);
  }
  return true;
}
