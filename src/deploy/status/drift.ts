import type { KubeObject, ManagedFieldsEntry } from "../../contract/index.ts";
import { differences } from "../plan/difference.ts";
import { formatPath, type Segment } from "../plan/fieldPath.ts";
import { deepEqual, isMap, ownValue } from "../plan/deepEqual.ts";
import { withoutIdentity } from "../plan/isUnchanged.ts";
import { isServersOwn } from "../plan/localDifferences.ts";
import { applyEntryOf, touchesFields, type FieldsV1 } from "../plan/ownedFields.ts";
import type { Drift } from "./EnvironmentStatus.ts";
import { addedFields } from "./addedFields.ts";

/** One field that differs from what was deployed, before it is put into words. */
export type FieldDrift = Omit<Drift, "object" | "component">;

export interface DriftOptions {
  /** The field manager of the environment's deploys. */
  readonly manager: string;
  /**
   * `deployed`: the reference is exactly what was deployed last. `wanted`: it is what the platform file says today, so that a field that nobody else has is one that was not
   * deployed yet.
   */
  readonly reference: "deployed" | "wanted";
  /** Whether the value of a Secret's key is the one that was deployed; undefined: not known. */
  readonly isSameSecret?: (key: string) => boolean | undefined;
}

/** Written by programs on their own account, or by a restart: no drift, whoever is said to have them. */
const noise =
  /^metadata\.annotations\["(kubectl\.kubernetes\.io\/last-applied-configuration|deployment\.kubernetes\.io\/[^"]*|pv\.kubernetes\.io\/[^"]*)"\]|\["(kubectl\.kubernetes\.io|moorage\.dev)\/(restartedAt|restarted-at|secret-hash)"\]$/;

/**
 * What others changed of an object since it was deployed. No request and no schema is needed: a field that our apply still owns is as we applied it, however the server
 * writes it (defaults, quantities, webhooks); one that it no longer owns and whose value differs was changed, and managed fields say by whom and when. Fields that were added count where
 * a program that people use by hand added them; what controllers and webhooks add is how a cluster works.
 *
 * Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 */
export function driftOf(reference: KubeObject, live: KubeObject, options: DriftOptions): FieldDrift[] {
  const owned = (applyEntryOf(live, options.manager)?.fieldsV1 ?? {}) as FieldsV1;
  const isOwned = (path: readonly Segment[]): boolean => has(owned, path);
  const others = (live.metadata.managedFields ?? []).filter(
    (entry) => entry.manager !== options.manager && entry.subresource !== "status",
  );
  const changed = differences(withoutIdentity(reference), withoutIdentity(live)).filter(
    (difference) =>
      difference.before !== undefined &&
      !isServersOwn(difference) &&
      !isOwned(difference.path) &&
      !noise.test(formatPath(difference.path)),
  );
  const found: FieldDrift[] = [];
  for (const { path, before, after } of changed) {
    const by = after === undefined ? undefined : holderOf(path, others);
    // The file may want a field that is not deployed yet; only what somebody else holds is drift then.
    if (options.reference === "wanted" && by === undefined) continue;
    found.push(...told(live, { path, deployed: before, now: after, by }, options));
  }
  for (const { path, value, entry } of addedFields(live, others)) {
    const known = valueAt(withoutIdentity(reference), path) !== undefined;
    if (known || isOwned(path) || noise.test(formatPath(path))) continue;
    found.push(...told(live, { path, now: value, by: entry }, options));
  }
  return found;
}

/** Whether a set has a field; one that is empty has none. */
const has = (fields: FieldsV1, path: readonly Segment[]): boolean =>
  Object.keys(fields).length > 0 && touchesFields(fields, path);

/** The last that wrote a field, of those who have it. */
function holderOf(
  path: readonly Segment[],
  entries: readonly ManagedFieldsEntry[],
): ManagedFieldsEntry | undefined {
  return entries
    .filter((entry) => has((entry.fieldsV1 ?? {}) as FieldsV1, path))
    .toSorted((a, b) => ((a.time ?? "") < (b.time ?? "") ? 1 : -1))[0];
}

/** A field that is not as it was deployed; either value is missing where there is none. */
interface Drifted {
  readonly path: readonly Segment[];
  readonly deployed?: unknown;
  readonly now?: unknown;
  readonly by: ManagedFieldsEntry | undefined;
}

function told(
  live: KubeObject,
  { path, deployed, now, by }: Drifted,
  { isSameSecret }: DriftOptions,
): FieldDrift[] {
  const [first, second] = path;
  const what = deployed === undefined ? "added" : now === undefined ? "removed" : "changed";
  const who = {
    ...(by?.manager === undefined ? {} : { manager: by.manager }),
    ...(by?.time === undefined ? {} : { at: by.time }),
  };
  const isData = live.kind === "Secret" && first !== undefined && "field" in first && first.field === "data";
  if (!isData) {
    const values = {
      ...(deployed === undefined ? {} : { deployed }),
      ...(now === undefined ? {} : { now }),
    };
    return [{ what, path: formatPath(path), ...values, ...who }];
  }
  if (second !== undefined && "field" in second) {
    if (what === "changed" && isSameSecret?.(second.field) === true) return [];
    return [{ what, path: formatPath(path), secret: true, ...who }];
  }
  // All of the data at once: key by key.
  const keys = new Set([
    ...Object.keys(isMap(deployed) ? deployed : {}),
    ...Object.keys(isMap(now) ? now : {}),
  ]);
  return [...keys].map((field): FieldDrift => ({
    what,
    path: formatPath([...path, { field }]),
    secret: true,
    ...who,
  }));
}

/** What stands at a path; undefined where there is nothing. */
function valueAt(value: unknown, path: readonly Segment[]): unknown {
  let here = value;
  for (const segment of path) {
    if ("field" in segment) here = isMap(here) ? ownValue(here, segment.field) : undefined;
    else if ("index" in segment) here = Array.isArray(here) ? (here as unknown[])[segment.index] : undefined;
    else {
      const wanted = Object.entries(segment.item);
      here = Array.isArray(here)
        ? (here as unknown[]).find(
            (item) => isMap(item) && wanted.every(([key, named]) => deepEqual(item[key], named)),
          )
        : undefined;
    }
    if (here === undefined) return undefined;
  }
  return here;
}
