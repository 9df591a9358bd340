import { printReference } from "./reference.ts";
import { isPlainObject } from "./merge.ts";

const written = /\$(\$?)\{(secrets?\.)?([a-z0-9-]+)\.([A-Za-z0-9_.-]+)\}/gu;

/** `${broker.url}` and `${secret.db.PASSWORD}` become references; `$${a.b}` stays `${a.b}`. Changes nothing in place. */
export function readReferences(value: unknown): unknown {
  if (typeof value === "string") {
    return value.replaceAll(
      written,
      (text: string, escaped: string, secret: string | undefined, name: string, output: string) => {
        if (escaped !== "") return text.slice(1);
        return secret === undefined
          ? printReference({ type: "key", key: name, output })
          : printReference({ type: "secret", secret: name, key: output });
      },
    );
  }
  if (Array.isArray(value)) return value.map(readReferences);
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, readReferences(inner)]));
}
