import { labels, type KubeObject } from "../../contract/index.ts";
import { describe, groupKind } from "../objectKey.ts";
import type { WantedObject } from "../plan/wantedObject.ts";
import type { ComponentObjects } from "./componentStatus.ts";
import type { LiveState } from "./LiveState.ts";

/** What belongs to each component, by the label that all its objects carry; alphabetically. `kinds`: by the key in the platform file. */
export function groupByComponent(
  known: ReadonlyMap<string, WantedObject>,
  kinds: ReadonlyMap<string, string>,
  { environment, refs, last, byKey, isUnread, isFinished, isNew }: LiveState,
): ComponentObjects[] {
  const nameOf = (object: KubeObject | undefined): string | undefined =>
    object?.metadata.labels?.[labels.name];
  const keys = new Map([...known.values()].map(({ object, component }) => [nameOf(object), component]));
  const found = new Map<
    string,
    Record<"missing" | "awaited" | "unreadable", string[]> & { objects: KubeObject[] }
  >();
  for (const [key, ref] of refs) {
    const live = byKey.get(key);
    const name = nameOf(live ?? known.get(key)?.object);
    if (name === undefined) continue;
    const members = found.get(name) ?? { objects: [], missing: [], awaited: [], unreadable: [] };
    found.set(name, members);
    const said = describe(ref, environment.namespace);
    if (live !== undefined) members.objects.push(live);
    else if (isUnread(ref)) {
      if (groupKind(ref) !== "/Secret") members.unreadable.push(said);
    } else if (isNew || (last === undefined && !isFinished)) {
      // Nothing was deployed, or a first deploy did not come so far.
      members.awaited.push(said);
    } else if (groupKind(ref) !== "batch/Job") members.missing.push(said);
  }
  return [...found]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, members]) => ({
      name,
      kind: kinds.get(keys.get(name) ?? name),
      ...members,
      isNew: isNew && members.objects.length === 0 && members.unreadable.length === 0,
    }));
}
