import { z } from "zod";
import type { Problem } from "../contract/index.ts";
import { didYouMean } from "./suggest.ts";

type Issue = z.core.$ZodIssue;

/** What zod found, in Moorage's words: path, what was expected and what stands there, a suggestion for a misspelt key. */
export function schemaProblems(
  schema: z.ZodType,
  value: unknown,
  error: z.ZodError,
  path: readonly PropertyKey[],
): Problem[] {
  return error.issues.flatMap((issue) => problemsOf(schema, value, issue, path));
}

function problemsOf(
  schema: z.ZodType,
  value: unknown,
  issue: Issue,
  prefix: readonly PropertyKey[],
): Problem[] {
  const where = printPath([...prefix, ...issue.path]);
  const found = at(value, issue.path);
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = schemasAt(schema, issue.path).flatMap(keysOf);
      return issue.keys.map((key) => ({
        path: printPath([...prefix, ...issue.path, key]),
        message: `unknown key "${key}"`,
        hint: didYouMean(key, [...new Set(known)]),
      }));
    }
    case "invalid_type":
      return found === undefined
        ? [{ path: where, message: `is missing: ${article(issue.expected)} is required` }]
        : [
            {
              path: where,
              message: `expected ${article(issue.expected)}, found ${describe(found, where)}`,
              // `tag: 1.10` in YAML is the number 1.1.
              hint:
                issue.expected === "string" && ["number", "boolean"].includes(typeof found)
                  ? "put it in quotes, as it is meant"
                  : undefined,
            },
          ];
    case "invalid_value": {
      const values = issue.values.map(String);
      return [
        {
          path: where,
          message: `expected ${list(issue.values.map((each) => JSON.stringify(each)))}, found ${describe(found, where)}`,
          hint:
            typeof found === "string" && values.length > 1 ? onlyNear(didYouMean(found, values)) : undefined,
        },
      ];
    }
    case "invalid_union":
      return unionProblems(schema, value, issue, prefix);
    case "invalid_key":
    case "invalid_element":
      return issue.issues.map((inner) => ({ path: where, message: inner.message }));
    default:
      return [{ path: where, message: lowerFirst(issue.message) }];
  }
}

/**
 * A union reports each branch. The one that the user meant got furthest: its problems lie deepest, or at least its type was right. When
 * no branch fits at all, what each expected is said in one sentence.
 */
function unionProblems(
  schema: z.ZodType,
  value: unknown,
  issue: Extract<Issue, { code: "invalid_union" }>,
  prefix: readonly PropertyKey[],
): Problem[] {
  const found = at(value, issue.path);
  const where = printPath([...prefix, ...issue.path]);
  const branches = issue.errors.filter((issues) => issues.length > 0);
  const fitting = branches.filter(
    (issues) => !issues.some((one) => one.path.length === 0 && isTypeIssue(one)),
  );
  const best = fitting.toSorted((a, b) => a.length - b.length || depth(b) - depth(a))[0];
  if (best !== undefined) {
    return best.flatMap((inner) =>
      problemsOf(schema, value, { ...inner, path: [...issue.path, ...inner.path] }, prefix),
    );
  }
  const expected = branches.flatMap((issues) => issues.map(expectation)).filter((text) => text !== undefined);
  if (expected.length === 0) return [{ path: where, message: lowerFirst(issue.message) }];
  return [
    {
      path: where,
      message: `${found === undefined ? "is missing: " : ""}expected ${list([...new Set(expected)])}${found === undefined ? "" : `, found ${describe(found, where)}`}`,
    },
  ];
}

const depth = (issues: readonly Issue[]): number => Math.max(...issues.map((issue) => issue.path.length));
const isTypeIssue = (issue: Issue): boolean =>
  issue.code === "invalid_type" ||
  issue.code === "invalid_value" ||
  issue.code === "custom" ||
  issue.code === "invalid_union";
const onlyNear = (hint: string | undefined): string | undefined =>
  hint?.startsWith("did") ? hint : undefined;

function expectation(issue: Issue): string | undefined {
  if (issue.code === "invalid_type") return article(issue.expected);
  if (issue.code === "invalid_value") return list(issue.values.map((each) => JSON.stringify(each)));
  if (issue.code === "invalid_union") {
    const inner = issue.errors
      .flat()
      .map(expectation)
      .filter((text) => text !== undefined);
    return inner.length > 0 ? list([...new Set(inner)]) : undefined;
  }
  return issue.message.replace(/^expected /u, "");
}

/** `components.curator.ports.http`, `components.curator.after[0]`, `components["odd key"]`. */
function printPath(path: readonly PropertyKey[]): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (/^[\w$-]+$/u.test(String(part))) text += text === "" ? String(part) : `.${String(part)}`;
    else text += `[${JSON.stringify(String(part))}]`;
  }
  return text;
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== "object" || current === null) return undefined;
    current = (current as Record<PropertyKey, unknown>)[key];
  }
  return current;
}

/** Where somebody may write a value that should come from elsewhere. */
const mayBeSecret = /secret|password|token|credential/iu;

/** What a user wrote, shortened. Strings are shown, but where they may be secrets: schemas check specs, which hold none elsewhere. */
function describe(value: unknown, where: string): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "function") return "a function";
  if (typeof value === "object") return "an object";
  if (typeof value === "string" && mayBeSecret.test(where)) return "a text (not shown: it may be a secret)";
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 60 ? `${text.slice(0, 57)}..."` : text;
}

const names: Record<string, string> = {
  array: "a list",
  record: "an object",
  object: "an object",
  int: "a whole number",
  nan: "NaN",
  undefined: "nothing",
  null: "null",
};
const article = (type: string): string => names[type] ?? `a ${type}`;
const lowerFirst = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1);
const list = (items: readonly string[]): string =>
  items.length <= 1 ? (items[0] ?? "") : `${items.slice(0, -1).join(", ")} or ${items.at(-1)}`;

/** The schemas that may stand at a path: several where a union branches. */
function schemasAt(schema: z.ZodType, path: readonly PropertyKey[]): z.ZodType[] {
  let current = unwrap(schema);
  for (const key of path) {
    current = current.flatMap((one) => {
      if (one instanceof z.ZodObject) {
        const field = (one.shape as Record<PropertyKey, z.ZodType | undefined>)[key];
        return field === undefined ? [] : unwrap(field);
      }
      if (one instanceof z.ZodRecord) return unwrap(one.valueType as z.ZodType);
      if (one instanceof z.ZodArray) return unwrap(one.element as z.ZodType);
      return [];
    });
  }
  return current;
}

function unwrap(schema: z.ZodType): z.ZodType[] {
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => unwrap(option as z.ZodType));
  if (schema instanceof z.ZodIntersection) {
    return [...unwrap(schema.def.left as z.ZodType), ...unwrap(schema.def.right as z.ZodType)];
  }
  if (schema instanceof z.ZodPipe) return unwrap(schema.def.in as z.ZodType);
  if (schema instanceof z.ZodLazy) return unwrap(schema.def.getter() as z.ZodType);
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodReadonly
  ) {
    return unwrap(schema.def.innerType as z.ZodType);
  }
  return [schema];
}

const keysOf = (schema: z.ZodType): string[] =>
  schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
