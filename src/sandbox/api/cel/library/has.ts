import type { Environment } from "@marcbachmann/cel-js";
import type { Node } from "../nodes.ts";

/** The language's own `has` goes through fields only, not through items: `has(self.items[0].name)`. Calls of it are sent here. */
const anyHas = "Has";

const literal = /"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'/;
const call = new RegExp(`(${literal.source})|\\bhas(?=\\s*\\()`, "g");

/** An expression that calls ours, of the same length. */
export const withAnyHas = (text: string): string =>
  text.replaceAll(call, (_match, quoted: string | undefined) => quoted ?? anyHas);

interface Macro {
  readonly field: Node;
}
interface Checker {
  check(node: unknown, context: unknown): unknown;
  checkAccessOnType(node: unknown, context: unknown, type: unknown): unknown;
  getType(name: string): unknown;
  createError(code: string, message: string, node: unknown): Error;
}

export function addHas(environment: Environment): void {
  const expand = ({ args }: { args: Node[] }): object => ({
    field: args[0],
    typeCheck(checker: Checker, { field }: Macro, context: unknown) {
      if (field.op !== ".")
        throw checker.createError("invalid_macro_argument", "has() invalid argument", field);
      const [base, name] = field.args as [unknown, string];
      const type = checker.check(base, context);
      try {
        checker.checkAccessOnType(field, context, type);
      } catch (error) {
        if ((error as { code?: string }).code !== "no_such_key") throw error;
        throw checker.createError("no_such_key_in_has", name, field);
      }
      return checker.getType("bool");
    },
    evaluate(
      evaluator: { run(node: unknown, context: unknown): unknown },
      { field }: Macro,
      context: unknown,
    ) {
      const [base, name] = field.args as [unknown, string];
      const value = evaluator.run(base, context);
      return value instanceof Map
        ? value.has(name)
        : typeof value === "object" && value !== null && Object.hasOwn(value, name);
    },
  });
  environment.registerFunction(`${anyHas}(ast): bool`, expand as never);
}
