import type { KubeObject } from "../../contract/index.ts";
import { timeOf } from "../Clock.ts";
import { compareVersions } from "./discovery/discovery.ts";
import { customStrategy } from "./kinds/index.ts";
import { at } from "./printers/Printer.ts";
import { customPrinter, type PrinterColumn } from "./printers/customPrinter.ts";
import { schemaOfCustom, type JsonSchema, type SchemaNode } from "./schema/index.ts";
import type { ServedKind } from "./ServedKind.ts";
import type { ServerContext } from "./ServerContext.ts";

export const definitionsCollection = "apiextensions.k8s.io/customresourcedefinitions";

interface DefinitionVersion {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly schema?: { readonly openAPIV3Schema?: JsonSchema };
  readonly subresources?: {
    readonly status?: object;
    readonly scale?: {
      readonly specReplicasPath: string;
      readonly statusReplicasPath: string;
      readonly labelSelectorPath?: string;
    };
  };
  readonly additionalPrinterColumns?: readonly PrinterColumn[];
  readonly selectableFields?: readonly { readonly jsonPath: string }[];
}

interface DefinitionSpec {
  readonly group: string;
  readonly scope: "Namespaced" | "Cluster";
  readonly names: {
    readonly plural: string;
    readonly kind: string;
    readonly singular?: string;
    readonly listKind?: string;
    readonly shortNames?: readonly string[];
    readonly categories?: readonly string[];
  };
  readonly versions: readonly DefinitionVersion[];
}

const specOf = (definition: KubeObject): DefinitionSpec => definition.spec as DefinitionSpec;

const verbs = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];

/** The kinds that a definition serves, one a version. */
export function customKinds(definition: KubeObject): ServedKind[] {
  const { group, scope, names, versions } = specOf(definition);
  const storage = versions.find((version) => version.storage) ?? versions[0];
  const namespaced = scope === "Namespaced";
  return versions
    .filter(({ served }) => served)
    .map((version): ServedKind => {
      const schema = version.schema?.openAPIV3Schema;
      const { status, scale } = version.subresources ?? {};
      let node: SchemaNode | undefined;
      return {
        group,
        version: version.name,
        kind: names.kind,
        plural: names.plural,
        singular: names.singular ?? names.kind.toLowerCase(),
        namespaced,
        shortNames: names.shortNames ?? [],
        categories: names.categories ?? [],
        verbs,
        subresources: [
          ...(status === undefined ? [] : ["status"]),
          ...(scale === undefined ? [] : ["scale"]),
        ],
        collection: `${group}/${names.plural}`,
        storedAs: `${group}/${storage?.name ?? version.name}`,
        strategy: customStrategy({ namespaced, hasStatus: status !== undefined, schema }),
        get schema() {
          return (node ??= schemaOfCustom(schema, names.kind));
        },
        printer: customPrinter(version.additionalPrinterColumns),
        custom: {
          schema,
          selectableFields: (version.selectableFields ?? []).map(({ jsonPath }) =>
            jsonPath.replace(/^\./, ""),
          ),
          ...(scale === undefined
            ? {}
            : {
                scale: {
                  specReplicas: scale.specReplicasPath,
                  statusReplicas: scale.statusReplicasPath,
                  ...(scale.labelSelectorPath === undefined ? {} : { selector: scale.labelSelectorPath }),
                },
              }),
        },
      };
    });
}

const isDefinition = (kind: ServedKind): boolean => kind.collection === definitionsCollection;

/** What a write of a definition brings with it: its names are accepted, or not, in the same breath. */
export function beforeWrite(
  context: ServerContext,
  kind: ServedKind,
  next: KubeObject,
  live?: KubeObject,
): void {
  if (!isDefinition(kind) || next.metadata.deletionTimestamp !== undefined) return;
  const spec = next.spec as Partial<DefinitionSpec> | undefined;
  if (spec?.names === undefined || !Array.isArray(spec.versions)) return;
  const now = timeOf(context.clock.now());
  const before = (at(live, "status", "conditions") ?? []) as {
    type: string;
    status: string;
    lastTransitionTime: string;
  }[];
  const clash = [...context.kinds.all()].find(
    (other) =>
      other.group === spec.group && other.kind === spec.names?.kind && other.plural !== spec.names.plural,
  );
  const condition = (
    type: string,
    good: boolean,
    reason: string,
    message: string,
  ): Record<string, string> => {
    const status = good ? "True" : "False";
    const old = before.find((one) => one.type === type);
    return {
      lastTransitionTime: old?.status === status ? old.lastTransitionTime : now,
      message,
      reason,
      status,
      type,
    };
  };
  const free = clash === undefined;
  const storage = spec.versions.find((version) => version.storage)?.name;
  const stored = (at(live, "status", "storedVersions") ?? []) as string[];
  next["status"] = {
    acceptedNames: free ? spec.names : { plural: "", kind: "" },
    conditions: [
      free
        ? condition("NamesAccepted", true, "NoConflicts", "no conflicts found")
        : condition("NamesAccepted", false, "KindConflict", `"${spec.names.kind}" is already in use`),
      free
        ? condition("Established", true, "InitialNamesAccepted", "the initial names have been accepted")
        : condition("Established", false, "NotAccepted", "not all names are accepted"),
    ],
    storedVersions: storage === undefined || stored.includes(storage) ? stored : [...stored, storage],
  };
}

/** Serves what a definition defines, or stops to. Objects of a kind that is gone go with it. */
export function afterWrite(context: ServerContext, kind: ServedKind, object: KubeObject, gone = false): void {
  if (!isDefinition(kind)) return;
  const { group, names } = specOf(object);
  const before = Array.from(context.kinds.all()).filter(
    (served) => served.custom !== undefined && served.group === group && served.plural === names.plural,
  );
  for (const served of before) context.kinds.remove(served);
  if (!gone) return serveDefinition(context, object);
  const collection = `${group}/${names.plural}`;
  const keys = context.store.list(collection).map(({ key }) => key);
  for (const key of keys) context.store.delete(collection, key);
}

export function serveDefinition(context: ServerContext, definition: KubeObject): void {
  const conditions = (at(definition, "status", "conditions") ?? []) as { type: string; status: string }[];
  if (conditions.some(({ type, status }) => type === "Established" && status !== "True")) return;
  const kinds = customKinds(definition).toSorted((a, b) => compareVersions(a.version, b.version));
  for (const served of kinds) {
    // A built-in kind is never replaced.
    const there = context.kinds.find(served.group, served.version, served.plural);
    if (there === undefined || there.custom !== undefined) context.kinds.add(served);
  }
}
