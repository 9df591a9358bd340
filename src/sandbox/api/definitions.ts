import type { KubeObject } from "../../contract/index.ts";
import { timeOf } from "../Clock.ts";
import { sameJson, updateManagedFields } from "./apply/index.ts";
import {
  definitionsCollection,
  isTrue,
  settledStatus,
  statusOf,
  type DefinitionNames,
} from "./definitionNames.ts";
import { compareVersions } from "./discovery/discovery.ts";
import { customStrategy } from "./kinds/index.ts";
import { at } from "./printers/Printer.ts";
import { customPrinter, type PrinterColumn } from "./printers/customPrinter.ts";
import { formOf, type CustomVersion } from "./schema/customForms.ts";
import { schemaOfCustom, type JsonSchema, type SchemaNode } from "./schema/index.ts";
import type { ServedKind } from "./ServedKind.ts";
import type { ServerContext } from "./ServerContext.ts";

interface DefinitionVersion {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly deprecated?: boolean;
  readonly deprecationWarning?: string;
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
  readonly names: DefinitionNames;
  readonly versions: readonly DefinitionVersion[];
}

const specOf = (definition: KubeObject): DefinitionSpec => definition.spec as DefinitionSpec;

const verbs = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];

/** The kinds that a definition serves, one a version. */
function customKinds(definition: KubeObject): ServedKind[] {
  const spec = specOf(definition);
  const { group, scope, versions } = spec;
  // What could not be had is not served, the names before it still are.
  const names = { ...spec.names, ...statusOf(definition).acceptedNames };
  const replaced = new AbortController();
  const storage = versions.find((version) => version.storage) ?? versions[0];
  const namespaced = scope === "Namespaced";
  const forms = new Map(
    versions.map(({ name, schema }): [string, CustomVersion] => {
      const apiVersion = `${group}/${name}`;
      return [apiVersion, { apiVersion, schema: schema?.openAPIV3Schema }];
    }),
  );
  const allVersions = new Set(forms.keys());
  return versions
    .filter(({ served }) => served)
    .map((version): ServedKind => {
      const schema = version.schema?.openAPIV3Schema;
      const { status, scale } = version.subresources ?? {};
      let node: SchemaNode | undefined;
      const apiVersion = `${group}/${version.name}`;
      const storedAs = `${group}/${storage?.name ?? version.name}`;
      const { fromStored, isShown } = formOf(forms.get(apiVersion)!, forms, names.kind);
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
        storedAs,
        fromStored,
        toStored(object) {
          object.apiVersion = storedAs;
          // Just written by these rules.
          if (storedAs === apiVersion) isShown(object);
          return object;
        },
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
          definition,
          versions: allVersions,
          replaced,
          ...(version.deprecated === true
            ? { deprecation: version.deprecationWarning ?? deprecationOf(spec, version.name) }
            : {}),
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
export function beforeWrite(kind: ServedKind, next: KubeObject, live?: KubeObject, subresource = ""): void {
  if (!isDefinition(kind) || subresource !== "" || next.metadata.deletionTimestamp !== undefined) return;
  const spec = next.spec as Partial<DefinitionSpec> | undefined;
  if (spec?.names === undefined || !Array.isArray(spec.versions)) return;
  const storage = spec.versions.find((version) => version.storage)?.name;
  const stored = (at(live, "status", "storedVersions") ?? []) as string[];
  next["status"] = {
    ...(next["status"] as object),
    storedVersions: storage === undefined || stored.includes(storage) ? stored : [...stored, storage],
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

/** Serves what a definition defines, or stops to. */
export function afterWrite(context: ServerContext, kind: ServedKind, object: KubeObject, gone = false): void {
  if (!isDefinition(kind)) return;
  if (gone) unserveDefinition(context, object);
  else serveDefinition(context, settle(context, kind, object));
}

const servedBy = (context: ServerContext, definition: KubeObject): ServedKind[] => {
  const { group, names } = specOf(definition);
  return Array.from(context.kinds.all()).filter(
    (served) => served.custom !== undefined && served.group === group && served.plural === names.plural,
  );
};

/** Of a definition that is gone. Its names are free for others. */
export function unserveDefinition(context: ServerContext, definition: KubeObject): void {
  withdraw(context, servedBy(context, definition));
  const kind = context.kinds.find("apiextensions.k8s.io", "v1", "customresourcedefinitions");
  const { group } = specOf(definition);
  if (kind === undefined) return;
  for (const { object } of Array.from(context.store.list(definitionsCollection)))
    if (specOf(object).group === group && !isTrue(object, "NamesAccepted")) afterWrite(context, kind, object);
}

/** Whoever watches a kind as it was has to begin anew. */
function withdraw(context: ServerContext, kinds: readonly ServedKind[]): void {
  for (const served of kinds) {
    context.kinds.remove(served);
    served.custom?.replaced.abort();
  }
}

export function serveDefinition(context: ServerContext, definition: KubeObject): void {
  const before = servedBy(context, definition);
  const old = before[0]?.custom?.definition;
  if (
    old !== undefined &&
    old.metadata.uid === definition.metadata.uid &&
    sameJson(old.spec, definition.spec) &&
    sameJson(statusOf(old).acceptedNames, statusOf(definition).acceptedNames)
  )
    return;
  withdraw(context, before);
  if (!isTrue(definition, "Established")) return;
  const kinds = customKinds(definition).toSorted((a, b) => compareVersions(a.version, b.version));
  for (const served of kinds) {
    // A built-in kind is never replaced.
    const there = context.kinds.find(served.group, served.version, served.plural);
    if (there === undefined || there.custom !== undefined) context.kinds.add(served);
  }
}

/** Says what to use instead, if there is something newer. */
function deprecationOf({ group, names, versions }: DefinitionSpec, version: string): string {
  const newer = versions
    .filter(
      ({ served, deprecated, name }) => served && deprecated !== true && compareVersions(name, version) < 0,
    )
    .map(({ name }) => name)
    .toSorted(compareVersions)[0];
  const text = `${group}/${version} ${names.kind} is deprecated`;
  return newer === undefined ? text : `${text}; use ${group}/${newer} ${names.kind}`;
}
