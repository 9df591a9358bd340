import type { Environment } from "@marcbachmann/cel-js";
import type { RE2JS } from "re2js";
import { hasFormat } from "../../schema/formats.ts";
import { loadRe2 } from "../../schema/loadRe2.ts";
import {
  label1035Name,
  labelName,
  labelValue,
  qualifiedName,
  subdomainName,
  type NameRule,
} from "../../kinds/names.ts";
import { loadCel } from "../loadCel.ts";

/** `matches` of the language is the machine's own, which can take for ever; calls of it are sent here. */
export const linearMatches = "__matches";

const compiled = new Map<string, RE2JS>();

function regexpOf(pattern: string): RE2JS {
  let found = compiled.get(pattern);
  if (found === undefined) {
    found = loadRe2().compile(pattern);
    if (compiled.size < 1024) compiled.set(pattern, found);
  }
  return found;
}

function findAll(text: string, pattern: string, most: number): string[] {
  const found: string[] = [];
  const matcher = regexpOf(pattern).matcher(text);
  for (let left = most; left !== 0 && matcher.find(); left -= 1) found.push(matcher.group() ?? "");
  return found;
}

export function addTexts(environment: Environment): void {
  environment
    .registerFunction(`string.${linearMatches}(string): bool`, (text: string, pattern: string) =>
      regexpOf(pattern).matcher(text).find(),
    )
    .registerFunction("matches(string, string): bool", (text: string, pattern: string) =>
      regexpOf(pattern).matcher(text).find(),
    )
    .registerFunction(
      "string.find(string): string",
      (text: string, pattern: string) => findAll(text, pattern, 1)[0] ?? "",
    )
    .registerFunction("string.findAll(string): list<string>", (text: string, pattern: string) =>
      findAll(text, pattern, -1),
    )
    .registerFunction(
      "string.findAll(string, int): list<string>",
      (text: string, pattern: string, most: bigint) => findAll(text, pattern, Number(most)),
    )
    .registerFunction("string.charAt(int): string", (text: string, index: bigint) => {
      if (index < 0n || index > BigInt(text.length)) throw new Error(`index out of range: ${index}`);
      return text.charAt(Number(index));
    })
    .registerFunction("string.replace(string, string): string", (text: string, from: string, to: string) =>
      text.replaceAll(from, () => to),
    )
    .registerFunction(
      "string.replace(string, string, int): string",
      (text: string, from: string, to: string, most: bigint) => {
        let left = most < 0n ? Number.POSITIVE_INFINITY : Number(most);
        return text.replaceAll(from, (match) => (left-- > 0 ? to : match));
      },
    )
    .registerFunction("string.format(list): string", (pattern: string, values: unknown[]) =>
      format(pattern, values),
    )
    .registerFunction("isURL(string): bool", (text: string) => parseUrl(text) !== undefined);
  addUrls(environment);
  addFormats(environment);
}

/** `%s`, `%d`, `%f`, `%x` and so on. (cel-go, ext/formatting.go) */
function format(pattern: string, values: readonly unknown[]): string {
  let next = 0;
  return pattern.replaceAll(
    /%(?:%|(?:\.(\d+))?([sdfexXob]))/g,
    (all, precision: string | undefined, verb: string | undefined) => {
      if (verb === undefined) return all === "%%" ? "%" : all;
      if (next >= values.length) throw new Error(`index ${next} out of range`);
      const value = values[next++];
      switch (verb) {
        case "f":
          return Number(value).toFixed(Number(precision ?? 6));
        case "e":
          return Number(value).toExponential(Number(precision ?? 6));
        case "x":
        case "X": {
          const hex =
            typeof value === "string" ? Buffer.from(value).toString("hex") : (value as bigint).toString(16);
          return verb === "X" ? hex.toUpperCase() : hex;
        }
        case "o":
          return (value as bigint).toString(8);
        case "b":
          return typeof value === "boolean" ? (value ? "1" : "0") : (value as bigint).toString(2);
        default:
          return shown(value);
      }
    },
  );
}

const shown = (value: unknown): string =>
  typeof value === "string"
    ? value
    : Array.isArray(value)
      ? `[${value.map(shown).join(", ")}]`
      : value instanceof Map
        ? `{${[...value]
            .map(([key, item]) => `${shown(key)}: ${shown(item)}`)
            .toSorted()
            .join(", ")}}`
        : value instanceof Date
          ? value.toISOString().replace(".000Z", "Z")
          : `${value as bigint}`;

class Url {
  readonly parts: URL;
  constructor(parts: URL) {
    this.parts = parts;
  }
}

/** An absolute address, or an absolute path. */
function parseUrl(text: string): URL | undefined {
  if (text.startsWith("/")) return URL.canParse(text, "none://") ? new URL(text, "none://") : undefined;
  return /^[A-Za-z][A-Za-z0-9+.-]*:/.test(text) && URL.canParse(text) ? new URL(text) : undefined;
}

function addUrls(environment: Environment): void {
  const type = "kubernetes.URL";
  environment
    .registerType(type, { ctor: Url, fields: {} })
    .registerFunction(`url(string): ${type}`, (text: string) => {
      const parts = parseUrl(text);
      if (parts === undefined)
        throw new Error(
          `URL parse error during conversion from string: parse "${text}": invalid URI for request`,
        );
      return new Url(parts);
    })
    .registerFunction(`${type}.getScheme(): string`, ({ parts }: Url) =>
      parts.protocol === "none:" ? "" : parts.protocol.slice(0, -1),
    )
    .registerFunction(`${type}.getHost(): string`, ({ parts }: Url) => parts.host)
    .registerFunction(`${type}.getHostname(): string`, ({ parts }: Url) =>
      parts.hostname.replace(/^\[(.*)\]$/, "$1"),
    )
    .registerFunction(`${type}.getPort(): string`, ({ parts }: Url) => parts.port)
    .registerFunction(`${type}.getEscapedPath(): string`, ({ parts }: Url) => parts.pathname)
    .registerFunction(`${type}.getQuery(): map<string, list<string>>`, ({ parts }: Url) => {
      const query = new Map<string, string[]>();
      for (const [name, value] of parts.searchParams) query.set(name, [...(query.get(name) ?? []), value]);
      return query;
    });
}

class Format {
  readonly problems: NameRule;
  constructor(problems: NameRule) {
    this.problems = problems;
  }
}

function addFormats(environment: Environment): void {
  const type = "kubernetes.NamedFormat";
  const byFormat =
    (name: string): NameRule =>
    (text) =>
      hasFormat(name, text) ? [] : [`invalid ${name}`];
  const formats: Readonly<Record<string, NameRule>> = {
    dns1123Label: labelName,
    dns1123Subdomain: subdomainName,
    dns1035Label: label1035Name,
    qualifiedName,
    labelValue,
    uri: byFormat("uri"),
    uuid: byFormat("uuid"),
    byte: byFormat("byte"),
    date: byFormat("date"),
    datetime: byFormat("date-time"),
  };
  class Formats {
    readonly name = "format";
  }
  environment
    .registerType(type, { ctor: Format, fields: {} })
    .registerType("kubernetes.NamedFormats", { ctor: Formats, fields: {} })
    .registerConstant("format", "kubernetes.NamedFormats", new Formats())
    .registerFunction(
      `${type}.validate(string): optional<list<string>>`,
      ({ problems }: Format, text: string) => {
        const found = problems(text);
        return found.length === 0 ? loadCel().Optional.none() : loadCel().Optional.of([...found]);
      },
    );
  for (const [name, rule] of Object.entries(formats))
    environment.registerFunction(`kubernetes.NamedFormats.${name}(): ${type}`, () => new Format(rule));
}
