import { isComponent, recordOf } from "../Component.ts";
import { isComponentRecord } from "../definition.ts";
import type { LoadedPlatform } from "../LoadedPlatform.ts";
import { readReferences } from "../readReferences.ts";
import type { Entry } from "./Entry.ts";
import type { EntryProblems } from "./EntryProblems.ts";

/** What was returned, with the place of each: components of TypeScript, data of YAML. */
export function readEntries(returned: unknown, loaded: LoadedPlatform, problems: EntryProblems): Entry[] {
  if (!isComponentRecord(returned) || returned instanceof Promise) {
    problems.add({
      ...loaded.locate(["components"]),
      path: "components",
      message:
        returned instanceof Promise
          ? "components must not be asynchronous"
          : "components must return an object: name -> component",
    });
    return [];
  }
  const firstKey = new Map<number, string>();
  const entries: Entry[] = [];
  for (const [key, value] of Object.entries(returned as Record<string, unknown>)) {
    const path = `components.${key}`;
    if (isComponent(value)) {
      const { id, kind, spec } = recordOf(value);
      const where = problems.whereCreated(value);
      const first = firstKey.get(id);
      if (first !== undefined) {
        problems.add({
          ...where,
          path,
          message: `is the same component as "${first}", returned twice`,
          hint: "create one component for each name",
        });
        continue;
      }
      firstKey.set(id, key);
      entries.push({ key, kind, spec, id, where });
    } else if (
      typeof value === "object" &&
      value !== null &&
      typeof (value as { kind?: unknown }).kind === "string"
    ) {
      const { kind, ...spec } = value as { kind: string };
      entries.push({
        key,
        kind,
        spec: readReferences(spec),
        where: loaded.locate(["components", key]),
      });
    } else {
      problems.add({
        ...loaded.locate(["components", key]),
        path,
        message: "is no component",
      });
    }
  }
  return entries;
}
