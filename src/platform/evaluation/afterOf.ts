import { recordOf, type AnyComponent } from "../Component.ts";
import type { ComponentKind } from "../ComponentKind.ts";
import { findReferences, type Found } from "../findReferences.ts";
import { didYouMean } from "../suggest.ts";
import type { Entry } from "./Entry.ts";
import type { EntryProblems } from "./EntryProblems.ts";
import type { LayeredSettings } from "../definition.ts";

/** What a component's references are looked up in. */
export interface Surroundings {
  readonly keyOfId: ReadonlyMap<number | undefined, string>;
  readonly kindOfKey: ReadonlyMap<string, string>;
  readonly kinds: ReadonlyMap<string, ComponentKind>;
  /** Every component that was made, returned or not, by id. */
  readonly created: ReadonlyMap<number, AnyComponent>;
  readonly secrets: LayeredSettings["secrets"];
  readonly problems: EntryProblems;
}

/** The keys of the components that one waits for: those it refers to, and those it names. Reports references that lead nowhere. */
export function afterOf(
  entry: Entry,
  { keyOfId, kindOfKey, kinds, created, secrets, problems }: Surroundings,
): string[] {
  const after = new Set<string>();
  const missing = new Set<number>();
  const useId = (id: number, found: Found, output?: string): void => {
    const key = keyOfId.get(id);
    if (key !== undefined) useKey(key, found, output);
    else if (!missing.has(id)) {
      missing.add(id);
      const component = created.get(id);
      const where = component === undefined ? undefined : problems.whereCreated(component);
      const what = component === undefined ? "a component" : `the ${recordOf(component).kind} component`;
      const at = where?.line === undefined ? "" : ` (made at ${where.file}:${where.line})`;
      problems.report(
        entry,
        found.path,
        `${what} used here is not returned${at}`,
        "add it to the object that components returns",
      );
    }
  };
  const useKey = (key: string, found: Found, output?: string): void => {
    const kind = kinds.get(kindOfKey.get(key) ?? "");
    if (!kindOfKey.has(key)) {
      const text = output === undefined ? `"${key}"` : `"${key}", which \${${key}.${output}} names`;
      const near = didYouMean(key, [...kindOfKey.keys()]);
      const escape = output === undefined ? "" : `; for the text itself write $\${${key}.${output}}`;
      problems.report(
        entry,
        found.path,
        `there is no component ${text}`,
        `${near ?? "there are no components"}${escape}`,
      );
      return;
    }
    if (output !== undefined && kind !== undefined && !kind.outputs.includes(output)) {
      problems.report(
        entry,
        found.path,
        `${kind.kind} "${key}" has no output "${output}"`,
        didYouMean(output, kind.outputs),
      );
    }
    if (key !== entry.key) after.add(key);
    else if (output === undefined) problems.report(entry, found.path, "waits for itself");
  };
  const useSecret = (name: string, key: string | undefined, found: Found): void => {
    const declared = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
    if (declared === undefined) {
      problems.report(
        entry,
        found.path,
        `there is no secret "${name}"`,
        didYouMean(name, Object.keys(secrets)) ?? "declare it under secrets",
      );
      return;
    }
    const keys = Array.isArray(declared.keys) ? declared.keys : Object.keys(declared.keys);
    if (key !== undefined && !keys.includes(key)) {
      problems.report(entry, found.path, `the secret "${name}" has no key "${key}"`, didYouMean(key, keys));
    }
  };
  for (const found of findReferences(entry.spec)) {
    if (found.type === "component") useId(recordOf(found.component).id, found);
    else if (found.type === "secret") useSecret(found.secret, undefined, found);
    else if (found.source.type === "component") useId(found.source.id, found, found.source.output);
    else if (found.source.type === "key") useKey(found.source.key, found, found.source.output);
    else useSecret(found.source.secret, found.source.key, found);
  }
  const { after: written, volumes } = entry.spec as { after?: unknown; volumes?: unknown };
  // Keys in place of components, where every kind has them.
  for (const [field, list] of [
    ["after", written],
    ["volumes", volumes],
  ] as const) {
    if (!Array.isArray(list)) continue;
    for (const [index, item] of list.entries()) {
      const inner: unknown =
        field === "volumes" && typeof item === "object" && item !== null && "volume" in item
          ? item.volume
          : item;
      if (typeof inner !== "string" || findReferences(inner).length > 0) continue;
      useKey(inner, { type: "secret", secret: "", path: [field, index] });
    }
  }
  return [...after];
}
