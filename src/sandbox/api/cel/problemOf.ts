import type { Environment } from "@marcbachmann/cel-js";
import { linearMatches } from "./library/texts.ts";
import type { Node } from "./nodes.ts";

/** An error of the language, as far as it is looked at here. */
interface CelError extends Error {
  readonly code?: string;
  readonly summary?: string;
  readonly range?: { readonly start: number; readonly end: number };
  readonly node?: Node;
}

/** What is wrong with an expression, in the words of Go's compiler, which name a column and point at it. */
export function problemOf(error: CelError, text: string, environment: Environment): string {
  const summary = error.summary ?? error.message.split("\n")[0] ?? "";
  const { at, message } = located(error, summary, text, environment);
  return pointedOut(message, text, at);
}

/** What a compiler says of a place in a text. */
export function pointedOut(message: string, text: string, at: number): string {
  const before = text.slice(0, at).split("\n");
  const line = text.split("\n")[before.length - 1] ?? "";
  const column = before.at(-1)?.length ?? 0;
  return `compilation failed: ERROR: <input>:${before.length}:${column + 1}: ${message}\n | ${line}\n | ${".".repeat(column)}^`;
}

function located(
  { code, range, node }: CelError,
  summary: string,
  text: string,
  environment: Environment,
): { at: number; message: string } {
  const start = range?.start ?? 0;
  const rest = /: (.*)$/s.exec(summary)?.[1] ?? "";
  switch (code) {
    case "no_such_key":
      return { at: text.lastIndexOf(".", start), message: `undefined field '${rest}'` };
    case "no_such_key_in_has":
      return { at: text.lastIndexOf("(", start), message: `undefined field '${summary}'` };
    case "cannot_index_type":
      return {
        at: Math.max(text.lastIndexOf(".", start), 0),
        message: `type '${goType(/'(.*)'/.exec(summary)?.[1] ?? "")}' does not support field selection`,
      };
    case "unknown_variable":
      return { at: start, message: undeclared(rest) };
    case "no_such_overload":
      return overload(node, rest, text, start);
    case "no_matching_overload":
      return call(node, summary, text, environment, start);
    case "invalid_condition_type":
    case "invalid_logical_operand":
      return {
        at: start,
        message: `expected type 'bool' but found '${goType(/'([^']*)'$/.exec(summary)?.[1] ?? "")}'`,
      };
    case "invalid_macro_argument":
      return {
        at: start,
        message: /has\(/i.test(summary) ? "invalid argument to has() macro" : summary,
      };
    case "unexpected_token":
      return {
        at: start,
        message:
          rest === "EOF"
            ? `Syntax error: mismatched input '<EOF>' expecting ${expected}`
            : `Syntax error: ${summary}`,
      };
    default:
      return { at: start, message: summary };
  }
}

const expected =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

const undeclared = (name: string): string => `undeclared reference to '${name}' (in container '')`;

/** `list<string>` is `list(string)` in Go. */
const goType = (type: string): string => type.replaceAll("<", "(").replaceAll(">", ")");

function overload(
  node: Node | undefined,
  types: string,
  text: string,
  start: number,
): { at: number; message: string } {
  if (node === undefined) return { at: start, message: `found no matching overload: ${types}` };
  const { op, args } = node;
  if (!Array.isArray(args)) {
    const sign = op.slice(0, 1);
    return {
      at: start,
      message: `found no matching overload for '${sign}_' applied to '(${goType(types.slice(1))})'`,
    };
  }
  const [left, right] = types.split(` ${op} `);
  const from = (args[0] as Node).end ?? start;
  const name = op === "in" ? "@in" : op === "[]" ? "_[_]" : `_${op}_`;
  return {
    at: Math.max(text.indexOf(op === "[]" ? "[" : op, from), 0),
    message: `found no matching overload for '${name}' applied to '(${goType(left ?? "")}, ${goType(right ?? "")})'`,
  };
}

/** A call of what there isn't, or not for these types. */
function call(
  node: Node | undefined,
  summary: string,
  text: string,
  environment: Environment,
  start: number,
): { at: number; message: string } {
  const inside = /'(.*)'$/s.exec(summary)?.[1] ?? "";
  const args = /\((.*)\)$/s.exec(inside)?.[1] ?? "";
  if (node === undefined || !Array.isArray(node.args)) return { at: start, message: summary };
  const name = String(node.args[0]) === linearMatches ? "matches" : String(node.args[0]);
  const isMethod = node.op === "rcall";
  const from = isMethod ? ((node.args[1] as Node).end ?? start) : start;
  const at = Math.max(text.indexOf("(", from), 0);
  const known = environment.getDefinitions().functions.some((one) => one.name === name);
  if (!known) return { at, message: undeclared(name) };
  const { checkedType } = (isMethod ? node.args[1] : {}) as { checkedType?: unknown };
  const receiver = isMethod ? `${goType(String(checkedType))}.` : "";
  return {
    at,
    message: `found no matching overload for '${name}' applied to '${receiver}(${goType(args)})'`,
  };
}
