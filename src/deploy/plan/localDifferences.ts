import type { KubeObject } from "../../contract/index.ts";
import { adoptedEntries } from "./adoption.ts";
import { differences, type Difference } from "./difference.ts";
import { withoutIdentity } from "./isUnchanged.ts";
import { applyEntryOf, extractOwned, mergeFields, type FieldsV1 } from "./ownedFields.ts";

/** Written by the server on its own account. */
export function isServersOwn({ path }: Difference): boolean {
  const [first, second] = path;
  if (first === undefined || !("field" in first)) return false;
  if (first.field === "status") return true;
  if (first.field !== "metadata" || second === undefined || !("field" in second)) return false;
  return ["managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink"].includes(
    second.field,
  );
}

/** What changes as far as it can be told here: what we applied and want no more, and what is wanted and is not there. */
export function localDifferences(
  live: KubeObject,
  wanted: KubeObject,
  manager: string,
  adopting: boolean,
): Difference[] {
  const owned = (applyEntryOf(live, manager)?.fieldsV1 ?? {}) as FieldsV1;
  const before = Object.keys(owned).length === 0 ? {} : extractOwned(live, owned);
  const found = differences(before, withoutIdentity(wanted));
  const liveNow = differences(withoutIdentity(live), withoutIdentity(wanted)).map((one) =>
    JSON.stringify(one.path),
  );
  const real = new Set(liveNow);
  // What is live with the wanted value already does not change, whoever owns it.
  return [
    ...found.filter((difference) => real.has(JSON.stringify(difference.path))),
    ...(adopting ? leftBehind(live, wanted, found) : []),
  ];
}

/** Fields of the old tool that an adopted object loses, which no single dry-run can show. */
export function leftBehind(live: KubeObject, wanted: KubeObject, known: readonly Difference[]): Difference[] {
  const taken = adoptedEntries(live)
    .map((entry) => (entry.fieldsV1 ?? {}) as FieldsV1)
    .reduce(mergeFields, {});
  if (Object.keys(taken).length === 0) return [];
  const told = new Set(known.map((one) => JSON.stringify(one.path)));
  return differences(extractOwned(live, taken), withoutIdentity(wanted)).filter(
    (one) => one.after === undefined && !isServersOwn(one) && !told.has(JSON.stringify(one.path)),
  );
}
