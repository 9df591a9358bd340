import type { KubeObject } from "../../../contract/index.ts";
import {
  type SchemaNode,
  fieldNode,
  isAtomicAt,
  isObject,
  itemNode,
  treatedAs,
} from "../schema/SchemaNode.ts";
import { printPath } from "./FieldSet.ts";
import { goText } from "./goText.ts";
import { ListElementError, listElement } from "./listElement.ts";
import { PatchRefused } from "./PatchRefused.ts";

/** A configuration has only fields of the kind, of the right type, and each item of a list once. (An object that an update filled with duplicates is tolerated.) */
export function refuseMalformed(config: KubeObject, schema: SchemaNode): void {
  const problem = malformation(config, schema);
  if (problem !== undefined)
    throw new PatchRefused(500, "", `failed to create typed patch object (${whereIs(config)}): ${problem}`);
}

/** An object of a custom kind may have been written when its schema was another; then nobody can own anything of it. */
export function refuseMalformedLive(live: KubeObject, schema: SchemaNode, isOwned: boolean): void {
  const problem = schema.custom === undefined ? undefined : malformation(live, schema, true);
  if (problem === undefined) return;
  const where = whereIs(live);
  throw new PatchRefused(
    500,
    "",
    isOwned
      ? `failed to create typed live object (${where}): ${problem}`
      : `failed to create manager for existing fields: failed to convert new object (${where}) to smd typed: ${problem}`,
  );
}

export const whereIs = ({ apiVersion, kind, metadata }: KubeObject): string =>
  `${metadata?.namespace ?? ""}/${metadata?.name ?? ""}; ${apiVersion.includes("/") ? "" : "/"}${apiVersion}, Kind=${kind}`;

/** What of a value does not fit its schema, in words; items that occur twice only when `duplicates` may not be. */
export function malformation(root: object, schema: SchemaNode, duplicates = false): string | undefined {
  const problems: string[] = [];
  visit(root, schema, []);
  if (problems.length < 2) return problems[0];
  return ["errors:", ...problems.map((problem) => `  ${problem}`)].join("\n");

  function visit(value: unknown, node: SchemaNode, path: string[]): void {
    if (value === null || value === undefined) return;
    const expected = expectation(node, value);
    if (expected !== undefined) {
      problems.push(prefixed(path, expected));
      return;
    }
    const as = treatedAs(node, value);
    if (as === "scalar") return;
    if (isObject(value)) {
      for (const name in value) {
        const known =
          node.shape !== "object" || node.preserveUnknown === true || node.fields?.has(name) === true;
        if (known) visit(value[name], fieldNode(node, name), [...path, `f:${name}`]);
        else problems.push(prefixed([...path, `f:${name}`], "field not declared in schema"));
      }
      return;
    }
    if (!Array.isArray(value)) return;
    const atomic = isAtomicAt(node, "list");
    const seen = new Set<string>();
    value.forEach((item, i) => {
      let element = `i:${i}`;
      if (!atomic) {
        try {
          element = listElement(node, item);
        } catch (error) {
          if (!(error instanceof ListElementError)) throw error;
          problems.push(prefixed(path, `element ${i}: ${error.message}`));
          return;
        }
        if (!duplicates && seen.has(element))
          problems.push(prefixed(path, `duplicate entries for key ${printPath([element])}`));
        seen.add(element);
      }
      visit(item, itemNode(node), [...path, element]);
    });
  }
}

/** What a value of the wrong type should have been. */
function expectation(node: SchemaNode, value: unknown): string | undefined {
  switch (node.shape) {
    case "any":
      return undefined;
    case "object":
    case "map":
      return isObject(value) ? undefined : `expected map, got &{${goText(value)}}`;
    case "list":
      return Array.isArray(value) ? undefined : `expected list, got &{${goText(value)}}`;
    default:
      switch (node.scalar) {
        case "integer":
        case "number":
          return typeof value === "number"
            ? undefined
            : `expected numeric (int or float), got ${typeof value === "boolean" ? "bool" : typeof value}`;
        case "boolean":
          return typeof value === "boolean" ? undefined : `expected boolean, got &{${goText(value)}}`;
        case "string":
        case "time":
        case "bytes":
          return typeof value === "string"
            ? undefined
            : `expected string, got &value.valueUnstructured{Value:${JSON.stringify(value)}}`;
        default:
          return typeof value === "object" ? `expected any scalar, got &{${goText(value)}}` : undefined;
      }
  }
}

const prefixed = (path: readonly string[], message: string): string =>
  path.length === 0 ? message : `${printPath(path)}: ${message}`;
