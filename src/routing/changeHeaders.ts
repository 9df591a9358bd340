import type { HeaderChanges } from "./RouteTable.ts";

/** Headers after `set`, `add` and `remove` of a header modifier. Names are lower-case; the input is not changed. */
export function changeHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  changes: HeaderChanges | undefined,
): Record<string, string | string[] | undefined> {
  const result: Record<string, string | string[] | undefined> = { ...headers };
  if (changes === undefined) return result;
  for (const { name, value } of changes.set) result[name] = value;
  for (const { name, value } of changes.add) {
    const present = result[name];
    result[name] = present === undefined ? value : [present, value].flat();
  }
  for (const name of changes.remove) delete result[name];
  return result;
}
