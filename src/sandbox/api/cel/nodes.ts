import type { JsonSchema } from "../schema/SchemaNode.ts";

/** A node of a parsed expression, as far as it is looked at here. */
export interface Node {
  readonly op: string;
  readonly args: unknown;
  readonly start?: number;
  readonly end?: number;
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as Node).op === "string" && "args" in value;

/** A node and all below it. */
export function* nodesOf(value: unknown): Generator<Node> {
  if (Array.isArray(value)) for (const item of value) yield* nodesOf(item);
  else if (isNode(value)) {
    yield value;
    yield* nodesOf(value.args);
  } else if (typeof value === "object" && value !== null)
    for (const inner of Object.values(value))
      if (isNode(inner) || Array.isArray(inner)) yield* nodesOf(inner);
}

/** All names that an expression looks up. */
export function namesIn(node: Node): Set<string> {
  const names = new Set<string>();
  for (const { op, args } of nodesOf(node)) if (op === "id" && typeof args === "string") names.add(args);
  return names;
}

const loops = new Set(["all", "exists", "exists_one", "map", "filter"]);

/** A loop over a list without a bound inside of another: what a real server's estimate never lets pass. */
export function isTooDear(node: Node, schema: JsonSchema): boolean {
  return deepest(node, 0);

  function deepest(value: unknown, depth: number): boolean {
    if (Array.isArray(value)) return value.some((item) => deepest(item, depth));
    if (!isNode(value)) return false;
    const { op, args } = value;
    if (op !== "rcall" || !Array.isArray(args) || !loops.has(String(args[0]))) return deepest(args, depth);
    const [, range, body] = args as [string, unknown, unknown];
    const field = isNode(range) && range.op === "." ? (range.args as [unknown, unknown])[1] : undefined;
    const open = typeof field === "string" && hasUnbounded(schema, field);
    if (open && depth > 0) return true;
    return deepest(range, depth) || deepest(body, open ? depth + 1 : depth);
  }
}

/** Whether a field of that name may hold any number of items. */
function hasUnbounded(schema: JsonSchema, field: string): boolean {
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    const isList = child.type === "array" && child.maxItems === undefined;
    const isMap = typeof child.additionalProperties === "object" && child.maxProperties === undefined;
    if ((name === field && (isList || isMap)) || hasUnbounded(child, field)) return true;
  }
  return (
    (schema.items !== undefined && hasUnbounded(schema.items, field)) ||
    (typeof schema.additionalProperties === "object" && hasUnbounded(schema.additionalProperties, field))
  );
}
