import type { KubeObject } from "../../contract/index.ts";
import { timeOf } from "../Clock.ts";
import { sameJson } from "./apply/index.ts";
import type { ServerContext } from "./ServerContext.ts";

export const definitionsCollection = "apiextensions.k8s.io/customresourcedefinitions";

export interface DefinitionNames {
  readonly plural: string;
  readonly kind: string;
  readonly singular?: string;
  readonly listKind?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

export interface DefinitionCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
}

export interface DefinitionStatus {
  readonly acceptedNames: DefinitionNames;
  readonly conditions: readonly DefinitionCondition[] | null;
  readonly storedVersions: readonly string[];
}

export const statusOf = (definition: KubeObject): Partial<DefinitionStatus> => definition["status"] ?? {};

export const isTrue = (definition: KubeObject, type: string): boolean =>
  (statusOf(definition).conditions ?? []).some((one) => one.type === type && one.status === "True");

/** The conditions with one of them set: its time moves with its status only. */
export function withCondition(
  conditions: readonly DefinitionCondition[],
  now: string,
  condition: Omit<DefinitionCondition, "lastTransitionTime">,
): DefinitionCondition[] {
  const old = conditions.find(({ type }) => type === condition.type);
  const { type, status, reason, message } = condition;
  const next = {
    lastTransitionTime: old?.status === status ? old.lastTransitionTime : now,
    message,
    reason,
    status,
    type,
  };
  return old === undefined ? [...conditions, next] : conditions.map((one) => (one === old ? next : one));
}

/** The status of a definition whose names are accepted, or not, as they are others' already. (apiextensions-apiserver, naming_controller.go) */
export function settledStatus(context: ServerContext, definition: KubeObject): Record<string, unknown> {
  const { names: wanted, group } = definition.spec as { names: DefinitionNames; group: string };
  const status = statusOf(definition);
  const now = timeOf(context.clock.now());
  let conditions = [...(status.conditions ?? [])];
  let accepted = status.acceptedNames ?? { plural: "", kind: "" };
  if (!sameJson(wanted, accepted)) {
    const checked = checkedNames(wanted, accepted, usedNames(context, group, definition.metadata.name ?? ""));
    accepted = checked.names;
    conditions = withCondition(
      conditions,
      now,
      checked.reason === undefined
        ? { type: "NamesAccepted", status: "True", reason: "NoConflicts", message: "no conflicts found" }
        : { type: "NamesAccepted", status: "False", reason: checked.reason, message: checked.message },
    );
  }
  const is = (type: string): boolean => conditions.some((one) => one.type === type && one.status === "True");
  if (!is("Established"))
    conditions = withCondition(
      conditions,
      now,
      is("NamesAccepted")
        ? {
            type: "Established",
            status: "True",
            reason: "InitialNamesAccepted",
            message: "the initial names have been accepted",
          }
        : {
            type: "Established",
            status: "False",
            reason: "NotAccepted",
            message: "not all names are accepted",
          },
    );
  return { ...status, acceptedNames: accepted, conditions };
}

interface UsedNames {
  readonly plurals: ReadonlySet<string>;
  readonly kinds: ReadonlySet<string>;
}

/** By the other definitions of a group. */
function usedNames({ store }: ServerContext, group: string, own: string): UsedNames {
  const plurals = new Set<string>();
  const kinds = new Set<string>();
  for (const { object } of store.list(definitionsCollection)) {
    if ((object.spec as { group: string }).group !== group || object.metadata.name === own) continue;
    const {
      plural,
      singular = "",
      shortNames = [],
      kind,
      listKind = "",
    } = statusOf(object).acceptedNames ?? {};
    for (const name of [plural, singular, ...shortNames]) if (name) plurals.add(name);
    for (const name of [kind, listKind]) if (name) kinds.add(name);
  }
  return { plurals, kinds };
}

/** As many of the names as can be had; what can't stays as it was. */
function checkedNames(
  wanted: DefinitionNames,
  accepted: DefinitionNames,
  { plurals, kinds }: UsedNames,
): { names: DefinitionNames; reason?: string; message: string } {
  const names: Record<string, unknown> = { ...accepted };
  let reason: string | undefined;
  let message = "";
  const take = (field: keyof DefinitionNames, of: ReadonlySet<string>): void => {
    const name = wanted[field] as string | undefined;
    if (name === undefined) delete names[field];
    else if (name === accepted[field] || !of.has(name)) names[field] = name;
    else {
      reason = `${field[0]?.toUpperCase() ?? ""}${field.slice(1)}Conflict`;
      message = `${JSON.stringify(name)} is already in use`;
    }
  };
  take("plural", plurals);
  take("singular", plurals);
  const taken = (wanted.shortNames ?? []).filter(
    (name) => !(accepted.shortNames ?? []).includes(name) && plurals.has(name),
  );
  if (taken.length > 0) {
    reason = "ShortNamesConflict";
    const each = taken.map((name) => `${JSON.stringify(name)} is already in use`);
    message = each.length === 1 ? (each[0] ?? "") : `[${[...new Set(each)].join(", ")}]`;
  } else if (wanted.shortNames === undefined) delete names["shortNames"];
  else names["shortNames"] = wanted.shortNames;
  take("kind", kinds);
  take("listKind", kinds);
  if (wanted.categories === undefined) delete names["categories"];
  else names["categories"] = wanted.categories;
  return { names: names as unknown as DefinitionNames, ...(reason === undefined ? {} : { reason }), message };
}
