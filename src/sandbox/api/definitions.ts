import type { KubeObject } from "../../contract/index.ts";
import { timeOf } from "../Clock.ts";
import { sameJson, updateManagedFields } from "./apply/index.ts";
import { compareVersions } from "./discovery/discovery.ts";
import { customStrategy } from "./kinds/index.ts";
import { at } from "./printers/Printer.ts";
import { customPrinter, type PrinterColumn } from "./printers/customPrinter.ts";
import { defaultsOnRead, hasDefaults } from "./schema/defaultCustom.ts";
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
      const apiVersion = `${group}/${version.name}`;
      // What was stored before a default came into the schema has it too.
      const defaulted = schema !== undefined && hasDefaults(schema) ? defaultsOnRead(schema) : undefined;
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
        ...(defaulted === undefined
          ? {}
          : {
              fromStored: (object: KubeObject): KubeObject =>
                defaulted(object.apiVersion === apiVersion ? object : { ...object, apiVersion }),
            }),
        strategy: customStrategy({
          namespaced,
          hasStatus: status !== undefined,
          schema,
          ...(scale === undefined
            ? {}
            : { scale: { specReplicas: scale.specReplicasPath, statusReplicas: scale.statusReplicasPath } }),
        }),
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

/** What a write of a definition brings with it: the versions in which objects may be stored. */
export function beforeWrite(kind: ServedKind, next: KubeObject, live?: KubeObject): void {
  if (!isDefinition(kind) || next.metadata.deletionTimestamp !== undefined) return;
  const spec = next.spec as Partial<DefinitionSpec> | undefined;
  if (spec?.names === undefined || !Array.isArray(spec.versions)) return;
  const storage = spec.versions.find((version) => version.storage)?.name;
  const stored = (at(live, "status", "storedVersions") ?? []) as string[];
  next["status"] = {
    ...(next["status"] as object),
    storedVersions: storage === undefined || stored.includes(storage) ? stored : [...stored, storage],
  };
}

/** The status of a definition whose names are accepted, or not. */
export function settledStatus(
  context: ServerContext,
  definition: KubeObject,
): Record<string, unknown> & { conditions: unknown[] } {
  const spec = specOf(definition);
  const now = timeOf(context.clock.now());
  const before = (at(definition, "status", "conditions") ?? []) as {
    type: string;
    status: string;
    lastTransitionTime: string;
  }[];
  const clash = Array.from(context.kinds.all()).find(
    (other) =>
      other.group === spec.group && other.kind === spec.names.kind && other.plural !== spec.names.plural,
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
  return {
    ...(definition["status"] as object),
    acceptedNames: free ? spec.names : { plural: "", kind: "" },
    conditions: [
      free
        ? condition("NamesAccepted", true, "NoConflicts", "no conflicts found")
        : condition("NamesAccepted", false, "KindConflict", `"${spec.names.kind}" is already in use`),
      free
        ? condition("Established", true, "InitialNamesAccepted", "the initial names have been accepted")
        : condition("Established", false, "NotAccepted", "not all names are accepted"),
    ],
  };
}

/** A second write, of the server itself, says what became of the names: whoever made the definition reads of it later, or waits for it. */
function settle(context: ServerContext, kind: ServedKind, object: KubeObject): KubeObject {
  if (object.metadata.deletionTimestamp !== undefined) return object;
  const status = settledStatus(context, object);
  if (sameJson(status, object["status"])) return object;
  const next: KubeObject = { ...object, metadata: { ...object.metadata }, status };
  updateManagedFields({
    live: object,
    next,
    schema: kind.schema,
    manager: "kube-apiserver",
    apiVersion: object.apiVersion,
    subresource: "status",
    now: timeOf(context.clock.now()),
    resetFields: kind.strategy.resetFields("status"),
  });
  return context.store.put(definitionsCollection, `/${object.metadata.name}`, next).object;
}

/** Serves what a definition defines, or stops to. Objects of a kind that is gone go with it. */
export function afterWrite(context: ServerContext, kind: ServedKind, object: KubeObject, gone = false): void {
  if (!isDefinition(kind)) return;
  const { group, names } = specOf(object);
  const before = Array.from(context.kinds.all()).filter(
    (served) => served.custom !== undefined && served.group === group && served.plural === names.plural,
  );
  for (const served of before) context.kinds.remove(served);
  if (!gone) return serveDefinition(context, settle(context, kind, object));
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
