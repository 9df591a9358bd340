import { MoorageError } from "../contract/index.ts";
import { readTable } from "./readTable.ts";
import type { SchemaNode } from "./SchemaNode.ts";
import { tableVersion } from "./table/version.ts";

/** A node in the table's files: `$ref` names another definition; keys beside it override. */
interface CompactNode {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, CompactNode>>;
  readonly items?: CompactNode;
  readonly values?: CompactNode;
  readonly [key: string]: unknown;
}

/** Kubernetes minor versions that can be checked against, oldest first: `["1.32", ..., "1.36"]`. */
export const schemaVersions: readonly string[] = Object.keys(tableVersion.schemas);

/** The version that the sandbox serves. */
export const defaultSchemaVersion: string = schemaVersions.at(-1)!;

interface Types {
  /** `apps/v1/Deployment` -> definition */
  readonly objects: Readonly<Record<string, string>>;
  readonly definitions: ReadonlyMap<string, CompactNode>;
  readonly nodes: Map<string, SchemaNode>;
}
const loaded = new Map<string, Types>();

function typesOf(version: string): Types {
  const known = loaded.get(version);
  if (known) return known;
  const place = schemaVersions.indexOf(version);
  if (place === -1) {
    throw new MoorageError("Unsupported", `There are no schemas of Kubernetes ${version}.`, {
      hint: `Known are ${schemaVersions.join(", ")}.`,
    });
  }
  let types: Types;
  if (version === defaultSchemaVersion) {
    const file = readTable(`types/${version}.json`) as {
      objects: Record<string, string>;
      types: Record<string, CompactNode>;
    };
    types = { objects: file.objects, definitions: new Map(Object.entries(file.types)), nodes: new Map() };
  } else {
    const newer = typesOf(schemaVersions[place + 1]!);
    const definitions = new Map(newer.definitions);
    const file = readTable(`types/${version}.json`) as { types: Record<string, CompactNode | null> };
    for (const [name, node] of Object.entries(file.types)) {
      if (node === null) definitions.delete(name);
      else definitions.set(name, node);
    }
    types = { objects: newer.objects, definitions, nodes: new Map() };
  }
  loaded.set(version, types);
  return types;
}

/**
 * The type of a whole object, or of a body such as Scale or DeleteOptions, in a Kubernetes version (`1.34`; default the newest known).
 * Undefined for kinds that are not built in. The same node is given each time.
 */
export function loadSchema(
  kind: { readonly group: string; readonly version: string; readonly kind: string },
  version: string = defaultSchemaVersion,
): SchemaNode | undefined {
  const types = typesOf(version);
  const groupVersion = kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
  const definition = types.objects[`${groupVersion}/${kind.kind}`];
  return definition === undefined || !types.definitions.has(definition)
    ? undefined
    : nodeOf(types, definition);
}

/** ObjectMeta, as every object has it. */
export function objectMetaSchema(version: string = defaultSchemaVersion): SchemaNode {
  return nodeOf(typesOf(version), "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");
}

function nodeOf(types: Types, name: string): SchemaNode {
  const known = types.nodes.get(name);
  if (known) return known;
  const definition = types.definitions.get(name);
  if (!definition) throw new Error(`the table of built-in kinds lacks ${name}`);
  // Known before it is filled, so that a type which contains itself (JSONSchemaProps) finds it.
  const node = {};
  types.nodes.set(name, node as SchemaNode);
  return Object.assign(node, resolve(types, definition));
}

function resolve(types: Types, compact: CompactNode): SchemaNode {
  const { $ref, properties, items, values, ...rest } = compact;
  if ($ref !== undefined) {
    const target = nodeOf(types, $ref);
    return Object.keys(rest).length === 0 ? target : { ...target, ...rest };
  }
  const node: Record<string, unknown> = rest;
  if (properties) node["properties"] = lazily(properties, (property) => resolve(types, property));
  if (items) node["items"] = resolve(types, items);
  if (values) node["values"] = resolve(types, values);
  return node as unknown as SchemaNode;
}

/** Properties are resolved when first read, so that a ConfigMap doesn't cost what a Pod costs. */
function lazily(
  properties: Readonly<Record<string, CompactNode>>,
  make: (node: CompactNode) => SchemaNode,
): Record<string, SchemaNode> {
  const target: Record<string, SchemaNode> = {};
  for (const [name, compact] of Object.entries(properties)) {
    Object.defineProperty(target, name, {
      enumerable: true,
      configurable: true,
      get() {
        const value = make(compact);
        Object.defineProperty(target, name, { enumerable: true, value });
        return value;
      },
    });
  }
  return target;
}
