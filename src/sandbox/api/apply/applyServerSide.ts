import type { KubeObject } from "../../../contract/index.ts";
import { type JsonObject, type SchemaNode } from "../schema/SchemaNode.ts";
import { compare } from "./compare.ts";
import {
  type FieldFilter,
  type FieldSet,
  difference,
  intersection,
  isEmpty,
  pathsOf,
  union,
} from "./FieldSet.ts";
import { fieldsOf } from "./fieldsOf.ts";
import { goJson } from "./goText.ts";
import { ListElementError } from "./listElement.ts";
import {
  type Manager,
  type Managers,
  managerId,
  readManagers,
  versionLost,
  writeManagers,
} from "./ManagedFields.ts";
import { mergeTyped } from "./mergeTyped.ts";
import { filtered, reconcileWithSchema, takeAway, takenFromOthers, withoutUntracked } from "./ownership.ts";
import { PatchRefused } from "./PatchRefused.ts";
import { refuseMalformed, refuseMalformedLive, whereIs } from "./refuseMalformed.ts";
import { removeFields, withNamedFields, withoutEmptied } from "./removeFields.ts";
import { sameJson } from "./sameJson.ts";
import { recordUpdate } from "./updateManagedFields.ts";

export interface ApplyOptions {
  /** Undefined when there is no such object yet. */
  readonly live: KubeObject | undefined;
  readonly config: KubeObject;
  readonly schema: SchemaNode;
  readonly manager: string;
  /** Take from others what is in conflict. */
  readonly force?: boolean;
  readonly apiVersion: string;
  readonly subresource?: string;
  /** RFC 3339, whole seconds. */
  readonly now: string;
  readonly resetFields?: FieldFilter;
  /** As in `UpdateOptions`. */
  readonly versions?: ReadonlySet<string>;
}

/** A field of the configuration whose value somebody else set otherwise. */
export interface ApplyConflict {
  readonly manager: Manager;
  readonly path: readonly string[];
}

export type ApplyResult =
  | {
      readonly conflicts?: undefined;
      /** To be defaulted, prepared, validated; then `isNoop(live, object)` says whether it must be written. */
      readonly object: KubeObject;
    }
  | { readonly conflicts: readonly ApplyConflict[] };

/**
 * Server-side apply: the configuration is laid over the object; what this manager applied last time, doesn't now, and nobody else owns, is removed.
 * Fields that others set to something else are conflicts, unless `force`.
 *
 * @throws PatchRefused when the configuration itself is wrong: managed fields in it, another version, two items of one key.
 */
export function applyServerSide(options: ApplyOptions): ApplyResult {
  try {
    return apply(options);
  } catch (error) {
    if (!(error instanceof ListElementError)) throw error;
    const where = whereIs(options.config);
    throw new PatchRefused(500, "", `failed to create typed live object (${where}): ${error.message}`);
  }
}

function apply(options: ApplyOptions): ApplyResult {
  const { config, schema, apiVersion, subresource = "", now } = options;
  if (config.metadata?.managedFields !== undefined)
    throw new PatchRefused(400, "BadRequest", "metadata.managedFields must be nil");
  if (config.apiVersion !== apiVersion) {
    throw new PatchRefused(
      400,
      "BadRequest",
      `Incorrect version specified in apply patch. Specified patch version: ${config.apiVersion}, expected: ${apiVersion}`,
    );
  }
  const live: KubeObject = options.live ?? { apiVersion, kind: config.kind, metadata: {} };
  const isOwned = (live.metadata.managedFields ?? []).length > 0;
  // Whose owners have to be told first.
  if (options.live !== undefined && !isOwned) refuseMalformedLive(live, schema, isOwned);
  refuseMalformed(config, schema);
  if (isOwned) refuseMalformedLive(live, schema, isOwned);
  const managers = startingManagers(live, options);
  const lost = versionLost(managers, options.versions);
  if (lost !== undefined)
    throw new PatchRefused(500, "", `request to convert CR to an invalid group/version: ${lost}`);
  reconcileWithSchema(managers, schema);

  const self: Manager = {
    name: options.manager === "" ? "unknown" : options.manager,
    operation: "Apply",
    apiVersion,
    subresource,
    time: undefined,
    fields: {},
  };
  const id = managerId(self);
  const last = managers.get(id);
  const wanted = fieldsOf(config, schema);
  const fields = options.resetFields?.(wanted) ?? wanted;
  managers.set(id, { ...self, time: last?.time, fields });

  const merged = mergeTyped(live, config, schema) as KubeObject;
  const object = (
    last === undefined ? merged : withoutAbandoned(merged, last.fields, managers, schema)
  ) as KubeObject;

  const changed = filtered(compare(live, object, schema), options.resetFields);
  const taken = takenFromOthers(managers, changed, id);
  if (!options.force && taken.size > 0) return { conflicts: conflictsOf(managers, taken) };
  takeAway(managers, taken, changed.removed, id);

  const mine = managers.get(id);
  if (mine !== undefined) {
    const tracked = withoutUntracked(mine.fields);
    if (isEmpty(tracked)) managers.delete(id);
    // Co-owning what is there already changes nothing in the object, and then no time is set either.
    else
      managers.set(id, {
        ...mine,
        fields: tracked,
        time: options.live !== undefined && sameJson(live, withoutEmptied(object, merged)) ? mine.time : now,
      });
  }
  const finished = withoutEmptied(object, merged) as KubeObject;
  const result: KubeObject = { ...finished, metadata: { ...finished.metadata } };
  writeManagers(result, managers);
  syncLastApplied(result, config, options.manager);
  return { object: result };
}

/** An object that exists and that nobody tracked belongs to `before-first-apply`. */
function startingManagers(live: KubeObject, options: ApplyOptions): Managers {
  const managers = readManagers(live.metadata.managedFields);
  if (managers === undefined) throw new PatchRefused(500, "InternalError", "failed to decode managed fields");
  if (managers.size > 0 || options.live === undefined) return managers;
  const { managedFields: _none, ...metadata } = live.metadata;
  recordUpdate(managers, {
    ...options,
    live: undefined,
    next: { ...live, metadata },
    manager: "before-first-apply",
  });
  return managers;
}

/** The object without what `last` says this manager applied before, and which nobody, itself included, owns now. */
function withoutAbandoned(merged: unknown, last: FieldSet, managers: Managers, schema: SchemaNode): unknown {
  const lastNamed = withNamedFields(last, schema);
  let abandoned = lastNamed;
  for (const { fields } of managers.values())
    abandoned = difference(abandoned, withNamedFields(fields, schema));
  if (isEmpty(abandoned)) return merged;
  let owned: FieldSet = {};
  for (const manager of managers.values()) owned = union(owned, manager.fields);
  const ownedNamed = withNamedFields(owned, schema);

  const mergedSet = withNamedFields(fieldsOf(merged, schema), schema);
  // What stays if all of `last` is taken out, then what anybody owns is put back, and what `last` never had.
  const first = removeFields(merged, lastNamed, schema) ?? {};
  const firstSet = withNamedFields(fieldsOf(first, schema), schema);
  const pruned = removeFields(merged, difference(mergedSet, union(firstSet, ownedNamed)), schema) ?? {};
  const prunedSet = withNamedFields(fieldsOf(pruned, schema), schema);
  return removeFields(merged, intersection(difference(mergedSet, prunedSet), lastNamed), schema) ?? {};
}

function conflictsOf(managers: Managers, taken: Map<string, FieldSet>): ApplyConflict[] {
  const out: ApplyConflict[] = [];
  for (const [id, set] of taken) {
    for (const path of pathsOf(set)) out.push({ manager: managers.get(id)!, path });
  }
  return out;
}

const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** kubectl's client-side apply may be used again on what its server-side apply wrote: its annotation follows. */
function syncLastApplied(object: KubeObject, config: KubeObject, manager: string): void {
  if (manager !== "kubectl" || !object.metadata.annotations?.[LAST_APPLIED]) return;
  const { [LAST_APPLIED]: _last, ...annotations } = config.metadata.annotations ?? {};
  const metadata: JsonObject = { ...config.metadata };
  if (config.metadata.annotations !== undefined) metadata["annotations"] = annotations;
  object.metadata.annotations = {
    ...object.metadata.annotations,
    [LAST_APPLIED]: `${goJson({ ...config, metadata })}\n`,
  };
}
