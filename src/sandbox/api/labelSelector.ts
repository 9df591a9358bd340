import { labelValue, qualifiedName } from "./kinds/names.ts";
import { badRequest } from "./StatusError.ts";

export interface Requirement {
  readonly key: string;
  readonly operator: "in" | "notin" | "exists" | "!" | "gt" | "lt";
  readonly values: readonly string[];
}

interface Token {
  readonly kind:
    | "identifier"
    | "end"
    | "in"
    | "notin"
    | "="
    | "=="
    | "!="
    | "!"
    | "("
    | ")"
    | ","
    | ">"
    | "<"
    | "error";
  readonly text: string;
}

const token = /\s*(?:(?<special>==|!=|[=!(),<>])|(?<word>[^\s=!(),<>]+)|$)/y;

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  // Go's lexer takes a NUL for the end.
  const [read = ""] = text.split("\0", 1);
  token.lastIndex = 0;
  for (;;) {
    const { special, word } = token.exec(read)?.groups ?? {};
    if (special !== undefined) tokens.push({ kind: special as Token["kind"], text: special });
    else if (word !== undefined)
      tokens.push({ kind: word === "in" || word === "notin" ? word : "identifier", text: word });
    else return [...tokens, { kind: "end", text: "" }];
  }
}

const operators: Readonly<Record<string, Requirement["operator"]>> = {
  in: "in",
  notin: "notin",
  "=": "in",
  "==": "in",
  "!=": "notin",
  ">": "gt",
  "<": "lt",
};

/** A label selector as clients write it: `a=b,c in (d,e),!f`. Source: k8s.io/apimachinery/pkg/labels/selector.go. */
export function parseLabelSelector(text: string): readonly Requirement[] {
  const tokens = tokensOf(text);
  let next = 0;
  const requirements: Requirement[] = [];
  for (;;) {
    const { kind, text: found } = ahead();
    if (kind === "end") return requirements;
    if (kind !== "identifier" && kind !== "!")
      throw badRequest(`found '${found}', expected: !, identifier, or 'end of string'`);
    requirements.push(requirement());
    const after = take();
    if (after.kind === "end") return requirements;
    if (after.kind !== ",") throw badRequest(`found '${after.text}', expected: ',' or 'end of string'`);
    const { kind: then, text: shown } = ahead();
    if (then !== "identifier" && then !== "!")
      throw badRequest(`found '${shown}', expected: identifier after ','`);
  }

  /** Where a value may stand, the keywords are values. */
  function asValue(one: Token): Token {
    return one.kind === "in" || one.kind === "notin" ? { kind: "identifier", text: one.text } : one;
  }
  function ahead(): Token {
    return asValue(tokens[next] ?? { kind: "end", text: "" });
  }
  function take(): Token {
    const one = ahead();
    next += 1;
    return one;
  }

  function requirement(): Requirement {
    let one = take();
    const absent = one.kind === "!";
    if (absent) one = take();
    if (one.kind !== "identifier") refuse(`found '${one.text}', expected: identifier`);
    const key = one.text;
    const [problem] = qualifiedName(key);
    if (problem !== undefined) refuse(`<nil>: Invalid value: ${JSON.stringify(key)}: ${problem}`);
    const { kind } = ahead();
    if (absent) return { key, operator: "!", values: [] };
    if (kind === "end" || kind === ",") return { key, operator: "exists", values: [] };
    const sign = tokens[next] ?? { kind: "end", text: "" };
    next += 1;
    const operator = operators[sign.kind];
    if (operator === undefined) return refuse(`found '${sign.text}', expected: in, notin, =, ==, !=, gt, lt`);
    const values = sign.kind === "in" || sign.kind === "notin" ? set() : [exact()];
    if ((operator === "gt" || operator === "lt") && !/^[+-]?\d+$/.test(values[0] ?? ""))
      refuse(
        `values[0]: Invalid value: ${JSON.stringify(values[0])}: for 'Gt', 'Lt' operators, the value must be an integer`,
      );
    for (const [i, value] of values.entries()) {
      const [wrong] = labelValue(value);
      if (wrong !== undefined)
        refuse(`values[${i}][${key}]: Invalid value: ${JSON.stringify(value)}: ${wrong}`);
    }
    return { key, operator, values };
  }

  function set(): string[] {
    const open = take();
    if (open.kind !== "(") refuse(`found '${open.text}' expected: '('`);
    const values = new Set<string>();
    const { kind, text: shown } = ahead();
    if (kind === ")") {
      next += 1;
      return [""];
    }
    if (kind !== "identifier" && kind !== ",") refuse(`found '${shown}', expected: ',', ')' or identifier`);
    for (;;) {
      const one = take();
      if (one.kind === "identifier") {
        values.add(one.text);
        const after = ahead();
        if (after.kind === ")") break;
        if (after.kind !== ",") refuse(`found '${after.text}', expected: ',' or ')'`);
      } else if (one.kind === ",") {
        if (values.size === 0) values.add("");
        const after = ahead();
        if (after.kind === ")") {
          values.add("");
          break;
        }
        if (after.kind === ",") {
          next += 1;
          values.add("");
        }
      } else refuse(`found '${one.text}', expected: ',', or identifier`);
    }
    next += 1;
    return [...values].toSorted();
  }

  function exact(): string {
    const { kind } = ahead();
    if (kind === "end" || kind === ",") return "";
    const one = take();
    return one.kind === "identifier" ? one.text : refuse(`found '${one.text}', expected: identifier`);
  }
}

function refuse(why: string): never {
  throw badRequest(`unable to parse requirement: ${why}`);
}
