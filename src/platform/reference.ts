/**
 * References are strings: `broker.url`, and so `${broker.url}/0`. At run time each is a token between two private-use characters that
 * names its source; `RenderContext.resolve` replaces it. Three sources:
 *
 *     #12.url             output `url` of the component that was created twelfth (TypeScript)
 *     broker.url          output `url` of the component under the key `broker` (YAML)
 *     secret/db.PASSWORD  key `PASSWORD` of the declared secret `db`
 */
declare const referenceBrand: unique symbol;

/** A lazy value of another component or of a secret. Works wherever a string works. */
export type Reference = string & { readonly [referenceBrand]: true };

export type ReferenceSource =
  | { readonly type: "component"; readonly id: number; readonly output: string }
  | { readonly type: "key"; readonly key: string; readonly output: string }
  | { readonly type: "secret"; readonly secret: string; readonly key: string };

// Private-use code points: they don't occur in text that people write, and survive JSON and YAML.
const open = "\uE0F0";
const close = "\uE0F1";
const token = new RegExp(`${open}([^${open}${close}]*)${close}`, "gu");
const secretPrefix = "secret/";

/** The token of a reference. */
export function printReference(source: ReferenceSource): Reference {
  const text =
    source.type === "component"
      ? `#${source.id}.${source.output}`
      : source.type === "key"
        ? `${source.key}.${source.output}`
        : `${secretPrefix}${source.secret}.${source.key}`;
  return `${open}${text}${close}` as Reference;
}

/** Splits text at its references: plain text and sources, in order. Text without references is one piece, "" none. */
export function parseReferences(text: string): (string | ReferenceSource)[] {
  if (!text.includes(open)) return text === "" ? [] : [text];
  const pieces: (string | ReferenceSource)[] = [];
  let end = 0;
  for (const match of text.matchAll(token)) {
    if (match.index > end) pieces.push(text.slice(end, match.index));
    pieces.push(parseToken(match[1] ?? ""));
    end = match.index + match[0].length;
  }
  if (end < text.length) pieces.push(text.slice(end));
  return pieces;
}

/** Whether the text holds at least one reference, or what is left of one that was cut or changed. */
export const hasReference = (text: string): boolean => text.includes(open) || text.includes(close);

/** Whether the text is exactly one reference. */
export function isReference(text: unknown): text is Reference {
  if (typeof text !== "string" || !text.startsWith(open)) return false;
  return text.indexOf(close) === text.length - 1 && text.lastIndexOf(open) === 0;
}

function parseToken(text: string): ReferenceSource {
  const secret = text.startsWith(secretPrefix);
  const body = secret ? text.slice(secretPrefix.length) : text;
  const dot = body.indexOf(".");
  const name = body.slice(0, dot);
  const output = body.slice(dot + 1);
  if (secret) return { type: "secret", secret: name, key: output };
  return name.startsWith("#")
    ? { type: "component", id: Number(name.slice(1)), output }
    : { type: "key", key: name, output };
}
