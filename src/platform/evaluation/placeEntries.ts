import type { PlacedComponent } from "../ComponentKind.ts";
import { dnsLabel } from "../definition.ts";
import { orderOf } from "../order.ts";
import { schemaProblems } from "../schemaProblems.ts";
import { didYouMean } from "../suggest.ts";
import { afterOf, type Surroundings } from "./afterOf.ts";
import type { Entry } from "./Entry.ts";
import type { EntryProblems } from "./EntryProblems.ts";

/** Checks each component against its kind, and puts them into the order of a deploy. */
export function placeEntries(
  entries: readonly Entry[],
  suffix: string,
  around: Omit<Surroundings, "keyOfId" | "kindOfKey">,
): { components: PlacedComponent[]; byId: Map<number, PlacedComponent> } {
  const { kinds, problems } = around;
  const keyOfId = new Map(entries.map((entry) => [entry.id, entry.key]));
  const kindOfKey = new Map(entries.map((entry) => [entry.key, entry.kind]));
  const placed = new Map<string, PlacedComponent>();
  const byId = new Map<number, PlacedComponent>();
  for (const entry of entries) {
    checkName(entry, suffix, problems);
    const kind = kinds.get(entry.kind);
    if (kind === undefined) {
      problems.report(
        entry,
        ["kind"],
        `there is no kind "${entry.kind}"`,
        didYouMean(entry.kind, [...kinds.keys()]),
      );
      continue;
    }
    const result = kind.schema().safeParse(entry.spec);
    if (!result.success) {
      const root = ["components", entry.key];
      for (const problem of schemaProblems(kind.schema(), entry.spec, result.error, root)) {
        problems.add({ ...problems.whereIn(entry, problem.path), ...problem });
      }
    }
    const component: PlacedComponent = {
      key: entry.key,
      kind: entry.kind,
      name: entry.key + suffix,
      spec: result.success ? result.data : entry.spec,
      after: afterOf(entry, { ...around, keyOfId, kindOfKey }),
      definedAt:
        entry.where.line === undefined ? entry.where.file : `${entry.where.file}:${entry.where.line}`,
    };
    placed.set(entry.key, component);
    if (entry.id !== undefined) byId.set(entry.id, component);
  }
  const ordered = orderOf(new Map([...placed].map(([key, { after }]) => [key, after])));
  if ("order" in ordered) return { components: ordered.order.flatMap((key) => placed.get(key) ?? []), byId };
  const entry = entries.find(({ key }) => key === ordered.cycle[0]);
  problems.add({
    ...entry?.where,
    path: `components.${ordered.cycle[0]}`,
    message: `components wait for each other: ${ordered.cycle.join(" -> ")}`,
    hint: "drop an `after`, or write the address of one of them as plain text instead of a reference",
  });
  return { components: [...placed.values()], byId };
}

function checkName(entry: Entry, suffix: string, problems: EntryProblems): void {
  const name = entry.key + suffix;
  if (!dnsLabel.test(entry.key)) {
    problems.report(
      entry,
      [],
      `the name "${entry.key}" is no DNS label`,
      `small letters, digits and dashes: "${entry.key
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/gu, "-")
        .replaceAll(/^-|-$/gu, "")}"`,
    );
  } else if (name.length > 63) {
    problems.report(entry, [], `the name "${name}" has ${name.length} characters; 63 are possible`);
  }
}
