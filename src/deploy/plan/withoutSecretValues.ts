import type { KubeObject } from "../../contract/index.ts";

/** A server quotes what it refuses; a Secret's values never pass. */
export function withoutSecretValues(object: KubeObject, message: string): string {
  if (object.kind !== "Secret") return message;
  let text = message;
  for (const field of ["data", "stringData"] as const) {
    for (const value of Object.values(object[field] ?? {})) {
      // Also what is no text, and is refused for that: a number without quotes.
      for (const leaf of leavesOf(value)) {
        for (const form of [leaf, Buffer.from(leaf, "base64").toString("utf8")]) {
          if (form.length > 0) text = text.replaceAll(form, "***");
        }
      }
    }
  }
  return text.replaceAll(/Invalid value: "(?:[^"\\]|\\.)*"/g, 'Invalid value: "***"');
}

const leavesOf = (value: unknown): string[] =>
  typeof value === "object" && value !== null ? Object.values(value).flatMap(leavesOf) : [String(value)];
