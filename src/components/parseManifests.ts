import {
  boolYaml11Tag,
  CORE_SCHEMA,
  defineScalarTag,
  loadAll,
  mergeTag,
  NOT_RESOLVED,
  YAMLException,
} from "js-yaml";
import { MoorageError } from "../contract/index.ts";

/** So many values may a document have once its aliases are written out: a few lines can stand for billions. */
const mostValues = 1_000_000;

/** `0644`, `0o17`, `0x1F`, `1_000`: as Go reads integers. */
const integer = /^(?<sign>[-+]?)(?<digits>0b[01]+|0o?[0-7]+|0x[0-9a-fA-F]+|0|[1-9][0-9]*)$/u;
const float = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/u;

function readNumber(source: string): number | typeof NOT_RESOLVED {
  const plain = source.replaceAll("_", "");
  const { sign = "", digits } = integer.exec(plain)?.groups ?? {};
  if (digits !== undefined) {
    const value = Number(/^0[0-7]/u.test(digits) ? `0o${digits.slice(1)}` : digits);
    return sign === "-" && value !== 0 ? -value : value;
  }
  const value = float.test(plain) ? Number.parseFloat(plain) : Number.NaN;
  return Number.isFinite(value) ? value : NOT_RESOLVED;
}

const numberTag = (name: string): ReturnType<typeof defineScalarTag<number>> =>
  defineScalarTag(`tag:yaml.org,2002:${name}`, {
    implicit: true,
    implicitFirstChars: ["-", "+", ".", ...Array.from({ length: 10 }, (_, digit) => String(digit))],
    resolve: readNumber,
    identify: () => false,
  });

const binaryTag = defineScalarTag("tag:yaml.org,2002:binary", {
  resolve: (source) => Buffer.from(source, "base64").toString("utf8"),
  identify: () => false,
});

/** How kubectl and helm read manifests: `yes` is true and `0644` is octal, as in YAML 1.1; a time is text, and so is `12:30:45`. */
const schema = CORE_SCHEMA.withTags(boolYaml11Tag, numberTag("int"), numberTag("float"), mergeTag, binaryTag);

/**
 * The documents of a manifest, without empty ones; a `List` counts as its items.
 *
 * @param source where the text stands, for messages: `manifests/rbac.yaml`
 * @throws MoorageError `PlatformInvalid` with line and column
 */
export function parseManifests(content: string, source: string): unknown[] {
  let documents: unknown[];
  try {
    documents = loadAll(content, { schema, maxDepth: 500 });
  } catch (cause) {
    if (!(cause instanceof YAMLException)) throw cause;
    throw new MoorageError("PlatformInvalid", `not YAML: ${cause.reason}`, {
      file: source,
      ...(cause.mark !== undefined &&
        cause.mark !== null && { line: cause.mark.line + 1, column: cause.mark.column + 1 }),
      cause,
      exitCode: 2,
    });
  }
  if (content.includes("*")) for (const document of documents) refuseBomb(document, source);
  return documents.flatMap((value) => {
    if (value === null || value === undefined) return [];
    const list = value as { kind?: unknown; items?: unknown };
    return list.kind === "List" && Array.isArray(list.items) ? (list.items as unknown[]) : [value];
  });
}

/** Aliases share what they stand for, so that counting is quick where writing out would never end. */
function refuseBomb(document: unknown, source: string): void {
  const counted = new Map<object, number>();
  const count = (value: unknown): number => {
    if (typeof value !== "object" || value === null) return 1;
    const known = counted.get(value);
    if (known !== undefined) return known;
    // Until it is counted: what stands for itself never ends.
    counted.set(value, Number.POSITIVE_INFINITY);
    const sum = Object.values(value).reduce<number>((all, inner) => all + count(inner), 1);
    counted.set(value, sum);
    return sum;
  };
  if (count(document) <= mostValues) return;
  throw new MoorageError("PlatformInvalid", "its aliases stand for more than a million values", {
    file: source,
    hint: "write out what they stand for",
    exitCode: 2,
  });
}
