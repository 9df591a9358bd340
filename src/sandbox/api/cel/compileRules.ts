import type { Environment } from "@marcbachmann/cel-js";
import { goJson } from "../apply/goText.ts";
import { type FieldError, forbidden, invalid, required } from "../schema/FieldError.ts";
import { patternProblem } from "../schema/safePattern.ts";
import type { JsonSchema } from "../schema/SchemaNode.ts";
import { type Declaration, declare } from "./declare.ts";
import { withAnyHas } from "./library/has.ts";
import { addLibrary } from "./library/index.ts";
import { linearMatches } from "./library/texts.ts";
import { loadCel } from "./loadCel.ts";
import { isTooDear, namesIn, nodesOf, type Node } from "./nodes.ts";
import { pointedOut, problemOf } from "./problemOf.ts";

/** `x-kubernetes-validations`, as a definition has them. */
export interface Rule {
  readonly rule?: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: string;
  readonly fieldPath?: string;
  readonly optionalOldSelf?: boolean;
}

export type Evaluate = (context: Record<string, unknown>) => unknown;

export interface CompiledRule {
  readonly rule: Rule;
  /** Whether it compares with what was before. */
  readonly isTransition: boolean;
  readonly evaluate: Evaluate;
  readonly message?: Evaluate;
}

/** The rules of one place in a schema. */
export interface CompiledRules {
  readonly declared: Declaration;
  readonly rules: readonly CompiledRule[];
}

export const rulesOf = (schema: JsonSchema): readonly Rule[] =>
  (schema["x-kubernetes-validations"] ?? []) as readonly Rule[];

const compiled = new WeakMap<JsonSchema, CompiledRules>();

/** The rules of a place, compiled when they are first needed. What can't be compiled is told by `problems`, if given, and else left out. */
export function compileRules(
  schema: JsonSchema,
  isRoot: boolean,
  path = "",
  problems?: FieldError[],
): CompiledRules {
  const known = problems === undefined ? compiled.get(schema) : undefined;
  if (known !== undefined) return known;
  const { Environment: Of } = loadCel();
  const types = new Of({ enableOptionalTypes: true, homogeneousAggregateLiterals: false });
  addLibrary(types);
  const declared = declare(types, schema, isRoot);
  types.registerVariable("self", declared.type);
  const environments = new Map<string, Environment>();
  /** With an old value that is there, or may not be. */
  const environmentFor = (old: string): Environment => {
    let found = environments.get(old);
    if (found === undefined) {
      found = types.clone().registerVariable("oldSelf", old);
      environments.set(old, found);
    }
    return found;
  };
  const rules: CompiledRule[] = [];
  rulesOf(schema).forEach((rule, i) => {
    const at = `${path}.x-kubernetes-validations[${i}]`;
    const text = rule.rule ?? "";
    if (text.trim() === "") {
      problems?.push(required(`${at}.rule`, "rule is not specified"));
      return;
    }
    const environment = environmentFor(
      rule.optionalOldSelf === undefined ? declared.type : `optional<${declared.type}>`,
    );
    const evaluate = compile({ rule, text, wanted: "bool", field: `${at}.rule` }, environment, problems);
    if (evaluate === undefined) return;
    const isTransition = namesIn(evaluate.node).has("oldSelf");
    if (rule.optionalOldSelf !== undefined && !isTransition)
      problems?.push(
        invalid(
          `${at}.optionalOldSelf`,
          rule.optionalOldSelf,
          "may not be set if oldSelf is not used in rule",
        ),
      );
    if (isTooDear(evaluate.node, schema)) {
      problems?.push(
        forbidden(`${at}.rule`, `estimated rule cost ${dear}`),
        forbidden(
          `${at}.rule`,
          "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema",
        ),
      );
    }
    const message =
      rule.messageExpression === undefined
        ? undefined
        : compile(
            { rule, text: rule.messageExpression, wanted: "string", field: `${at}.messageExpression` },
            environment,
            problems,
          );
    rules.push({
      rule,
      isTransition,
      evaluate: evaluate.run,
      ...(message === undefined ? {} : { message: message.run }),
    });
  });
  const result = { declared, rules };
  if (problems === undefined) compiled.set(schema, result);
  return result;
}

const dear =
  "exceeds budget by factor of more than 100x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)";
/** What is said of the schema beside. */
export const totalDear = `x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema ${dear}`;

/** One expression of a rule. */
interface Expression {
  readonly rule: Rule;
  readonly text: string;
  readonly wanted: "bool" | "string";
  /** Its place in the schema. */
  readonly field: string;
}

function compile(
  { rule, text, wanted, field }: Expression,
  environment: Environment,
  problems: FieldError[] | undefined,
): { run: Evaluate; node: Node } | undefined {
  const shown = {
    Rule: rule.rule ?? "",
    Message: rule.message ?? "",
    MessageExpression: rule.messageExpression ?? "",
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? "",
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  };
  const refuse = (detail: string): undefined => {
    problems?.push({
      reason: "FieldValueInvalid",
      message: `Invalid value: ${goJsonOf(shown)}: ${detail}`,
      field,
    });
    return undefined;
  };
  try {
    const expression = environment.parse(withAnyHas(text));
    const node = expression.ast as unknown as Node;
    sendMatches(node);
    const checked = expression.check();
    if (!checked.valid) return refuse(problemOf(checked.error as Error, text, environment));
    const wrong = problemBeyondTypes(node, text);
    if (wrong !== undefined) return refuse(wrong);
    const type = String(checked.type);
    if (type !== wanted && type !== "dyn")
      return refuse(
        wanted === "bool"
          ? "cel expression must evaluate to a bool"
          : "messageExpression must evaluate to a string",
      );
    return { run: expression as unknown as Evaluate, node };
  } catch (error) {
    return refuse(problemOf(error as Error, text, environment));
  }
}

/** In the order of Go's fields, which is not that of the alphabet. */
const goJsonOf = (fields: object): string =>
  `{${Object.entries(fields)
    .map(([name, value]) => `${JSON.stringify(name)}:${goJson(value)}`)
    .join(",")}}`;

/** What Go's compiler finds besides: patterns that are none. */
function problemBeyondTypes(node: Node, text: string): string | undefined {
  for (const { op, args } of nodesOf(node)) {
    if (!Array.isArray(args)) continue;
    if (op === "rcall" && args[0] === linearMatches) {
      const [pattern] = args[2] as Node[];
      if (
        typeof pattern?.args === "string" &&
        pattern.op === "value" &&
        patternProblem(pattern.args) !== undefined
      )
        return pointedOut("invalid matches argument", text, pattern.start ?? 0);
    }
  }
  return undefined;
}

/** Sends `text.matches(pattern)` to what matches in linear time. */
function sendMatches(node: Node): void {
  for (const one of nodesOf(node))
    if (one.op === "rcall" && Array.isArray(one.args) && one.args[0] === "matches")
      one.args[0] = linearMatches;
}
