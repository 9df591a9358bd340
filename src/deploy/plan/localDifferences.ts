import type { KubeObject } from "../../contract/index.ts";
import { deepEqual } from "./deepEqual.ts";
import { differences, type Difference } from "./difference.ts";
import { valueAt } from "./fieldPath.ts";
import { withoutIdentity } from "./isUnchanged.ts";
import { extractOwned, touchesFields, type FieldsV1 } from "./ownedFields.ts";

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

/**
 * What changes as far as it can be told here: what is wanted and is not there, and what goes of the fields that are given up.
 *
 * @param given the fields that go unless they are wanted: what we applied, and what is taken over
 * @param anew see `madeAnew`; a field that it has as it is does not change, whatever it looks like here
 */
export function localDifferences(
  live: KubeObject,
  wanted: KubeObject,
  given: FieldsV1,
  anew?: KubeObject,
): Difference[] {
  const comes = differences(withoutIdentity(live), withoutIdentity(wanted)).filter(
    (one) => one.after !== undefined && !isServersOwn(one),
  );
  return [
    ...comes.filter(({ path }) => anew === undefined || !deepEqual(valueAt(live, path), valueAt(anew, path))),
    ...leftBehind(live, wanted, given, comes, anew),
  ];
}

/** Of the fields that are given up, what is not wanted: it goes, or falls back to what the server sets when nothing is said. */
export function leftBehind(
  live: KubeObject,
  wanted: KubeObject,
  given: FieldsV1,
  known: readonly Difference[],
  anew?: KubeObject,
): Difference[] {
  if (Object.keys(given).length === 0) return [];
  const told = new Set(known.map((one) => JSON.stringify(one.path)));
  return differences(extractOwned(live, given) ?? {}, withoutIdentity(wanted))
    .filter((one) => one.after === undefined && !isServersOwn(one) && !told.has(JSON.stringify(one.path)))
    .flatMap((one) => {
      const now = anew === undefined ? undefined : valueAt(anew, one.path);
      if (now === undefined) return [one];
      return differences(valueAt(live, one.path), now)
        .map((part) => ({ ...part, path: [...one.path, ...part.path] }))
        .filter(({ path }) => touchesFields(given, path));
    });
}
